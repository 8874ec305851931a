import { type Signal, signal } from "@preact/signals";
import type { Point } from "./geometry";

const FADE_MS = 2_000;

export interface PointerState extends Point {
  isGone: boolean;
}

/** Where people point in one viewport. A pointer fades over two seconds, so that what was pointed at can still be seen. */
export class SeenPointers {
  readonly all: Signal<ReadonlyMap<string, PointerState>> = signal(new Map());
  #fading = new Map<string, ReturnType<typeof setTimeout>>();

  place(participant: string, at: Point): void {
    this.#set(participant, { ...at, isGone: false });
    // Nothing new from there for two seconds: it fades as if it were gone.
    this.#after(participant, () => this.fade(participant));
  }

  fade(participant: string): void {
    const pointer = this.all.peek().get(participant);
    if (!pointer || pointer.isGone) return;
    this.#set(participant, { ...pointer, isGone: true });
    this.#after(participant, () => {
      this.#fading.delete(participant);
      const rest = new Map(this.all.peek());
      rest.delete(participant);
      this.all.value = rest;
    });
  }

  clear(): void {
    for (const timer of this.#fading.values()) clearTimeout(timer);
    this.#fading.clear();
    if (this.all.peek().size > 0) this.all.value = new Map();
  }

  #set(participant: string, pointer: PointerState): void {
    this.all.value = new Map(this.all.peek()).set(participant, pointer);
  }

  #after(participant: string, f: () => void): void {
    clearTimeout(this.#fading.get(participant));
    this.#fading.set(participant, setTimeout(f, FADE_MS));
  }
}
