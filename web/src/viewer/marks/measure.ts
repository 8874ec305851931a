/**
 * What a shape measures while a hand still draws it: lengths, angles and areas by the rule of the gateway, which computes what
 * stands in the end (src/imaging/measure/plane.rs). `fixtures/measure` is read by the tests of both.
 */

import type { CalibrationState, CalibrationWord, LengthState, MarkShapeWord, MeasuredState } from "../../protocol";
import type { Shown } from "../viewing";

/** By how much sizes of pixels in two regions may differ where they count as the same, as a part of them. */
const SAME_SIZE = 1e-3;
/** How far outside of the frame a point still lies on its edge, in pixels: rounding on its way here. */
const ON_EDGE = 1e-6;

type Pair = readonly [number, number];

/** A frame as lengths see it. */
export type Plane = Pick<Shown, "columns" | "rows" | "aspect" | "calibrations">;

/** What can be said before the gateway says it: everything but values. */
export type Preview = Pick<MeasuredState, "length" | "angleDegrees" | "refused"> & { area?: LengthState };

/** What a pixel measures where a shape lies; without a source in widths of a pixel. */
interface Scale {
  pixel: Pair;
  source?: CalibrationWord;
}

/** Shapes that measure something. */
export const isMeasuring = (shape: MarkShapeWord): boolean =>
  shape === "length" || shape === "angle" || shape === "ellipse" || shape === "rectangle" || shape === "probe";

/** Measures a shape, points in units of the frame; undefined when there is nothing to measure, or points are missing. */
export function preview(plane: Plane, shape: MarkShapeWord, points: readonly Pair[]): Preview | undefined {
  const at = points.map(([x, y]): Pair => [x * plane.columns, y * plane.rows]);
  const [a, b, c] = at;
  switch (shape) {
    case "length":
      return (
        a && b && scaled(plane, [a, b], (scale) => ({ length: quantity(scale, Math.hypot(...across(scale, a, b))) }))
      );
    case "angle":
      return (
        a &&
        b &&
        c &&
        // Where an axis is time or speed there are no angles.
        scaled(plane, [a, b, c], (scale, isKnown) => angle(isKnown ? [across(scale, b, a), across(scale, b, c)] : []))
      );
    case "ellipse":
    case "rectangle": {
      if (!a || !b) return undefined;
      const low: Pair = [Math.min(a[0], b[0]), Math.min(a[1], b[1])];
      const high: Pair = [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
      const isRound = shape === "ellipse";
      return scaled(plane, extremes(low, high, isRound), (scale) => {
        const [width, height] = across(scale, low, high);
        return { area: quantity(scale, width * height * (isRound ? Math.PI / 4 : 1)) };
      });
    }
    case "probe":
      return a && (isOn(plane, a) ? {} : { refused: "outside_frame" });
    default:
      return undefined;
  }
}

const across = ({ pixel }: Scale, from: Pair, to: Pair): Pair => [
  (to[0] - from[0]) * pixel[0],
  (to[1] - from[1]) * pixel[1],
];

const quantity = ({ source }: Scale, value: number): LengthState => ({
  value,
  unit: source ? "mm" : "px",
  ...(source && { source }),
});

function scaled(plane: Plane, points: readonly Pair[], f: (scale: Scale, isKnown: boolean) => Preview): Preview {
  const scale = scaleOf(plane, points);
  if (typeof scale !== "string") return f(scale, true);
  return { ...f(inPixels(plane), false), refused: scale };
}

/** Widths of a pixel, its height counted as it is shown. */
const inPixels = ({ columns, rows, aspect }: Plane): Scale => ({ pixel: [1, (aspect * columns) / rows] });

function angle([one, other]: Pair[]): Preview {
  const hasLength = (arm: Pair) => arm[0] !== 0 || arm[1] !== 0;
  if (!one || !other || !hasLength(one) || !hasLength(other)) return {};
  const dot = one[0] * other[0] + one[1] * other[1];
  const cross = one[0] * other[1] - one[1] * other[0];
  return { angleDegrees: (Math.atan2(Math.abs(cross), dot) * 180) / Math.PI };
}

/** The points that lie furthest out. */
function extremes(low: Pair, high: Pair, isRound: boolean): Pair[] {
  if (!isRound) return [low, [high[0], low[1]], high, [low[0], high[1]]];
  const middle: Pair = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
  return [
    [low[0], middle[1]],
    [high[0], middle[1]],
    [middle[0], low[1]],
    [middle[0], high[1]],
  ];
}

const isOn = ({ columns, rows }: Plane, [x, y]: Pair): boolean =>
  x >= -ON_EDGE && x <= columns + ON_EDGE && y >= -ON_EDGE && y <= rows + ON_EDGE;

const hasLengths = ({ widthMm, heightMm }: CalibrationState): boolean => widthMm > 0 && heightMm > 0;

/** The region that lies on top at each point must be the same one, or one that lies on it and measures the same. */
function scaleOf(plane: Plane, points: readonly Pair[]): Scale | NonNullable<Preview["refused"]> {
  const { columns, rows, calibrations } = plane;
  if (!points.every((point) => isOn(plane, point))) return "outside_frame";
  if (calibrations.length === 0) return inPixels(plane);
  // A point belongs to the pixel that it lies in; one on the far edge of the frame to the last.
  const pixel = (at: number, size: number) => Math.min(size - 1, Math.max(0, Math.floor(at)));
  const holds = ({ region }: CalibrationState, [x, y]: Pair) => {
    if (!region) return true;
    const [left, top, right, bottom] = region;
    const [column, row] = [pixel(x, columns), pixel(y, rows)];
    return column >= left && column < right && row >= top && row < bottom;
  };
  const tops = points.map((point) => {
    const top = calibrations.find((region) => holds(region, point));
    return top && hasLengths(top) ? top : undefined;
  });
  if (tops.every((top) => top === undefined)) return "no_length_here";
  const isSame = (a: number, b: number) => Math.abs(a - b) <= SAME_SIZE * Math.max(a, b);
  const found = calibrations.find(
    (region) =>
      hasLengths(region) &&
      points.every((point) => holds(region, point)) &&
      tops.every((top) => top && isSame(top.widthMm, region.widthMm) && isSame(top.heightMm, region.heightMm)),
  );
  return found ? { pixel: [found.widthMm, found.heightMm], source: found.source } : "different_regions";
}
