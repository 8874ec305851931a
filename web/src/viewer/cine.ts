import type { CineState } from "../protocol";

/** Speeds to choose from, as parts of what the object asks for. */
export const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 4] as const;

/** How far behind it may fall before it goes on from now: a page that was asleep does not hurry to catch up. */
const BEHIND_MAX_MS = 1_000;
/** No frame is shorter than this, whatever an object says. */
const FRAME_MIN_MS = 1;
/** Over which time the real speed is counted. */
const COUNTED_MS = 2_000;

/**
 * When which frame of a stack is due, at what speed it really plays, and what was passed over. It asks for the next frame
 * only when the one before is drawn; frames that fall due in the meantime are passed over and counted.
 *
 * Knows no clock: times are given, in ms of any one clock.
 */
export class Cine {
  isSweep: boolean;
  speed = 1;
  /** Frames that were due and never asked for. */
  dropped = 0;
  #state: CineState;
  /** The frame that is due now. */
  #at: number;
  #direction: 1 | -1 = 1;
  #nextAt: number;
  /** Frames that have fallen due since the last one was asked for. */
  #due = 0;
  #drawnAt: number[] = [];
  #begunAt: number;

  /** `index` is the frame on show. Frames outside of what the object wants played begin at the first. */
  constructor(state: CineState, index: number, nowMs: number) {
    this.#state = state;
    this.isSweep = state.isSweep;
    this.#at = index < state.first || index > state.last ? state.first : index;
    // A frame other than the one on show is due at once.
    this.#due = this.#at === index ? 0 : 1;
    this.#begunAt = nowMs;
    this.#nextAt = nowMs + this.#stayMs();
  }

  /** The frame to ask for now; undefined while none is due or the last one is not drawn yet. */
  tick(nowMs: number, isDrawn: boolean): number | undefined {
    if (this.#state.last <= this.#state.first) return undefined;
    if (nowMs - this.#nextAt > BEHIND_MAX_MS) this.#nextAt = nowMs;
    while (nowMs >= this.#nextAt) {
      this.#step();
      this.#due += 1;
      this.#nextAt += this.#stayMs();
    }
    if (this.#due === 0 || !isDrawn) return undefined;
    this.dropped += this.#due - 1;
    this.#due = 0;
    return this.#at;
  }

  /** A picture of the stack was drawn. */
  drawn(nowMs: number): void {
    this.#drawnAt.push(nowMs);
  }

  /** Frames a second that are wanted. */
  get wantedFps(): number {
    const { first, last } = this.#state;
    let sumMs = 0;
    for (let index = first; index <= last; index += 1) sumMs += this.#stayMs(index);
    return sumMs === 0 ? 0 : (1000 * (last - first + 1)) / sumMs;
  }

  /** Frames a second that were drawn lately. */
  realFps(nowMs: number): number {
    this.#drawnAt = this.#drawnAt.filter((at) => nowMs - at < COUNTED_MS);
    const countedMs = Math.min(COUNTED_MS, Math.max(1, nowMs - this.#begunAt));
    return (1000 * this.#drawnAt.length) / countedMs;
  }

  #stayMs(index = this.#at): number {
    const { frameMs, framesMs, first, last } = this.#state;
    // Intervals of the frames that are played, or of all frames of the object.
    const base = framesMs.length <= last - first + 1 ? first : 0;
    const ms = framesMs[index - base] ?? frameMs;
    return Math.max(FRAME_MIN_MS, (Number.isFinite(ms) && ms > 0 ? ms : frameMs) / this.speed);
  }

  #step(): void {
    const { first, last } = this.#state;
    if (!this.isSweep) {
      this.#direction = 1;
      this.#at = this.#at >= last ? first : this.#at + 1;
      return;
    }
    if (this.#at >= last) this.#direction = -1;
    else if (this.#at <= first) this.#direction = 1;
    this.#at += this.#direction;
  }
}

/** The next speed up (1) or down (-1). */
export function nextSpeed(speed: number, by: 1 | -1): number {
  const at = SPEEDS.findIndex((each) => each >= speed);
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + by))] ?? 1;
}
