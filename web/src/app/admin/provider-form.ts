import type { ProviderEntry, ProviderRequest, ProviderTrial, RoleRuleEntry } from "../../protocol";
import { t } from "./providers.words";

/** What is typed in the form of a provider. */
export interface ProviderDraft {
  provider: string;
  label: string;
  isForPatients: boolean;
  issuer: string;
  clientId: string;
  isSecretInBody: boolean;
  clientSecret: string;
  discoveryUrl: string;
  scopes: string;
  acrValues: string;
  freshAcrValues: string;
  roles: RoleRuleEntry[];
  nameClaim: string;
  subjectClaim: string;
}

const STAFF_SCOPES = "profile groups";
const PATIENT_SCOPES = "given_name family_name birthdate";

/** The same form for patients, or for staff again. Scopes that somebody has typed stay. */
export function forWhom(draft: ProviderDraft, isForPatients: boolean): ProviderDraft {
  const isUsual = draft.scopes === STAFF_SCOPES || draft.scopes === PATIENT_SCOPES;
  const scopes = isUsual ? (isForPatients ? PATIENT_SCOPES : STAFF_SCOPES) : draft.scopes;
  // FranceConnect takes the secret in the body alone.
  return { ...draft, isForPatients, scopes, isSecretInBody: isForPatients || draft.isSecretInBody };
}

const NEW_RULE: RoleRuleEntry = { claim: "groups", value: "", role: "doctor" };

/** A form for a new provider, or with what one is set to; its secret is not told. */
export function draftOf(entry?: ProviderEntry): ProviderDraft {
  return {
    provider: entry?.provider ?? "",
    label: entry?.label ?? "",
    isForPatients: entry?.isForPatients ?? false,
    issuer: entry?.issuer ?? "",
    clientId: entry?.clientId ?? "",
    isSecretInBody: entry?.authentication === "client_secret_post",
    clientSecret: "",
    discoveryUrl: entry?.discoveryUrl ?? "",
    scopes: entry ? entry.scopes.join(" ") : STAFF_SCOPES,
    acrValues: entry?.acrValues.join(" ") ?? "",
    freshAcrValues: entry?.freshAcrValues.join(" ") ?? "",
    roles: entry?.roles.map((rule) => ({ ...rule })) ?? [{ ...NEW_RULE }],
    nameClaim: entry?.nameClaim ?? "name",
    subjectClaim: entry?.subjectClaim ?? "sub",
  };
}

/** One rule more, for the claim of the one before. */
export const withRule = (roles: readonly RoleRuleEntry[]): RoleRuleEntry[] => [
  ...roles,
  { ...NEW_RULE, claim: roles.at(-1)?.claim ?? NEW_RULE.claim },
];

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** What is sent. Rules in which nothing is written are none. */
export function requestOf(draft: ProviderDraft): ProviderRequest {
  const optional = (text: string) => (text.trim() === "" ? undefined : text);
  const [clientSecret, discoveryUrl] = [optional(draft.clientSecret), optional(draft.discoveryUrl)];
  return {
    provider: draft.provider,
    label: draft.label,
    isForPatients: draft.isForPatients,
    issuer: draft.issuer,
    clientId: draft.clientId,
    authentication: draft.isSecretInBody ? "client_secret_post" : "client_secret_basic",
    ...(clientSecret !== undefined && { clientSecret }),
    ...(discoveryUrl !== undefined && { discoveryUrl }),
    scopes: words(draft.scopes),
    acrValues: words(draft.acrValues),
    freshAcrValues: words(draft.freshAcrValues),
    roles: draft.isForPatients ? [] : draft.roles.filter((rule) => rule.value.trim() !== ""),
    nameClaim: draft.nameClaim,
    subjectClaim: draft.subjectClaim,
  };
}

/** A name for addresses, made of the one that people see; whoever has typed one keeps it. */
export const keyOf = (label: string): string =>
  label
    .normalize("NFD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 30);

/** What a trial found, a sentence each; the first says how it went. */
export function findings(trial: ProviderTrial): string[] {
  const { fault, about } = trial;
  const first = fault ? t(`fault.${fault}`, { about }).trim() : t("good");
  if (fault && trial.keys === 0) return [first];
  const ahead = trial.clockAheadS;
  return [
    first,
    t("goodHost", { host: trial.authorizationHost }),
    t.count("goodKeys", trial.keys),
    t(trial.hasSignOut ? "goodSignOut" : "noSignOut"),
    typeof ahead !== "number" ? t("noClock") : t("clock", { seconds: String(Math.abs(ahead)) }),
  ];
}

/** What a change of a provider says of it, in words; names of settings stay as the file has them. */
export function toldOfProvider(value: string): string {
  const parts: Partial<Record<string, string>> = {
    on: t("on"),
    off: t("off"),
    "logins ended": t("loginsEnded"),
    "client_secret: changed": t("secretChanged"),
  };
  return value
    .split("; ")
    .map((part) => parts[part] ?? part)
    .join("; ");
}
