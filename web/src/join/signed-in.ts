import type { PatientSignInEnd } from "../protocol";

const ENDS: readonly PatientSignInEnd[] = [
  "done",
  "other",
  "not_booked",
  "not_said",
  "closed",
  "expired",
  "refused",
  "weak",
  "untrusted",
  "unreachable",
  "failed",
  "signed_out",
];

/** How a sign-in ended from which the browser comes back; taken out of the address, so that a reload does not say it again. */
export function takeSignInEnd(): PatientSignInEnd | undefined {
  const query = new URLSearchParams(location.search);
  const said = query.get("signed_in");
  if (said === null) return undefined;
  query.delete("signed_in");
  const rest = query.toString();
  history.replaceState(history.state, "", location.pathname + (rest ? `?${rest}` : ""));
  return ENDS.find((end) => end === said);
}
