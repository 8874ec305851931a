import { type Signal, signal } from "@preact/signals";
import type { PictureHeader } from "../protocol";
import type { Wire } from "../wire";
import { isInFrame, type Point } from "./geometry";
import { canvasEasel, PictureQueue } from "./pictures";
import { promptly } from "./steering";

/** Side of the box, CSS pixels. */
export const BOX_PIXELS = 220;
/** How many times as large as on the surface. */
export const FACTOR_MIN = 1.5;
export const FACTOR_MAX = 12;
const FACTOR_FIRST = 3;

/** What is magnified, and where the box stands. */
export interface Spot extends Point {
  viewport: number;
  /** A finger lies there: the box stands beside it. */
  isTouch: boolean;
}

/** A part of one viewport, rendered larger by the gateway for this person alone: real pixels, not those of the screen again. */
export class Magnifier {
  /** Where, in units of the frame; absent while nothing is magnified. */
  readonly spot: Signal<Spot | undefined> = signal(undefined);
  readonly factor: Signal<number> = signal(FACTOR_FIRST);
  /** The picture in the box. */
  readonly drawn: Signal<PictureHeader | undefined> = signal(undefined);
  #wire: Wire;
  #density: () => number;
  #schedule: (f: () => void) => void;
  #isScheduled = false;
  #queue: PictureQueue<ImageBitmap> | undefined;

  constructor(wire: Wire, density: () => number, schedule: (f: () => void) => void = promptly()) {
    this.#wire = wire;
    this.#density = density;
    this.#schedule = schedule;
  }

  /** Magnifies there. Outside of the frame the box stays where it was. */
  place(spot: Spot): void {
    if (!isInFrame(spot)) return;
    const before = this.spot.peek();
    if (before && before.viewport !== spot.viewport) {
      this.drawn.value = undefined;
      this.#queue?.forget();
    }
    this.spot.value = spot;
    this.#plan();
  }

  /** Moves by parts of the frame, as keys do. */
  moveBy(x: number, y: number): void {
    const spot = this.spot.peek();
    if (!spot) return;
    const inside = (value: number) => Math.min(1, Math.max(0, value));
    this.place({ ...spot, x: inside(spot.x + x), y: inside(spot.y + y), isTouch: false });
  }

  zoomBy(by: number): void {
    this.factor.value = Math.min(FACTOR_MAX, Math.max(FACTOR_MIN, this.factor.peek() * by));
    if (this.spot.peek()) this.#plan();
  }

  stop(): void {
    if (!this.spot.peek()) return;
    this.spot.value = undefined;
    this.drawn.value = undefined;
    this.#queue?.forget();
    this.#wire.send({ type: "stop_magnifying" });
  }

  /** Takes the canvas of the box into use; the answer lets go of it. */
  mount(canvas: HTMLCanvasElement): () => void {
    const queue = new PictureQueue(
      canvasEasel(canvas),
      (sequence) => this.#wire.send({ type: "drawn", sequence }),
      (header) => {
        this.drawn.value = header;
      },
    );
    this.#queue = queue;
    return () => {
      if (this.#queue === queue) this.#queue = undefined;
    };
  }

  receive(header: PictureHeader, bytes: Uint8Array): void {
    if (this.#queue && this.spot.peek()?.viewport === header.viewport) this.#queue.receive(header, bytes);
    else this.#wire.send({ type: "drawn", sequence: header.sequence });
  }

  /** A new connection knows nothing of what was asked for. */
  restart(): void {
    this.#queue?.restart();
    this.drawn.value = undefined;
    if (this.spot.peek()) this.#plan();
  }

  #plan(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      const spot = this.spot.peek();
      if (!spot) return;
      const { viewport, x, y } = spot;
      const side = Math.round(BOX_PIXELS * this.#density());
      const factor = this.factor.peek();
      this.#wire.send({ type: "magnify", viewport, x, y, factor, width: side, height: side });
    });
  }
}
