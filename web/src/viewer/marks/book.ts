import { type Signal, signal } from "@preact/signals";
import type { MarkState } from "../../protocol";
import type { Wire } from "../../wire";

/**
 * The marks of a viewing by their identifiers. What differs within one era is news. All of them at once are another era: they come on
 * the way in, or because a guest looks at something else.
 */
export interface KnownMarks {
  all: ReadonlyMap<string, MarkState>;
  era: number;
}

/** The marks as the gateway last told them. */
export class MarkBook {
  readonly known: Signal<KnownMarks> = signal({ all: new Map(), era: 0 });
  #revision = 0;

  constructor(wire: Wire) {
    wire.on("welcome", () => {
      this.#revision = 0;
      if (this.known.peek().all.size > 0) this.#begin(new Map());
    });
    wire.on("marks", ({ revision, marks }) => {
      if (this.#isNext(revision)) this.#begin(new Map(marks.map((mark) => [mark.mark, mark])));
    });
    wire.on("mark", ({ revision, mark }) => {
      if (this.#isNext(revision)) this.#change((all) => all.set(mark.mark, mark));
    });
    wire.on("mark_gone", ({ revision, mark }) => {
      if (this.#isNext(revision)) this.#change((all) => all.delete(mark));
    });
  }

  #isNext(revision: number): boolean {
    if (revision < this.#revision) return false;
    this.#revision = revision;
    return true;
  }

  #begin(all: ReadonlyMap<string, MarkState>): void {
    this.known.value = { all, era: this.known.peek().era + 1 };
  }

  #change(change: (all: Map<string, MarkState>) => void): void {
    const { all, era } = this.known.peek();
    const changed = new Map(all);
    change(changed);
    this.known.value = { all: changed, era };
  }
}

/** The marks of a frame, the oldest first. */
export const marksOf = ({ all }: KnownMarks, { instance, frame }: Pick<MarkState, "instance" | "frame">): MarkState[] =>
  [...all.values()].filter((mark) => mark.instance === instance && mark.frame === frame);
