import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** What is told to screen readers, each in a region of its own, so that none takes the words out of another's mouth. */
export const KINDS = ["lead", "description", "layout", "slice", "window", "mark"] as const;
export type Kind = (typeof KINDS)[number];

/** At most one sentence of a kind in this time. */
export const REST_MS = 1_000;
/**
 * What moves while somebody scrolls or drags is said when it rests, or once in a rest; so is what becomes of marks, whose measures
 * come a little later. The other kinds at once.
 */
const TRAILING: ReadonlySet<Kind> = new Set(["slice", "window", "mark"]);

interface Line {
  spoken: Signal<string>;
  wanted: string;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Says what has changed: of each kind the newest, at most one sentence in a time. */
export class Announcer {
  #lines: Record<Kind, Line>;
  #restMs: (kind: Kind) => number;

  constructor(restMs: (kind: Kind) => number = () => REST_MS) {
    this.#restMs = restMs;
    const line = (): Line => ({ spoken: signal(""), wanted: "", timer: undefined });
    this.#lines = { lead: line(), description: line(), layout: line(), slice: line(), window: line(), mark: line() };
  }

  /** What stands in the region of a kind. */
  spoken(kind: Kind): ReadonlySignal<string> {
    return this.#lines[kind].spoken;
  }

  say(kind: Kind, text: string): void {
    const line = this.#lines[kind];
    line.wanted = text;
    if (line.timer !== undefined || text === line.spoken.peek()) return;
    if (!TRAILING.has(kind)) line.spoken.value = text;
    this.#rest(kind);
  }

  stop(): void {
    for (const kind of KINDS) {
      clearTimeout(this.#lines[kind].timer);
      this.#lines[kind].timer = undefined;
    }
  }

  /** What comes until the end of a rest waits for it, and the newest of it is said then. */
  #rest(kind: Kind): void {
    const line = this.#lines[kind];
    line.timer = setTimeout(() => {
      line.timer = undefined;
      if (line.wanted === line.spoken.peek()) return;
      line.spoken.value = line.wanted;
      if (!TRAILING.has(kind)) this.#rest(kind);
    }, this.#restMs(kind));
  }
}
