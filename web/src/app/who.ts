import { type Signal, signal } from "@preact/signals";
import { ApiProblem, hospital, me } from "../api";
import type { HospitalFacts, Me } from "../protocol";
import { isHeld } from "./parts/holding";

/** The hospital; absent until it is known. */
export const facts: Signal<HospitalFacts | undefined> = signal(undefined);

/** Who is signed in: `undefined` until it is known, `null` for nobody. */
export const person: Signal<Me | null | undefined> = signal(undefined);

/** Set when the hospital or the person could not be asked for. */
export const fault: Signal<boolean> = signal(false);

/** Asks for both. */
export async function recognise(): Promise<void> {
  fault.value = false;
  try {
    const [known, who] = await Promise.all([hospital(), me().catch(nobodyIfSignedOut)]);
    facts.value = known;
    person.value = who;
  } catch (cause) {
    console.warn("the gateway could not be asked who this is", cause);
    fault.value = true;
  }
}

function nobodyIfSignedOut(cause: unknown): null {
  if (cause instanceof ApiProblem && (cause.code === "sign_in_needed" || cause.code === "no_role")) return null;
  throw cause;
}

/** The person was signed out in the meantime: the pages lead to the sign-in and back, unless something would be lost with them. */
export function askToSignIn(): void {
  if (!isHeld()) person.value = null;
}

/** May be booked into appointments. */
export function mayConsult(who: Me): boolean {
  return who.roles.some((role) => role === "doctor" || role === "radiologist");
}

/** May make appointments. */
export function mayBook(who: Me): boolean {
  return mayConsult(who) || who.roles.includes("secretary");
}

/** Has a worklist, and may come into consultations that run. */
export function mayDropIn(who: Me): boolean {
  return who.roles.includes("radiologist");
}

/** Sees the last messages of all appointments. */
export function maySeeOutbox(who: Me): boolean {
  return who.roles.includes("secretary") || who.roles.includes("administrator");
}

/** Writes the texts of messages, and says when people are reminded. */
export function mayWriteTemplates(who: Me): boolean {
  return who.roles.includes("administrator");
}

/** Reads what is counted of visits: of the whole hospital, or of the services in which they work. */
export function maySeeStatistics(who: Me): boolean {
  return who.roles.some((role) => role === "administrator" || role === "secretary");
}

/** Has the pages of the administration. */
export function mayAdminister(who: Me): boolean {
  return who.roles.includes("administrator");
}

/** Reads what is kept for how long, and the proofs of what was deleted. */
export function maySeeRetention(who: Me): boolean {
  return who.roles.includes("administrator");
}

/** Says what the doors of services ask for, and what is told there. */
export function mayKeepDoors(who: Me): boolean {
  return who.roles.includes("administrator");
}

/** May open an appointment of others in an emergency, and is told who opened theirs. */
export function mayBreakGlass(who: Me): boolean {
  return mayConsult(who) || who.roles.includes("nurse");
}

/** Lets others act, or acts for others. */
export function maySeeDelegations(who: Me): boolean {
  return mayBreakGlass(who) || who.roles.includes("secretary");
}

/** Reads the trail of who did what with patients' data. */
export function maySeeTrail(who: Me): boolean {
  return who.roles.some((role) => role === "administrator" || role === "auditor");
}

/** Has the trail, and nothing besides. */
export function isAuditorOnly(who: Me): boolean {
  return who.roles.length > 0 && who.roles.every((role) => role === "auditor");
}
