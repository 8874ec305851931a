import { effect, type Signal, signal, untracked } from "@preact/signals";

/** Something that would be lost with the page: text that the gateway does not have yet, or files that are on their way. */
export interface Hold {
  what: "writing" | "sending";
  /** Does what can be done now; whether nothing would be lost any more. */
  settle(): Promise<boolean>;
  /** The person goes all the same. */
  drop(): void;
}

const held: Signal<readonly Hold[]> = signal([]);
/** The browser asks in its own words. */
const warn = (event: Event) => event.preventDefault();

/** Whether anything would be lost. */
export const isHeld = (): boolean => held.value.length > 0;

/** What would be lost first of all. */
export const whatIsHeld = (): Hold["what"] => held.value[0]?.what ?? "writing";

/** Asks before the page goes, until the answer is called. */
export function hold(it: Hold): () => void {
  if (held.peek().length === 0) addEventListener("beforeunload", warn);
  held.value = [...held.peek(), it];
  return () => {
    held.value = held.peek().filter((each) => each !== it);
    if (held.peek().length === 0) removeEventListener("beforeunload", warn);
  };
}

/** Does what can be done for all of it; whether nothing would be lost any more. */
export async function settleAll(): Promise<boolean> {
  const settled = await Promise.all(held.peek().map((each) => each.settle()));
  return settled.every((is) => is);
}

export function dropAll(): void {
  for (const each of held.peek()) each.drop();
}

/** Asks before the page goes for as long as `is` says so, until the answer is called. */
export function holdWhile(is: () => boolean, it: Hold): () => void {
  let release: (() => void) | undefined;
  const letGo = () => {
    release?.();
    release = undefined;
  };
  const stop = effect(() => {
    if (!is()) untracked(letGo);
    else release ??= untracked(() => hold(it));
  });
  return () => {
    stop();
    letGo();
  };
}
