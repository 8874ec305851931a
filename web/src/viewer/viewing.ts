import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { DocumentState, Shown, ViewingState } from "../protocol";
import type { Wire } from "../wire";

/** How many past states are remembered, to say what the picture on the screen shows while newer ones are on their way. */
const REMEMBERED = 64;

/** What is on show and no picture. */
export type Content = { document: DocumentState } | { mediaType: string; bytes: Uint8Array };

/** What the consultation looks at, as the gateway last told it. */
export class Viewing {
  readonly state: Signal<ViewingState | undefined> = signal(undefined);
  /** What is on show at this place of the stack and no picture, once it has come. */
  readonly content: ReadonlySignal<Content | undefined>;
  #past = new Map<number, Shown>();
  #isNewConnection = false;
  /** The gateway sends a content once as long as a series is shown, so it is kept for the way back from another place. */
  #received: Signal<{ revision: number; index: number; content: Content } | undefined> = signal(undefined);
  /** Revision since which this series is shown. */
  #seriesSince: Signal<number> = signal(0);

  constructor(wire: Wire) {
    wire.on("welcome", () => {
      this.#isNewConnection = true;
      this.#received.value = undefined;
    });
    wire.on("viewing", ({ type: _, ...state }) => this.#take(state));
    wire.on("document", ({ revision, index, document }) => {
      this.#received.value = { revision, index, content: { document } };
    });
    wire.onContent(({ revision, index, mediaType }, bytes) => {
      this.#received.value = { revision, index, content: { mediaType, bytes } };
    });
    this.content = computed(() => {
      const shown = this.state.value?.shown;
      const received = this.#received.value;
      return received && received.index === shown?.index && received.revision >= this.#seriesSince.value
        ? received.content
        : undefined;
    });
  }

  /** What was shown at that revision. */
  at(revision: number): Shown | undefined {
    return this.#past.get(revision);
  }

  #take(state: ViewingState): void {
    const known = this.state.peek();
    if (this.#isNewConnection) {
      // The gateway may have begun anew and count from 0.
      this.#past.clear();
      this.#isNewConnection = false;
      this.#seriesSince.value = 0;
    } else if (known && state.revision < known.revision) return;
    else if (known?.shown?.series !== state.shown?.series) this.#seriesSince.value = state.revision;
    if (state.shown) {
      this.#past.set(state.revision, state.shown);
      if (this.#past.size > REMEMBERED) {
        const oldest = this.#past.keys().next();
        if (!oldest.done) this.#past.delete(oldest.value);
      }
    }
    this.state.value = state;
  }
}

const viewings = new WeakMap<Wire, Viewing>();

/**
 * The viewing of a connection. Ask for it as soon as there is a wire: the `Viewer` may be loaded later, when something is
 * shown, and finds here what was told before.
 */
export function viewingOf(wire: Wire): Viewing {
  const known = viewings.get(wire);
  if (known) return known;
  const viewing = new Viewing(wire);
  viewings.set(wire, viewing);
  return viewing;
}
