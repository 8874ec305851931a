/**
 * Where a point of the frame lies on a surface, and back. The gateway renders by the same rule, so a pointer drawn here lies
 * on what is rendered there: the frame is turned clockwise in quarter turns, then flipped left to right (PS3.3 C.10.6); the
 * turned frame fits the surface at zoom 1; and (centerX, centerY) of the frame is the middle of the surface.
 *
 * Surfaces may be in device or in CSS pixels: the rule does not change with the unit. Points of the frame are in units of the
 * frame as it is stored (0..1 along columns and rows), whatever the turn.
 */

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Which part of the frame is seen, and how it lies. Zoom 1 fits; the centre is in units of the frame (0..1). */
export interface View {
  zoom: number;
  centerX: number;
  centerY: number;
  /** Clockwise, 0 to 3. */
  quarterTurns: number;
  /** Left and right exchanged, after the turn. */
  isFlipped: boolean;
}

/** The smallest and the largest zoom that the gateway accepts. */
export const ZOOM_MIN = 0.25;
export const ZOOM_MAX = 64;

/** The whole frame, as it fits and as it is stored. */
export const FIT: View = { zoom: 1, centerX: 0.5, centerY: 0.5, quarterTurns: 0, isFlipped: false };

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

const turnsOf = (turns: number) => ((Math.round(turns) % 4) + 4) % 4;

/** The view that the gateway makes of this one, and nothing but the view of what is given. */
export function clampView(view: View): View {
  return {
    zoom: clamp(view.zoom, ZOOM_MIN, ZOOM_MAX),
    centerX: clamp(view.centerX, 0, 1),
    centerY: clamp(view.centerY, 0, 1),
    quarterTurns: turnsOf(view.quarterTurns),
    isFlipped: view.isFlipped,
  };
}

/** A difference along columns and rows of the frame, as it lies on the surface after turn and flip. */
function turned(view: View, by: Point): Point {
  const { x, y } = by;
  const to: Point = [
    { x, y },
    { x: -y, y: x },
    { x: -x, y: -y },
    { x: y, y: -x },
  ][turnsOf(view.quarterTurns)] ?? { x, y };
  return view.isFlipped ? { x: -to.x, y: to.y } : to;
}

/** The way back of `turned`: along columns and rows, what is a difference on the surface. */
export function unturned(view: View, by: Point): Point {
  const x = view.isFlipped ? -by.x : by.x;
  return turned({ ...view, isFlipped: false, quarterTurns: 4 - turnsOf(view.quarterTurns) }, { x, y: by.y });
}

/**
 * Size of the whole frame in pixels of the surface, along its own columns and rows: after an odd number of quarter turns its
 * width lies upright. `aspect` is height over width of the frame without a turn, pixel aspect ratio counted in.
 */
export function frameSize(surface: Size, aspect: number, view: View): Size {
  const isUpright = turnsOf(view.quarterTurns) % 2 === 1;
  const fit = isUpright
    ? Math.min(surface.width / aspect, surface.height)
    : Math.min(surface.width, surface.height / aspect);
  return { width: fit * view.zoom, height: fit * view.zoom * aspect };
}

/** From units of the frame (0..1) to pixels of the surface. */
export function toSurface(surface: Size, aspect: number, view: View, point: Point): Point {
  const frame = frameSize(surface, aspect, view);
  const by = turned(view, {
    x: (point.x - view.centerX) * frame.width,
    y: (point.y - view.centerY) * frame.height,
  });
  return { x: surface.width / 2 + by.x, y: surface.height / 2 + by.y };
}

/** From pixels of the surface to units of the frame; outside the frame below 0 or above 1. */
export function toFrame(surface: Size, aspect: number, view: View, at: Point): Point {
  const frame = frameSize(surface, aspect, view);
  const by = unturned(view, { x: at.x - surface.width / 2, y: at.y - surface.height / 2 });
  return { x: view.centerX + by.x / frame.width, y: view.centerY + by.y / frame.height };
}

