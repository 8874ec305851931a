/**
 * From what hands do to the points of a mark. Knows no DOM, no wire and no frame: a press that moves draws in one stroke, presses
 * that rest place one point after the other, and keys do the same with a place that they move.
 */

import type { MarkShapeWord } from "../../protocol";
import type { Point } from "../geometry";

/** A place in units of the frame, and where that lies on the surface, in CSS pixels. */
export interface Spot {
  at: Point;
  px: Point;
}

/** What has been drawn so far. */
export interface Draft {
  shape: MarkShapeWord;
  /** The points that stand, then the one that still moves with the hand. */
  points: Point[];
  /** How many of them stand. */
  placed: number;
}

/** Shapes in the order in which they are offered. */
export const SHAPES = [
  "arrow",
  "circle",
  "freehand",
  "text",
  "number",
  "length",
  "angle",
  "ellipse",
  "rectangle",
  "probe",
] as const satisfies readonly MarkShapeWord[];

/** As many points as the gateway takes of a line drawn by a free hand. */
export const FREEHAND_MAX = 512;
/** How far outside of the frame a point may lie, in units of the frame. */
const SPOT_MIN = -0.5;
const SPOT_MAX = 1.5;
/** A hand that has moved so far draws; less is a press that rests. */
const DRAG_PIXELS = 5;
/** Points nearer to each other than this are one. */
const NEAR_PIXELS = 3;
/** How near to the last point of a free line a press ends it. */
const END_PIXELS = 10;
/** Points of one stroke that are kept before it is made simpler. */
const STROKE_MAX = 4_096;

/** How many points a shape has; a free line has as many as the hand likes. */
export const pointsOf = (shape: MarkShapeWord): number => {
  switch (shape) {
    case "text":
    case "number":
    case "probe":
      return 1;
    case "angle":
      return 3;
    case "freehand":
      return FREEHAND_MAX;
    default:
      return 2;
  }
};

const apart = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);

/** The nearest place that a point of a mark may have. */
export function inReach({ x, y }: Point): Point {
  const clamp = (value: number) => Math.min(SPOT_MAX, Math.max(SPOT_MIN, value));
  return { x: clamp(x), y: clamp(y) };
}

/** One mark on its way. What is complete comes back as its points; then the next one begins. */
export class Drawing {
  readonly shape: MarkShapeWord;
  #placed: Spot[] = [];
  #loose: Spot | undefined;
  #press: { from: Spot; placedBefore: number; isDrag: boolean; isEnd: boolean } | undefined;

  constructor(shape: MarkShapeWord) {
    this.shape = shape;
  }

