import type { Shown } from "../viewing";

/**
 * Where a document is read: the part that is above the upper edge, of all that can be scrolled (0..1), and its size (1..3).
 *
 * It is shared as the view of a picture is: `centerY` is the part, `zoom` the size. `centerX` is 0 in a position that somebody
 * has read to; the view that a document begins with has its middle at 0.5, and is read from the top.
 */
export interface Position {
  part: number;
  zoom: number;
}

export const SIZE_MIN = 1;
export const SIZE_MAX = 3;
export const SIZE_STEP = 1.25;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

export const clampSize = (zoom: number): number => clamp(zoom, SIZE_MIN, SIZE_MAX);

type Place = Pick<Shown, "zoom" | "centerX" | "centerY">;

export function positionOf(shown: Place): Position {
  return { part: shown.centerX === 0 ? clamp(shown.centerY, 0, 1) : 0, zoom: clampSize(shown.zoom) };
}

/** The view that tells a position to the others. */
export function viewOf({ part, zoom }: Position): Place {
  return { centerX: 0, centerY: clamp(part, 0, 1), zoom: clampSize(zoom) };
}

interface Box {
  scrollTop: number;
  scrollHeight: number;
  clientHeight: number;
}

/** What can be scrolled, in pixels. */
export const rangeOf = ({ scrollHeight, clientHeight }: Box) => Math.max(0, scrollHeight - clientHeight);

export function partOf(box: Box): number {
  const range = rangeOf(box);
  return range === 0 ? 0 : clamp(box.scrollTop / range, 0, 1);
}

export const topOf = (box: Box, part: number): number => part * rangeOf(box);
