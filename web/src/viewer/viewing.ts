import { type Signal, signal } from "@preact/signals";
import type { Shown, ViewingState } from "../protocol";
import type { Wire } from "../wire";

/** How many past states are remembered, to say what the picture on the screen shows while newer ones are on their way. */
const REMEMBERED = 64;

/** What the consultation looks at, as the gateway last told it. */
export class Viewing {
  readonly state: Signal<ViewingState | undefined> = signal(undefined);
  #past = new Map<number, Shown>();
  #isNewConnection = false;

  constructor(wire: Wire) {
    wire.on("welcome", () => {
      this.#isNewConnection = true;
    });
    wire.on("viewing", ({ type: _, ...state }) => this.#take(state));
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
    } else if (known && state.revision < known.revision) return;
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
