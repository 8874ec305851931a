import type { CalibrationState, CalibrationWord } from "../protocol";
import { frameSize, type Point, type Size, toFrame } from "./geometry";
import type { Shown } from "./viewing";

/** A length to draw, and what it rests on. */
export interface ScaleBar {
  /** On the surface, in its pixels. */
  pixels: number;
  mm: number;
  source: CalibrationWord;
}

/** The bar takes at most this part of the surface, and at most these pixels. */
const PART_MAX = 0.3;
const PIXELS_MAX = 180;

/**
 * The part of the frame that is seen: left, top, right, bottom in pixels of the source; undefined when none of it is seen.
 */
function seenPart(surface: Size, shown: Shown): [number, number, number, number] | undefined {
  const corners: Point[] = [
    toFrame(surface, shown.aspect, shown, { x: 0, y: 0 }),
    toFrame(surface, shown.aspect, shown, { x: surface.width, y: surface.height }),
  ];
  const inside = (value: number) => Math.min(1, Math.max(0, value));
  const xs = corners.map(({ x }) => inside(x) * shown.columns);
  const ys = corners.map(({ y }) => inside(y) * shown.rows);
  const part: [number, number, number, number] = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  return part[2] > part[0] && part[3] > part[1] ? part : undefined;
}

/**
 * What a pixel measures where the eye looks. Regions that are seen together and measure differently give none, unless one of
 * them holds everything that is seen: a bar beside them would be wrong for one of them.
 */
export function calibrationInSight(surface: Size, shown: Shown): CalibrationState | undefined {
  const seen = seenPart(surface, shown);
  if (!seen) return undefined;
  const isValid = ({ widthMm, heightMm }: CalibrationState) =>
    Number.isFinite(widthMm) && Number.isFinite(heightMm) && widthMm > 0 && heightMm > 0;
  const known = shown.calibrations.filter(isValid);
  const everywhere = known.find(({ region }) => !region);
  const meets = ({ region }: CalibrationState) =>
    region !== undefined && region[0] < seen[2] && region[2] > seen[0] && region[1] < seen[3] && region[3] > seen[1];
  const holds = ({ region }: CalibrationState) =>
    region !== undefined &&
    region[0] <= seen[0] &&
    region[1] <= seen[1] &&
    region[2] >= seen[2] &&
    region[3] >= seen[3];
  const near = known.filter(meets);
  const [first] = near;
  if (!first) return everywhere;
  const isOne = near.every(
    ({ widthMm, heightMm }) =>
      Math.abs(widthMm / first.widthMm - 1) < 0.005 && Math.abs(heightMm / first.heightMm - 1) < 0.005,
  );
  return isOne ? first : near.find(holds);
}

/** The longest length of 1, 2 or 5 times a power of ten that is not longer than `mm`. */
export function roundLength(mm: number): number {
  const power = 10 ** Math.floor(Math.log10(mm));
  const factor = mm / power;
  return power * (factor >= 5 - 1e-9 ? 5 : factor >= 2 - 1e-9 ? 2 : 1);
}

/** The bar that lies along the lower edge; undefined where lengths are not known. */
export function scaleBar(surface: Size, shown: Shown): ScaleBar | undefined {
  if (surface.width < 1 || surface.height < 1 || shown.columns === 0 || shown.rows === 0) return undefined;
  const calibration = calibrationInSight(surface, shown);
  if (!calibration) return undefined;
  const frame = frameSize(surface, shown.aspect, shown);
  // What lies level on the surface is a row of the frame, or a column of it after an odd number of quarter turns.
  const mmPerPixel =
    shown.quarterTurns % 2 === 0
      ? (shown.columns * calibration.widthMm) / frame.width
      : (shown.rows * calibration.heightMm) / frame.height;
  const mm = roundLength(Math.min(surface.width * PART_MAX, PIXELS_MAX) * mmPerPixel);
  return { pixels: mm / mmPerPixel, mm, source: calibration.source };
}

/** A length as people say it. */
export function lengthInWords(mm: number, locale: string): string {
  const number = (value: number) =>
    new Intl.NumberFormat(locale, { maximumSignificantDigits: 2, useGrouping: false }).format(value);
  if (mm >= 10) return `${number(mm / 10)}\u00a0cm`;
  return mm >= 0.1 ? `${number(mm)}\u00a0mm` : `${number(mm * 1000)}\u00a0µm`;
}
