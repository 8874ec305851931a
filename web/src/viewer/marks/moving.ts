import { type Signal, signal } from "@preact/signals";
import type { MarkState } from "../../protocol";
import { type Point, toFrame, toSurface } from "../geometry";
import type { Screen } from "../screen";
import { inReach } from "./drawing";

/** Marks of so many points can be moved, point by point. */
const MOVABLE_POINTS = 3;

export const isMovable = ({ points }: MarkState): boolean => points.length <= MOVABLE_POINTS;

/** Points of a mark while they are moved, and which of them a hand or keys have hold of. */
export interface Moved {
  points: Point[];
  handle: number;
}

/** Moves the points of one mark, until they are where they are to stay. */
export class Moving {
  readonly moved: Signal<Moved | undefined> = signal(undefined);
  #isGrabbed = false;

  begin({ points }: MarkState): void {
    this.#isGrabbed = false;
    this.moved.value = { points: points.map(([x, y]) => ({ x, y })), handle: 0 };
  }

  end(): void {
    this.#isGrabbed = false;
    this.moved.value = undefined;
  }

  /** Takes hold of the nearest point, which comes to the hand. */
  grab(screen: Screen, px: Point): void {
    const moved = this.moved.peek();
    const seen = screen.seen.peek();
    if (!moved || !seen) return;
    const away = moved.points.map((point) => {
      const at = toSurface(screen.size.peek(), seen.aspect, seen, point);
      return Math.hypot(at.x - px.x, at.y - px.y);
    });
    this.#isGrabbed = true;
    this.moved.value = { ...moved, handle: away.indexOf(Math.min(...away)) };
    this.follow(screen, px);
  }

  /** The hand moves; what it has hold of goes with it. */
  follow(screen: Screen, px: Point): void {
    const seen = screen.seen.peek();
    if (this.#isGrabbed && seen) this.#place(toFrame(screen.size.peek(), seen.aspect, seen, px));
  }

  /** The hand lets go; whether it had hold of something. */
  letGo(): boolean {
    const wasGrabbed = this.#isGrabbed;
    this.#isGrabbed = false;
    return wasGrabbed;
  }

  /** Moves the point that keys have hold of by pixels of the surface. */
  moveBy(screen: Screen, by: Point): void {
    const moved = this.moved.peek();
    const point = moved?.points[moved.handle];
    const seen = screen.seen.peek();
    if (!point || !seen) return;
    const size = screen.size.peek();
    const { x, y } = toSurface(size, seen.aspect, seen, point);
    this.#place(toFrame(size, seen.aspect, seen, { x: x + by.x, y: y + by.y }));
  }

  /** Keys go on to the next point. */
  next(): void {
    const moved = this.moved.peek();
    if (moved) this.moved.value = { ...moved, handle: (moved.handle + 1) % moved.points.length };
  }

  /** Where the points are now, if that is elsewhere than the mark has them. */
  changed(mark: MarkState): MarkState["points"] | undefined {
    const points = (this.moved.peek()?.points ?? []).map(({ x, y }): [number, number] => [x, y]);
    return points.length === 0 || JSON.stringify(points) === JSON.stringify(mark.points) ? undefined : points;
  }

  #place(at: Point): void {
    const moved = this.moved.peek();
    if (!moved) return;
    const points = moved.points.map((point, index) => (index === moved.handle ? inReach(at) : point));
    this.moved.value = { ...moved, points };
  }
}
