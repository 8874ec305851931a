import type { MarkShapeWord } from "../protocol";
import type { Preset } from "./presets";
import type { Action } from "./shortcuts";
import type { Steering } from "./steering";

/** A page of a stack. */
const PAGE = 10;
/** One step of a key or a button: zoom, window, and the part of the surface by which the picture moves. */
export const ZOOM_STEP = 1.25;
export const WINDOW_STEP_PIXELS = 25;
export const PAN_PART = 0.1;

/** What a drag of the first button, or of one finger, does when something else was chosen than usual. */
export type Tool = "window" | "zoom" | "pan" | "scroll" | "point" | "magnify" | MarkTool;

/** Draws a shape, or moves the points of one. */
export type MarkTool = `mark.${MarkShapeWord}` | "mark.move";

export const isMarkTool = (tool: Tool | undefined): tool is MarkTool => tool?.startsWith("mark.") === true;

/** What actions need beside the steering. */
export interface Acting {
  presets(): readonly Preset[];
  tool(): Tool | undefined;
  setTool(tool: Tool | undefined): void;
  /** Plays the stack, or holds it. Whether there is something to play. */
  togglePlaying(): boolean;
  /** Plays faster (1) or slower (-1). */
  changeSpeed(by: 1 | -1): void;
}

/** Does what only whoever steers may do; whether it meant something. */
export function perform(action: Action, steering: Steering, acting: Acting): boolean {
  const preset = /^preset\.([1-9])$/.exec(action)?.[1];
  if (preset !== undefined) {
    const chosen = acting.presets()[Number(preset) - 1];
    if (chosen) steering.choose(chosen);
    return true;
  }
  const toggle = (tool: Tool) => acting.setTool(acting.tool() === tool ? undefined : tool);
  switch (action) {
    case "scroll.previous":
      steering.scrollBy(-1);
      return true;
    case "scroll.next":
      steering.scrollBy(1);
      return true;
    case "scroll.pageBack":
      steering.scrollBy(-PAGE);
      return true;
    case "scroll.pageOn":
      steering.scrollBy(PAGE);
      return true;
    case "scroll.first":
      steering.scrollTo(0);
      return true;
    case "scroll.last":
      steering.scrollTo(Number.MAX_SAFE_INTEGER);
      return true;
    case "cine.toggle":
      return acting.togglePlaying();
    case "cine.slower":
      acting.changeSpeed(-1);
      return true;
    case "cine.faster":
      acting.changeSpeed(1);
      return true;
    case "pan.left":
      steering.panByParts(-PAN_PART, 0);
      return true;
    case "pan.right":
      steering.panByParts(PAN_PART, 0);
      return true;
    case "pan.up":
      steering.panByParts(0, -PAN_PART);
      return true;
    case "pan.down":
      steering.panByParts(0, PAN_PART);
      return true;
    case "zoom.in":
      steering.zoomBy(ZOOM_STEP);
      return true;
    case "zoom.out":
      steering.zoomBy(1 / ZOOM_STEP);
      return true;
    case "zoom.fit":
      steering.fit();
      return true;
    case "zoom.actual":
      steering.actualSize();
      return true;
    case "tool.zoom":
      toggle("zoom");
      return true;
    case "tool.pan":
      toggle("pan");
      return true;
    case "tool.window":
      toggle("window");
      return true;
    case "window.brighter":
      steering.windowBy(0, -WINDOW_STEP_PIXELS);
      return true;
    case "window.darker":
      steering.windowBy(0, WINDOW_STEP_PIXELS);
      return true;
    case "window.narrower":
      steering.windowBy(-WINDOW_STEP_PIXELS, 0);
      return true;
    case "window.wider":
      steering.windowBy(WINDOW_STEP_PIXELS, 0);
      return true;
    case "turn.left":
      steering.turnBy(-1);
      return true;
    case "turn.right":
      steering.turnBy(1);
      return true;
    case "flip.across":
      steering.flip("across");
      return true;
    case "flip.over":
      steering.flip("over");
      return true;
    case "invert":
      steering.invert();
      return true;
    case "layers.overlays":
      steering.toggleOverlays();
      return true;
    case "layers.shutters":
      steering.toggleShutters();
      return true;
    case "reset":
      steering.reset();
      return true;
    default:
      return false;
  }
}
