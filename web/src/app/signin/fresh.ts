import { type Signal, signal } from "@preact/signals";

/** Tabs tell each other on it that their person has proved once more who they are. */
const CHANNEL = "parvis-sign-in";
const PROVED = "proved";

/** Where the tab of the sign-in ends. */
export const PROVED_PAGE = "/app/proved";

/** Where that tab begins. */
export const FRESH_ADDRESS = `/login?fresh=true&return_to=${encodeURIComponent(PROVED_PAGE)}`;

/** Where the tab begins of somebody who was signed out. */
export const SIGN_IN_ADDRESS = `/app/sign-in?return_to=${encodeURIComponent(PROVED_PAGE)}`;

/** Why somebody is to sign in again: for a change that needs a fresh proof, or because they were signed out while they wrote. */
type Why = "fresh" | "signed_out";

/** Something waits for a fresh proof: what becomes of it. */
interface Waiting {
  why: Why;
  /** The person has given it, or will not. */
  settle(hasProved: boolean): void;
}

/** Set while something waits; the dialog is open for as long. */
export const waiting: Signal<Waiting | undefined> = signal(undefined);

/** Asks whoever is signed in to prove once more who they are; resolves to whether they did. What is asked together is answered together. */
export function proveAgain(why: Why = "fresh"): Promise<boolean> {
  const before = waiting.peek();
  return new Promise((resolve) => {
    waiting.value = {
      // Whoever is signed out cannot prove anything before they have signed in.
      why: before?.why === "signed_out" ? before.why : why,
      settle(hasProved) {
        waiting.value = undefined;
        before?.settle(hasProved);
        resolve(hasProved);
      },
    };
  });
}

/** Hears from other tabs until it is stopped. */
export function hearProofs(): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    if (data === PROVED) waiting.peek()?.settle(true);
  };
  return () => channel.close();
}

/** Tells the other tabs. */
export function tellProof(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(PROVED);
  channel.close();
}