/** Whether a point in units of the frame lies in it. */
export function isInFrame(point: Point): boolean {
  return point.x >= 0 && point.x <= 1 && point.y >= 0 && point.y <= 1;
}

/** Zooms by `factor`; what lies under `at` (pixels of the surface) stays there, as far as the limits allow. */
export function zoomAbout(surface: Size, aspect: number, view: View, at: Point, factor: number): View {
  const zoomed = { ...view, zoom: clamp(view.zoom * factor, ZOOM_MIN, ZOOM_MAX) };
  const fixed = toFrame(surface, aspect, view, at);
  const now = toFrame(surface, aspect, zoomed, at);
  return clampView({
    ...zoomed,
    centerX: view.centerX + fixed.x - now.x,
    centerY: view.centerY + fixed.y - now.y,
  });
}

/** Moves the picture by pixels of the surface, as a hand moves paper. */
export function panBy(surface: Size, aspect: number, view: View, dx: number, dy: number): View {
  const frame = frameSize(surface, aspect, view);
  const by = unturned(view, { x: dx, y: dy });
  return clampView({
    ...view,
    centerX: view.centerX - by.x / frame.width,
    centerY: view.centerY - by.y / frame.height,
  });
}

/**
 * Turns what is seen by quarter turns, clockwise as the eye sees it. A flip comes after the turn, so a flipped frame turns
 * the other way to look turned the same.
 */
export function turnBy(view: View, turns: number): View {
  return clampView({ ...view, quarterTurns: view.quarterTurns + (view.isFlipped ? -turns : turns) });
}

/** The axis of a mirror image: `across` exchanges left and right as they are seen, `over` top and bottom. */
export type FlipAxis = "across" | "over";

/** Mirrors what is seen. Top and bottom are exchanged by half a turn and an exchange of left and right. */
export function flip(view: View, axis: FlipAxis): View {
  const quarterTurns = view.quarterTurns + (axis === "over" ? 2 : 0);
  return clampView({ ...view, quarterTurns, isFlipped: !view.isFlipped });
}

/** Which way a view is mirrored, seen from the frame as it is stored: after a quarter turn that is across. */
export function flipOf({ quarterTurns, isFlipped }: Pick<View, "quarterTurns" | "isFlipped">): FlipAxis | undefined {
  return isFlipped ? (turnsOf(quarterTurns) === 2 ? "over" : "across") : undefined;
}

/** A frame's size in pixels of the source, and how it is shown: `aspect` as above. */
export interface Pixels {
  columns: number;
  rows: number;
  aspect: number;
}

/** The zoom at which a column of the frame is one device pixel wide; the surface is in device pixels. */
export function actualZoom(surface: Size, { columns, aspect }: Pixels, view: View): number {
  return columns / frameSize(surface, aspect, { ...view, zoom: 1 }).width;
}

/** Whether pixels of the frame are pixels of the surface, which is in device pixels. */
export function isActualSize(surface: Size, pixels: Pixels, view: View): boolean {
  if (surface.width < 1 || surface.height < 1 || pixels.columns < 1) return false;
  return Math.abs(view.zoom / actualZoom(surface, pixels, view) - 1) < 1e-6;
}

/**
 * One pixel of the frame a pixel of the surface, which is in device pixels. The middle moves by less than a pixel, so that the
 * edges of the frame's pixels lie on edges of the surface's: nothing is computed between them.
 */
export function actualSize(surface: Size, pixels: Pixels, view: View): View {
  const isUpright = turnsOf(view.quarterTurns) % 2 === 1;
  const along = (center: number, count: number, extent: number) =>
    count < 1 ? center : (extent / 2 - Math.round(extent / 2 - center * count)) / count;
  return clampView({
    ...view,
    zoom: actualZoom(surface, pixels, view),
    centerX: along(view.centerX, pixels.columns, isUpright ? surface.height : surface.width),
    centerY: along(view.centerY, pixels.rows, isUpright ? surface.width : surface.height),
  });
}
