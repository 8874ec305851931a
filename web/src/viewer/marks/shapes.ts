import type { MarkShapeWord } from "../../protocol";
import type { Point, Size } from "../geometry";
import type { Drawing } from "../graphics";
import { fromStretch } from "./drawing";

/** Sides of an arrow's head, the bars at the ends of a length, and half of a probe's cross, in pixels. */
const HEAD_PIXELS = 14;
const BAR_PIXELS = 6;
const CROSS_PIXELS = 9;
/** Radius of the ring around a number. */
export const RING_PIXELS = 13;
/** Radius of an angle's arc. */
const ARC_PIXELS = 24;

const short = (value: number) => value.toFixed(1).replace(/\.0$/, "");
const pair = ({ x, y }: Point) => `${short(x)} ${short(y)}`;
const line = (...points: Point[]) => `M${points.map(pair).join("L")}`;
const apart = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);

/** A mark as it is drawn on a surface: lines, and where its words begin. */
export interface Drawn {
  lines: Drawing[];
  label: Point;
  /** Its points, where a hand can take hold of them. */
  points: Point[];
}

/** Draws a shape whose points are in pixels of the surface; undefined while points are missing. */
export function drawnOf(shape: MarkShapeWord, points: readonly Point[]): Drawn | undefined {
  const [a, b, c] = points;
  if (!a) return undefined;
  const drawn = (label: Point, ...lines: Drawing[]): Drawn => ({ lines, label, points: [...points] });
  switch (shape) {
    case "text":
      return drawn(a, { is: "dots", at: [a] });
    case "number":
      return drawn({ x: a.x + RING_PIXELS, y: a.y }, { is: "circle", at: a, r: RING_PIXELS });
    case "probe":
      return drawn(a, { is: "path", d: cross(a) });
    case "arrow":
      return b && drawn(a, { is: "path", d: arrow(a, b) });
    case "circle": {
      if (!b) return undefined;
      const r = apart(a, b);
      return drawn({ x: a.x + r * Math.SQRT1_2, y: a.y - r * Math.SQRT1_2 }, { is: "circle", at: a, r });
    }
    case "freehand": {
      const last = points.at(-1);
      return b && last && drawn(last, { is: "path", d: line(...points) });
    }
    case "length":
      return b && drawn(a.x > b.x ? a : b, { is: "path", d: line(a, b) + bar(a, b) + bar(b, a) });
    case "angle":
      if (!b) return undefined;
      return drawn(b, { is: "path", d: c ? line(a, b, c) + arc(a, b, c) : line(a, b) });
    case "rectangle":
    case "ellipse": {
      if (!b) return undefined;
      const low = { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y) };
      const high = { x: Math.max(a.x, b.x), y: Math.max(a.y, b.y) };
      const label = { x: high.x, y: low.y };
      const at = { x: (low.x + high.x) / 2, y: (low.y + high.y) / 2 };
      if (shape === "ellipse")
        return drawn(label, { is: "ellipse", at, rx: (high.x - low.x) / 2, ry: (high.y - low.y) / 2, angle: 0 });
      return drawn(label, { is: "path", d: `${line(low, label, high, { x: low.x, y: high.y })}Z` });
    }
  }
}

function cross({ x, y }: Point): string {
  const by = CROSS_PIXELS;
  return line({ x: x - by, y }, { x: x + by, y }) + line({ x, y: y - by }, { x, y: y + by });
}

/** Where a way of `length` pixels in a direction of `angle` from a point ends. */
const on = (from: Point, angle: number, length: number): Point => ({
  x: from.x + Math.cos(angle) * length,
  y: from.y + Math.sin(angle) * length,
});

function arrow(tail: Point, head: Point): string {
  const back = Math.atan2(tail.y - head.y, tail.x - head.x);
  const length = Math.min(HEAD_PIXELS, apart(tail, head));
  return line(tail, head) + line(on(head, back - 0.45, length), head, on(head, back + 0.45, length));
}

