import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Size } from "../../viewer/geometry";

/** As many second windows as the gateway gives one person. */
export const MAX_WINDOWS = 2;
/** A window that we opened and that has gone without a word is missed after so long. */
const LOOK_EVERY_MS = 1_000;
const NAME = "parvis-view-";

/**
 * What the pages of one consultation in one browser say to each other: that a window is there, which has the keyboard, and of how
 * many pixels the pictures of each of its viewports are. What is on show each of them is told by the gateway.
 */
export type Word =
  /** The main page is in the call: who is beside it? */

  | { is: "who" }
  | { is: "here"; window: string; hasKeyboard: boolean; surfaces?: readonly Size[] }
  | { is: "gone"; window: string };

export const channelOf = (appointment: string): BroadcastChannel =>
  new BroadcastChannel(`parvis second windows of ${appointment}`);

export const addressOf = (appointment: string): string => `/app/view/${encodeURIComponent(appointment)}`;

const newName = (): string => NAME + Math.random().toString(36).slice(2);

/** What this window is called among those of its consultation: as whoever opened it has said. */
export function nameOfWindow(): string {
  if (!window.name.startsWith(NAME)) window.name = newName();
  return window.name;
}

/** The second windows beside the page of a consultation, as that page sees them. */
export class SecondScreens {
  readonly address: string;
  /** The windows that show images, and whether each has the keyboard. */
  readonly windows: Signal<ReadonlyMap<string, boolean>> = signal(new Map());
  readonly isOpen: ReadonlySignal<boolean> = computed(() => this.windows.value.size > 0);
  readonly hasKeyboard: ReadonlySignal<boolean> = computed(() => [...this.windows.value.values()].includes(true));
  readonly mayOpen: ReadonlySignal<boolean> = computed(() => this.windows.value.size < MAX_WINDOWS);
  /** The browser did not open a window when it was asked to. */
  readonly isBlocked: Signal<boolean> = signal(false);
  /** The images are large on the main page all the same. */
  readonly isHereToo: Signal<boolean> = signal(false);
  #appointment: string;
  #surfaces = new Map<string, readonly Size[]>();
  #opened = new Map<string, Window>();

  constructor(appointment: string) {
    this.#appointment = appointment;
    this.address = addressOf(appointment);
  }

  /** Listens to the windows, and calls those that wait for this page each time it comes into the call; the answer stops it. */
  mount(isInCall: ReadonlySignal<boolean>): () => void {
    const channel = channelOf(this.#appointment);
    channel.onmessage = ({ data }: MessageEvent<Word>) => {
      if (data.is === "here") {
        this.isBlocked.value = false;
        if (data.surfaces) this.#surfaces.set(data.window, data.surfaces);
        this.windows.value = new Map(this.windows.peek()).set(data.window, data.hasKeyboard);
      } else if (data.is === "gone") this.#forget(data.window);
    };
    const stop = effect(() => {
      if (isInCall.value) channel.postMessage({ is: "who" } satisfies Word);
    });
    const looking = setInterval(() => {
      for (const [name, opened] of [...this.#opened])
        if (opened.closed) {
          this.#opened.delete(name);
          this.#forget(name);
        }
    }, LOOK_EVERY_MS);
    return () => {
      stop();
      clearInterval(looking);
      channel.close();
    };
  }

  /**
   * Of how many pixels the pictures of a viewport are where they are large, when that is in a window of its own and not here: in the one
   * that has the keyboard, or else the first that says so.
   */
  pixelsOf(viewport: number): Size | undefined {
    if (this.isHereToo.peek()) return undefined;
    const names = [...this.windows.peek()].sort(([, one], [, other]) => Number(other) - Number(one));
    const sizes = names.map(([name]) => this.#surfaces.get(name)?.[viewport]);
    return sizes.find((size) => size !== undefined && size.width > 0 && size.height > 0);
  }

  /** Opens a window, if the browser lets us: `isBlocked` says so when it does not. */
  open(): void {
    const name = newName();
    const opened = window.open(this.address, name, "popup,width=1280,height=900");
    this.isBlocked.value = !opened || opened.closed;
    if (!opened || opened.closed) return;
    this.#opened.set(name, opened);
    opened.focus();
  }

  /** Gives the focus to the next of the windows that this page has opened; whether there is one. */
  toFront(): boolean {
    const names = [...this.#opened.keys()].filter((name) => this.windows.peek().has(name));
    const focused = names.findIndex((name) => this.windows.peek().get(name));
    const next = this.#opened.get(names[(focused + 1) % names.length] ?? "");
    next?.focus();
    return next !== undefined;
  }

  #forget(name: string): void {
    const windows = new Map(this.windows.peek());
    this.#surfaces.delete(name);
    if (windows.delete(name)) this.windows.value = windows;
    if (windows.size === 0) this.isHereToo.value = false;
  }
}
