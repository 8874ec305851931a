import { batch, type Signal, signal } from "@preact/signals";
import type { PictureHeader } from "../protocol";
import { Cine, nextSpeed } from "./cine";
import type { Steering } from "./steering";
import type { Shown } from "./viewing";

const COUNT_EVERY_MS = 500;

export interface Playing {
  wantedFps: number;
  realFps: number;
  dropped: number;
}

/** Plays the stack on the client of whoever presents: everybody else follows, as with any scrolling. */
export class Player {
  /** Absent while nothing plays. */
  readonly playing: Signal<Playing | undefined> = signal(undefined);
  readonly speed: Signal<number> = signal(1);
  readonly isSweep: Signal<boolean> = signal(false);
  #steering: Steering;
  #picture: () => PictureHeader | undefined;
  #hasFailed: () => boolean;
  #cine: Cine | undefined;
  #series: string | undefined;
  #asked = -1;
  #lastDrawn = -1;
  /** How often somebody had scrolled when this player last did. */
  #scrolls = 0;
  #countAt = 0;
  #frame = 0;

  /** `picture` is what is on the surface; a frame that failed is waited for no longer. */
  constructor(steering: Steering, picture: () => PictureHeader | undefined, hasFailed: () => boolean) {
    this.#steering = steering;
    this.#picture = picture;
    this.#hasFailed = hasFailed;
  }

  /** What is shown has changed. Another stack does not go on playing. */
  adopt(shown: Shown | undefined, isPresenting: boolean): void {
    if (shown?.series !== this.#series) {
      this.#series = shown?.series;
      this.stop();
      batch(() => {
        this.speed.value = 1;
        this.isSweep.value = shown?.cine?.isSweep ?? false;
      });
    }
    if (!isPresenting || !shown?.cine) this.stop();
  }

  /** Plays or stops; whether there was something to play or to stop. */
  toggle(): boolean {
    if (!this.#cine) return this.#play();
    this.stop();
    return true;
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#cine = undefined;
    this.playing.value = undefined;
  }

  changeSpeed(by: 1 | -1): void {
    this.speed.value = nextSpeed(this.speed.peek(), by);
    if (this.#cine) this.#cine.speed = this.speed.peek();
    this.#count(performance.now());
  }

  /** Around, or forth and back. */
  toggleSweep(): void {
    this.isSweep.value = !this.isSweep.peek();
    if (this.#cine) this.#cine.isSweep = this.isSweep.peek();
  }

  /** A picture was drawn. The sharp one of a frame that was there already is no new frame. */
  drawn(header: PictureHeader): void {
    if (header.index !== this.#lastDrawn) this.#cine?.drawn(performance.now());
    this.#lastDrawn = header.index;
  }

  #play(): boolean {
    const shown = this.#steering.current;
    if (!shown?.cine || shown.content !== "pictures" || shown.cine.last <= shown.cine.first) return false;
    const now = performance.now();
    this.#cine = new Cine(shown.cine, shown.index, now);
    this.#cine.speed = this.speed.peek();
    this.#cine.isSweep = this.isSweep.peek();
    this.#asked = shown.index;
    this.#scrolls = this.#steering.scrolls;
    this.#count(now);
    this.#frame = requestAnimationFrame(() => this.#tick());
    return true;
  }

  #tick(): void {
    const cine = this.#cine;
    if (!cine) return;
    // A hand has scrolled: that is what it wants to see.
    if (this.#steering.scrolls !== this.#scrolls) {
      this.stop();
      return;
    }
    const now = performance.now();
    const next = cine.tick(now, this.#picture()?.index === this.#asked || this.#hasFailed());
    if (next !== undefined) {
      this.#asked = next;
      this.#steering.scrollTo(next);
      this.#scrolls = this.#steering.scrolls;
    }
    if (now >= this.#countAt) this.#count(now);
    this.#frame = requestAnimationFrame(() => this.#tick());
  }

  #count(now: number): void {
    this.#countAt = now + COUNT_EVERY_MS;
    const cine = this.#cine;
    if (!cine) return;
    this.playing.value = { wantedFps: cine.wantedFps, realFps: cine.realFps(now), dropped: cine.dropped };
  }
}
