import { type Signal, signal } from "@preact/signals";
import type { ClientMessage, Person, SourceWord, WatchedTrack } from "../protocol";
import { remember, remembered } from "./remembered";

export type Watch = Extract<ClientMessage, { type: "watch" }>;

/** Signing and lips must stay readable: an interpreter is never asked for smaller than this, in device pixels. */
export const INTERPRETER = { width: 480, height: 360 } as const;

/** A picture on this page, in device pixels. */
export interface Shown {
  participant: string;
  source: SourceWord;
  width: number;
  height: number;
}

/** What to tell the gateway about pictures that are shown. A person who is shown twice counts with the larger picture. */
export function watchOf(
  shown: Iterable<Shown>,
  people: readonly Pick<Person, "participant" | "role" | "place">[],
  pinned: string | undefined,
  prefs: { isSavingData: boolean; isVideoOff: boolean },
): Watch {
  const tracks = new Map<string, WatchedTrack>();
  const add = ({ participant, source, width, height }: Shown) => {
    const key = `${participant} ${source}`;
    const before = tracks.get(key);
    if (before && before.width * before.height >= width * height) return;
    tracks.set(key, { participant, source, width, height, isPinned: participant === pinned });
  };
  for (const each of shown) if (each.width > 0 && each.height > 0) add(each);
  for (const { participant, role, place } of people)
    if (role === "interpreter" && place.state === "in_call") add({ participant, source: "camera", ...INTERPRETER });
  const key = (track: WatchedTrack) => `${track.participant} ${track.source}`;
  return {
    type: "watch",
    tracks: [...tracks.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1)),
    ...prefs,
  };
}

/** Waits until nothing has changed for a while, and then does it once. */
export class Debounce {
  #ms: number;
  #do: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number, f: () => void) {
    this.#ms = ms;
    this.#do = f;
  }
  touch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#do, this.#ms);
  }
  stop(): void {
    clearTimeout(this.#timer);
  }
}

const DEBOUNCE_MS = 200;
const SAVING = "parvis.saveData";
const VIDEO_OFF = "parvis.noVideo";

/** Which pictures this page shows at which size, and what the person wants to receive at all. */
export class Watching {
  /** Small pictures only, in both directions; remembered on this device. */
  readonly isSavingData: Signal<boolean> = signal(remembered(SAVING) === "1");
  /** No picture at all is received. */
  readonly isVideoOff: Signal<boolean> = signal(remembered(VIDEO_OFF) === "1");
  readonly pinned: Signal<string | undefined> = signal(undefined);

  #shown = new Map<Element, Shown>();
  #observer: ResizeObserver | undefined;
  #debounce: Debounce;
  #last = "";
  #people: () => readonly Person[];
  #send: (watch: Watch) => void;

  constructor(people: () => readonly Person[], send: (watch: Watch) => void) {
    this.#people = people;
    this.#send = send;
    this.#debounce = new Debounce(DEBOUNCE_MS, () => this.tell());
    if (typeof ResizeObserver === "function")
      this.#observer = new ResizeObserver((entries) => {
        for (const { target } of entries) this.#measure(target);
      });
  }

  /** Follows an element that shows a picture; the answer of this call ends it. */
  follow(element: Element, participant: string, source: SourceWord): () => void {
    this.#shown.set(element, { participant, source, width: 0, height: 0 });
    this.#measure(element);
    this.#observer?.observe(element);
    return () => {
      this.#observer?.unobserve(element);
      this.#shown.delete(element);
      this.#debounce.touch();
    };
  }

  saveData(is: boolean): void {
    remember(SAVING, is ? "1" : undefined);
    this.isSavingData.value = is;
    this.#debounce.touch();
  }

  receiveVideo(is: boolean): void {
    remember(VIDEO_OFF, is ? undefined : "1");
    this.isVideoOff.value = !is;
    this.#debounce.touch();
  }

  pin(participant: string | undefined): void {
    this.pinned.value = participant;
    this.#debounce.touch();
  }

  /** Something else has changed that counts. */
  touch(): void {
    this.#debounce.touch();
  }

  /** Tells the gateway now; with `isForced` even what it was told before. */
  tell(isForced = false): void {
    const watch = watchOf(this.#shown.values(), this.#people(), this.pinned.peek(), {
      isSavingData: this.isSavingData.peek(),
      isVideoOff: this.isVideoOff.peek(),
    });
    const text = JSON.stringify(watch);
    if (text === this.#last && !isForced) return;
    this.#last = text;
    this.#send(watch);
  }

  close(): void {
    this.#debounce.stop();
    this.#observer?.disconnect();
    this.#shown.clear();
  }

  #measure(element: Element): void {
    const shown = this.#shown.get(element);
    if (!shown) return;
    const scale = globalThis.devicePixelRatio || 1;
    shown.width = Math.round(element.clientWidth * scale);
    shown.height = Math.round(element.clientHeight * scale);
    this.#debounce.touch();
  }
}
