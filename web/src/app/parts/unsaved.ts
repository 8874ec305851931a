/** Drafts whose page went before the gateway had them, by what they are: they go on trying, and whoever comes back finds them. */
const drafts = new Map<string, unknown>();

/** The draft that was left behind, if there is one, or a new one. */
export function draftOf<Draft extends object>(key: string, make: () => Draft): Draft {
  const found = drafts.get(key) as Draft | undefined;
  drafts.delete(key);
  return found ?? make();
}

export function leaveBehind(key: string, draft: object): void {
  drafts.set(key, draft);
}

/** It is saved, or given up. */
export function letGo(key: string, draft: object): void {
  if (drafts.get(key) === draft) drafts.delete(key);
}

const FIRST_MS = 5_000;
const LAST_MS = 60_000;

/** When to try again after so many failures in a row. */
export const retryMs = (failures: number): number => Math.min(LAST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
