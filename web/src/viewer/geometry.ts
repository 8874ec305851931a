/**
 * Where a point of the frame lies on a surface, and back. The gateway renders by the same rule, so a pointer drawn here lies
 * on what is rendered there: the frame is `min(W, H / aspect) * zoom` wide, and (centerX, centerY) of it is the middle.
 *
 * Surfaces may be in device or in CSS pixels: the rule does not change with the unit.
 */

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Navigation: which part of the frame is seen. Zoom 1 fits; the centre is in units of the frame (0..1). */
export interface View {
  zoom: number;
  centerX: number;
  centerY: number;
}

/** The smallest and the largest zoom that the gateway accepts. */
export const ZOOM_MIN = 0.25;
export const ZOOM_MAX = 64;

/** The whole frame, as it fits. */
export const FIT: View = { zoom: 1, centerX: 0.5, centerY: 0.5 };

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** The view that the gateway makes of this one. */
export function clampView(view: View): View {
  return {
    zoom: clamp(view.zoom, ZOOM_MIN, ZOOM_MAX),
    centerX: clamp(view.centerX, 0, 1),
    centerY: clamp(view.centerY, 0, 1),
  };
}

/** Size of the whole frame in pixels of the surface. `aspect` is height over width of the frame as it is shown. */
export function frameSize(surface: Size, aspect: number, zoom: number): Size {
  const width = Math.min(surface.width, surface.height / aspect) * zoom;
  return { width, height: width * aspect };
}

/** From units of the frame (0..1) to pixels of the surface. */
export function toSurface(surface: Size, aspect: number, view: View, point: Point): Point {
  const frame = frameSize(surface, aspect, view.zoom);
  return {
    x: surface.width / 2 + (point.x - view.centerX) * frame.width,
    y: surface.height / 2 + (point.y - view.centerY) * frame.height,
  };
}

/** From pixels of the surface to units of the frame; outside the frame below 0 or above 1. */
export function toFrame(surface: Size, aspect: number, view: View, at: Point): Point {
  const frame = frameSize(surface, aspect, view.zoom);
  return {
    x: view.centerX + (at.x - surface.width / 2) / frame.width,
    y: view.centerY + (at.y - surface.height / 2) / frame.height,
  };
}

/** Whether a point in units of the frame lies in it. */
export function isInFrame(point: Point): boolean {
  return point.x >= 0 && point.x <= 1 && point.y >= 0 && point.y <= 1;
}

/** Zooms by `factor`; what lies under `at` (pixels of the surface) stays there, as far as the limits allow. */
export function zoomAbout(surface: Size, aspect: number, view: View, at: Point, factor: number): View {
  const zoom = clamp(view.zoom * factor, ZOOM_MIN, ZOOM_MAX);
  const fixed = toFrame(surface, aspect, view, at);
  const frame = frameSize(surface, aspect, zoom);
  return clampView({
    zoom,
    centerX: fixed.x - (at.x - surface.width / 2) / frame.width,
    centerY: fixed.y - (at.y - surface.height / 2) / frame.height,
  });
}

/** Moves the picture by pixels of the surface, as a hand moves paper. */
export function panBy(surface: Size, aspect: number, view: View, dx: number, dy: number): View {
  const frame = frameSize(surface, aspect, view.zoom);
  return clampView({
    zoom: view.zoom,
    centerX: view.centerX - dx / frame.width,
    centerY: view.centerY - dy / frame.height,
  });
}