/** The bar across the end of a length. */
function bar(end: Point, other: Point): string {
  const across = Math.atan2(other.y - end.y, other.x - end.x) + Math.PI / 2;
  return line(on(end, across, BAR_PIXELS), on(end, across, -BAR_PIXELS));
}

/** The arc between the arms of an angle, the short way round. */
function arc(a: Point, vertex: Point, c: Point): string {
  const radius = Math.min(ARC_PIXELS, apart(a, vertex) / 2, apart(c, vertex) / 2);
  if (radius < 4) return "";
  const [from, to] = [a, c].map((end) => Math.atan2(end.y - vertex.y, end.x - vertex.x)) as [number, number];
  const sweep = Math.sin(to - from) > 0 ? 1 : 0;
  return `M${pair(on(vertex, from, radius))}A${short(radius)} ${short(radius)} 0 0 ${sweep} ${pair(on(vertex, to, radius))}`;
}

/** How far a place on the surface lies from the lines of a mark, in pixels. */
export function distanceTo(shape: MarkShapeWord, points: readonly Point[], at: Point): number {
  const [a, b] = points;
  if (!a) return Number.POSITIVE_INFINITY;
  const stretches = (through: readonly Point[]) =>
    Math.min(...through.slice(1).map((to, index) => fromStretch(at, through[index] ?? to, to)));
  if (!b) return apart(a, at);
  if (shape === "circle") return Math.abs(apart(a, at) - apart(a, b));
  if (shape === "rectangle") return stretches([a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }, a]);
  if (shape === "ellipse") {
    const rx = Math.max(1, Math.abs(a.x - b.x) / 2);
    const ry = Math.max(1, Math.abs(a.y - b.y) / 2);
    const [dx, dy] = [at.x - (a.x + b.x) / 2, at.y - (a.y + b.y) / 2];
    const part = Math.hypot(dx / rx, dy / ry);
    return part === 0 ? Math.min(rx, ry) : Math.abs(1 - 1 / part) * Math.hypot(dx, dy);
  }
  return stretches(points);
}

/** Words beside a mark, and the room that they take. */
export interface Label {
  at: Point;
  width: number;
  height: number;
}

/** Where words begin: right of their mark, or left of it near the right edge, and in nobody's way. */
export interface Laid {
  x: number;
  /** The middle of the first line. */
  y: number;
  isLeft: boolean;
}

/** As far as words stand off their mark. */
const OFF_PIXELS = 14;
const LINE_HALF = 9;

/** Puts words beside their marks, above or below each other where they would lie on each other, and inside of the surface. */
export function layLabels(labels: readonly Label[], surface: Size): Laid[] {
  const taken: { left: number; right: number; top: number; bottom: number }[] = [];
  return labels.map(({ at, width, height }) => {
    const isLeft = at.x + OFF_PIXELS + width > surface.width && at.x - OFF_PIXELS - width > 0;
    const free = isLeft ? at.x - OFF_PIXELS : Math.max(2, Math.min(at.x + OFF_PIXELS, surface.width - width));
    const [left, right] = isLeft ? [free - width, free] : [free, free + width];
    const lowest = Math.max(0, surface.height - height);
    const wanted = Math.min(lowest, Math.max(0, at.y - LINE_HALF));
    const isFree = (top: number) =>
      taken.every((each) => each.right <= left || each.left >= right || each.bottom <= top || each.top >= top + height);
    // The nearest place above or below that nothing takes; where there is none, they lie on each other.
    const top =
      [wanted, ...taken.flatMap((each) => [each.bottom, each.top - height])]
        .filter((each) => each >= 0 && each <= lowest && isFree(each))
        .sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0] ?? wanted;
    taken.push({ left, right, top, bottom: top + height });
    return { x: free, y: top + LINE_HALF, isLeft };
  });
}