  get draft(): Draft {
    const isStroke = this.shape === "freehand" && this.#press?.isDrag === true;
    const loose = this.#loose && !isStroke ? [this.#loose] : [];
    const points = [...this.#placed, ...loose].slice(0, pointsOf(this.shape)).map(({ at }) => inReach(at));
    return { shape: this.shape, points, placed: this.#placed.length };
  }

  /** Whether any point stands. */
  get isBegun(): boolean {
    return this.#placed.length > 0;
  }

  /** Whether what stands is a mark already, which only a free line can be before it is ended. */
  get mayEnd(): boolean {
    return this.shape === "freehand" && this.#placed.length >= 2;
  }

  down(spot: Spot): void {
    const placedBefore = this.#placed.length;
    const last = this.#placed.at(-1);
    const isEnd = this.mayEnd && last !== undefined && apart(last.px, spot.px) <= END_PIXELS;
    this.#press = { from: spot, placedBefore, isDrag: false, isEnd };
    this.#loose = spot;
    if (isEnd || pointsOf(this.shape) === 1) return;
    if (placedBefore === 0 || (this.shape === "freehand" && this.#isNew(spot))) this.#placed.push(spot);
  }

  /** A hand moves, pressed or not. */
  move(spot: Spot): void {
    this.#loose = spot;
    const press = this.#press;
    if (!press) return;
    if (apart(press.from.px, spot.px) >= DRAG_PIXELS) press.isDrag = true;
    if (this.shape === "freehand" && press.isDrag && this.#placed.length < STROKE_MAX && this.#isNew(spot))
      this.#placed.push(spot);
  }

  up(): Point[] | undefined {
    const press = this.#press;
    this.#press = undefined;
    if (!press || !this.#loose) return undefined;
    if (this.shape === "freehand") return press.isDrag || press.isEnd ? this.end() : undefined;
    const places = press.isDrag || press.placedBefore > 0 || pointsOf(this.shape) === 1;
    return places ? this.#place(this.#loose) : undefined;
  }

  /** Places the next point there, as a key does. A free line is ended by the same place twice. */
  place(spot: Spot): Point[] | undefined {
    this.#loose = spot;
    const last = this.#placed.at(-1);
    if (this.mayEnd && last && apart(last.px, spot.px) < NEAR_PIXELS) return this.end();
    return this.#place(spot);
  }

  /** Ends a free line. */
  end(): Point[] | undefined {
    if (!this.mayEnd) return undefined;
    return this.#complete(simplified(this.#placed, FREEHAND_MAX));
  }

  /** A second finger came: what this press has placed was not meant. */
  drop(): void {
    if (this.#press) this.#placed.length = this.#press.placedBefore;
    this.#press = undefined;
    this.#loose = undefined;
  }

  /** Takes the last point back; whether there was one. */
  back(): boolean {
    this.#press = undefined;
    return this.#placed.pop() !== undefined;
  }

  /** Begins anew. */
  clear(): void {
    this.#placed = [];
    this.#press = undefined;
    this.#loose = undefined;
  }

  #isNew(spot: Spot): boolean {
    const last = this.#placed.at(-1);
    return !last || apart(last.px, spot.px) >= NEAR_PIXELS;
  }

  #place(spot: Spot): Point[] | undefined {
    // The same place again, as by a press twice, is no second point.
    if (!this.#isNew(spot)) return undefined;
    this.#placed.push(spot);
    const count = pointsOf(this.shape);
    return this.#placed.length >= count ? this.#complete(this.#placed.slice(0, count)) : undefined;
  }

  #complete(spots: readonly Spot[]): Point[] {
    this.clear();
    return spots.map(({ at }) => inReach(at));
  }
}

/**
 * A line with no more points than `most`, and none that the eye would miss: those are left out that lie within half a pixel of the
 * line without them, and within more where that is not enough (Ramer, 1972; Douglas and Peucker, 1973).
 */
export function simplified(spots: readonly Spot[], most: number): Spot[] {
  let kept = [...spots];
  for (let tolerance = 0.5; ; tolerance *= 2) {
    kept = withinTolerance(spots, tolerance);
    if (kept.length <= most || tolerance > 1_000) return kept.slice(0, most);
  }
}

function withinTolerance(spots: readonly Spot[], tolerance: number): Spot[] {
  const isKept = new Set([0, spots.length - 1]);
  const parts: [number, number][] = [[0, spots.length - 1]];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const [first, last] = part;
    let far = -1;
    let most = tolerance;
    for (let n = first + 1; n < last; n += 1) {
      const away = fromLine(spots, first, last, n);
      if (away <= most) continue;
      most = away;
      far = n;
    }
    if (far < 0) continue;
    isKept.add(far);
    parts.push([first, far], [far, last]);
  }
  return spots.filter((_, index) => isKept.has(index));
}

/** How far a point lies from the stretch between two others. */
function fromLine(spots: readonly Spot[], first: number, last: number, n: number): number {
  const [a, b, point] = [spots[first]?.px, spots[last]?.px, spots[n]?.px];
  return a && b && point ? fromStretch(point, a, b) : 0;
}

/** How far a point lies from the stretch between `a` and `b`. */
export function fromStretch(point: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const part = length === 0 ? 0 : Math.min(1, Math.max(0, ((point.x - a.x) * dx + (point.y - a.y) * dy) / length));
  return apart(point, { x: a.x + part * dx, y: a.y + part * dy });
}
