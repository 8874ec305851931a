import type { GraphicState } from "../protocol";
import type { Point } from "./geometry";

/** What a graphic of a presentation state is drawn as, in pixels of the surface. */
export type Drawing =
  | { is: "dots"; at: Point[] }
  | { is: "path"; d: string }
  | { is: "circle"; at: Point; r: number }
  /** `angle` in degrees, clockwise. */
  | { is: "ellipse"; at: Point; rx: number; ry: number; angle: number }
  /** Lines of text from a place on, the first line's middle; `leader` goes from the text to what it is about. */
  | { is: "text"; at: Point; lines: string[]; isCentered: boolean; leader?: string };

export const LINE_PIXELS = 20;

const short = (value: number) => value.toFixed(1).replace(/\.0$/, "");
const pair = ({ x, y }: Point) => `${short(x)} ${short(y)}`;
const apart = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);
const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/** Straight lines through the points. */
const polyline = (points: readonly Point[]) => `M${points.map(pair).join("L")}`;

/**
 * A smooth curve through the points: Catmull-Rom as cubic curves, whose tangents run along the neighbours. Closed when the
 * last point is the first.
 */
export function curve(points: readonly Point[]): string {
  const [first, second] = points;
  const last = points.at(-1);
  if (!first || !second || !last || points.length < 3) return polyline(points);
  const isClosed = apart(first, last) < 0.01;
  const at = (index: number): Point => {
    if (isClosed) {
      const round = points.length - 1;
      return points[(index + round) % round] ?? first;
    }
    return points[Math.min(points.length - 1, Math.max(0, index))] ?? first;
  };
  let d = `M${pair(first)}`;
  for (let n = 0; n + 1 < points.length; n += 1) {
    const [before, from, to, after] = [at(n - 1), at(n), at(n + 1), at(n + 2)];
    const out = { x: from.x + (to.x - before.x) / 6, y: from.y + (to.y - before.y) / 6 };
    const back = { x: to.x - (after.x - from.x) / 6, y: to.y - (after.y - from.y) / 6 };
    d += `C${pair(out)} ${pair(back)} ${pair(to)}`;
  }
  return d;
}

function textOf(text: string, points: readonly Point[]): Drawing | undefined {
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim());
  while (lines.at(-1) === "") lines.pop();
  const [a, b, target] = points;
  if (!a || lines.length === 0) return undefined;
  if (!b) return { is: "text", at: { x: a.x + 8, y: a.y }, lines, isCentered: false };
  // After a turn or a flip another corner is the top left one.
  const box = {
    left: Math.min(a.x, b.x),
    right: Math.max(a.x, b.x),
    top: Math.min(a.y, b.y),
    bottom: Math.max(a.y, b.y),
  };
  const center = middle(a, b);
  const at = { x: center.x, y: center.y - ((lines.length - 1) * LINE_PIXELS) / 2 };
  const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
  const leader = target && [
    { x: clamp(target.x, box.left, box.right), y: clamp(target.y, box.top, box.bottom) },
    target,
  ];
  return { is: "text", at, lines, isCentered: true, ...(leader && { leader: polyline(leader) }) };
}

/**
 * The drawing of a graphic; undefined when it lacks points that its shape needs. `frame` and `screen` place points that are in
 * units of the frame and of the screen.
 */
export function drawingOf(
  graphic: GraphicState,
  frame: (point: Point) => Point,
  screen: (point: Point) => Point,
): Drawing | undefined {
  const place = graphic.isOnScreen ? screen : frame;
  const points = graphic.points
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))
    .map(([x, y]) => place({ x, y }));
  const [a, b, c, d] = points;
  switch (graphic.shape) {
    case "points":
      return points.length > 0 ? { is: "dots", at: points } : undefined;
    case "polyline":
      return points.length > 1 ? { is: "path", d: polyline(points) } : undefined;
    case "curve":
      return points.length > 1 ? { is: "path", d: curve(points) } : undefined;
    case "circle":
      return a && b && { is: "circle", at: a, r: apart(a, b) };
    case "ellipse":
      return (
        a &&
        b &&
        c &&
        d && {
          is: "ellipse",
          at: middle(a, b),
          rx: apart(a, b) / 2,
          ry: apart(c, d) / 2,
          angle: (Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI,
        }
      );
    case "text":
      return textOf(graphic.text ?? "", points);
    default:
      return undefined;
  }
}

/** The colour that the layer recommends, if it is one. */
export const colorOf = (graphic: GraphicState): string | undefined =>
  /^#[0-9a-f]{6}$/i.test(graphic.color ?? "") ? graphic.color : undefined;
