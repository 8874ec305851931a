import type { ClientMessage, WindowState } from "../protocol";
import {
  actualSize,
  clampView,
  FIT,
  type FlipAxis,
  flip,
  type Point,
  panBy,
  type Size,
  turnBy,
  type View,
  zoomAbout,
} from "./geometry";
import type { Preset } from "./presets";
import type { Shown } from "./viewing";

/** How long what a hand has asked for counts before what the gateway says, when the two differ. */
const SETTLE_MS = 700;
/** Pixels of a drag that change the window's width by the factor e, and its centre by one width. */
const DRAG_PIXELS = 250;
const WIDTH_MIN = 1e-6;
const WIDTH_MAX = 1e9;
/** A pointer that rests is told again, so that it does not fade for the others. */
const POINT_AGAIN_MS = 1_000;
/** Shorter than a frame at 60 Hz, so that what comes once per frame is never held back to the next. */
const BREATH_MS = 12;

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

interface Wanted {
  index?: number;
  window?: WindowState;
  view?: View;
  isInverted?: boolean;
}

const viewOf = ({ zoom, centerX, centerY, quarterTurns, isFlipped }: View): View => ({
  zoom,
  centerX,
  centerY,
  quarterTurns,
  isFlipped,
});

/**
 * What waits goes out at the end of the task that asked for it, or with the next frame of the screen if the last went out just
 * now: a hand that moves is answered at once, and one that moves without end sends no more than the screen can show.
 */
export function promptly(): (f: () => void) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (f) => {
    const run = () => {
      last = performance.now();
      f();
    };
    if (performance.now() - last >= BREATH_MS) queueMicrotask(run);
    else requestAnimationFrame(run);
  };
}

/**
 * Turns what hands do into messages. The gateway owns the state, so nothing is drawn from here; but the next movement of a
 * drag starts from what was last asked for, not from what has come back so far: nothing jumps. At most one message of a kind
 * goes out at a time; `schedule` says when.
 */
export class Steering {
  #send: (message: ClientMessage) => void;
  #viewport: number;
  #schedule: (f: () => void) => void;
  #now: () => number;
  #shown: Shown | undefined;
  #surface: Size = { width: 1, height: 1 };
  #pixels: Size = { width: 1, height: 1 };
  #wanted: Wanted = {};
  #wantedAt = 0;
  #dirty = new Set<keyof Wanted>();
  #point: Point | undefined;
  #isPointDirty = false;
  #isScheduled = false;
  #repeat: ReturnType<typeof setInterval> | undefined;
  #hasOwnWindow = false;
  #scrolls = 0;
  /** Pixels of the pictures where they are looked at, when that is not this surface. */
  pixelsElsewhere: () => Size | undefined = () => undefined;

  constructor(
    send: (message: ClientMessage) => void,
    viewport = 0,
    schedule: (f: () => void) => void = promptly(),
    now: () => number = () => performance.now(),
  ) {
    this.#send = send;
    this.#viewport = viewport;
    this.#schedule = schedule;
    this.#now = now;
  }

  /** What the gateway says is shown now. */
  adopt(shown: Shown | undefined): void {
    if (shown?.series !== this.#shown?.series) this.#leave();
    this.#shown = shown;
    const wanted = this.#wanted;
    if (shown && wanted.index === shown.index && !this.#dirty.has("index")) delete wanted.index;
    if (shown && wanted.isInverted === shown.isInverted) delete wanted.isInverted;
  }

  /** Another view begins: what was asked for of the one before is nothing to it. */
  forget(): void {
    this.#leave();
    this.unpoint();
  }

  /** Size of the surface in the unit in which hands move, CSS pixels; and in those of its pictures, device pixels. */
  resize(surface: Size, pixels: Size = surface): void {
    this.#surface = surface;
    this.#pixels = pixels;
  }

  /** What is shown, with what has been asked for since. */
  get current(): Shown | undefined {
    if (!this.#shown) return undefined;
    if (this.#now() - this.#wantedAt > SETTLE_MS && this.#dirty.size === 0) this.#wanted = {};
    const { index, window, view, isInverted } = this.#wanted;
    return {
      ...this.#shown,
      ...(index !== undefined && { index }),
      ...(window && { window }),
      ...(isInverted !== undefined && { isInverted }),
      ...view,
    };
  }

  scrollTo(index: number): void {
    const shown = this.current;
    if (!shown) return;
    const wanted = clamp(Math.round(index), 0, shown.count - 1);
    if (wanted === shown.index) return;
    this.#scrolls += 1;
    this.#want("index", wanted);
  }

  /** Counts the steps through the stack, to tell those of a hand from those of a player. */
  get scrolls(): number {
    return this.#scrolls;
  }

  scrollBy(frames: number): void {
    const shown = this.current;
    if (shown) this.scrollTo(shown.index + frames);
  }

  /** Whether this person has set the window that is in force by hand. */
  get hasOwnWindow(): boolean {
    return this.#hasOwnWindow;
  }

  setWindow(window: WindowState): void {
    if (!this.current) return;
    this.#hasOwnWindow = true;
    this.#want("window", {
      center: clamp(window.center, -WIDTH_MAX, WIDTH_MAX),
      width: clamp(window.width, WIDTH_MIN, WIDTH_MAX),
    });
  }

  /**
   * To the right the window widens, to the left it narrows; upwards the picture gets brighter. The speed goes with the width,
   * so that a narrow window is as easy to set as a wide one.
   */
  windowBy(dx: number, dy: number): void {
    const shown = this.current;
    if (!shown?.window) return;
    const { center, width } = shown.window;
    const brighter = shown.isInverted ? -dy : dy;
    this.setWindow({
      center: center + (brighter / DRAG_PIXELS) * width,
      width: width * Math.exp(dx / DRAG_PIXELS),
    });
  }

  zoomAbout(at: Point, factor: number): void {
    const shown = this.current;
    if (shown) this.#want("view", zoomAbout(this.#surface, shown.aspect, shown, at, factor));
  }

  /** Zooms about the middle of the surface. */
  zoomBy(factor: number): void {
    this.zoomAbout({ x: this.#surface.width / 2, y: this.#surface.height / 2 }, factor);
  }

  panBy(dx: number, dy: number): void {
    const shown = this.current;
    if (shown) this.#want("view", panBy(this.#surface, shown.aspect, shown, dx, dy));
  }

  /** Moves the picture by parts of the surface: (0.1, 0) to the right by a tenth of it. */
  panByParts(x: number, y: number): void {
    this.panBy(x * this.#surface.width, y * this.#surface.height);
  }

  /** The whole frame; turn and flip stay. */
  fit(): void {
    const shown = this.current;
    if (!shown) return;
    const { quarterTurns, isFlipped } = shown;
    this.#want("view", clampView({ ...FIT, quarterTurns, isFlipped }));
  }

  /** A pixel of the frame is a pixel of the screen where it is looked at; turn and flip stay. */
  actualSize(): void {
    const shown = this.current;
    const pixels = this.pixelsElsewhere() ?? this.#pixels;
    if (shown && shown.columns > 0) this.#want("view", actualSize(pixels, shown, viewOf(shown)));
  }

  /** Turns what is seen by quarter turns, clockwise. */
  turnBy(turns: number): void {
    const shown = this.current;
    if (shown) this.#want("view", turnBy(shown, turns));
  }

  flip(axis: FlipAxis): void {
    const shown = this.current;
    if (shown) this.#want("view", flip(shown, axis));
  }

  /** Zoom and middle as they are asked for, turn and flip kept: for documents, whose position is shared the same way. */
  setView(view: Partial<View>): void {
    const shown = this.current;
    if (shown) this.#want("view", clampView({ ...viewOf(shown), ...view }));
  }

  toggleOverlays(): void {
    const shown = this.#shown;
    if (shown?.hasOverlays)
      this.#send({
        type: "set_layers",
        viewport: this.#viewport,
        isOverlaid: !shown.isOverlaid,
        isShuttered: shown.isShuttered,
      });
  }

  toggleShutters(): void {
    const shown = this.#shown;
    if (shown?.hasShutters)
      this.#send({
        type: "set_layers",
        viewport: this.#viewport,
        isOverlaid: shown.isOverlaid,
        isShuttered: !shown.isShuttered,
      });
  }

  /** Applies a presentation state, or none. */
  setState(state: string | undefined): void {
    if (!this.#shown) return;
    this.#forgetLook();
    this.#send({ type: "set_state", viewport: this.#viewport, ...(state !== undefined && { state }) });
  }

  /** Spreads the values over the greys as the list says. */
  choose(preset: Preset): void {
    if (!this.current) return;
    if (preset.alternative === undefined) {
      if (preset.window) this.setWindow(preset.window);
      return;
    }
    this.#forget("window");
    this.#hasOwnWindow = false;
    this.#send({ type: "set_alternative", viewport: this.#viewport, alternative: preset.alternative });
  }

  invert(): void {
    const shown = this.current;
    if (shown) this.#want("isInverted", !shown.isInverted);
  }

  resetWindow(): void {
    if (!this.current) return;
    this.#forget("window");
    this.#hasOwnWindow = false;
    this.#send({ type: "reset_window", viewport: this.#viewport });
  }

  /** Everything but the place in the stack as it was when the series was shared. */
  reset(): void {
    if (!this.current) return;
    this.#forgetLook();
    this.#wanted.view = FIT;
    this.#dirty.delete("view");
    this.#wantedAt = this.#now();
    this.#send({ type: "reset_view", viewport: this.#viewport });
  }

  /** Points at a place of the frame (0..1). */
  point(at: Point): void {
    this.#point = at;
    this.#isPointDirty = true;
    this.#repeat ??= setInterval(() => {
      this.#isPointDirty = true;
      this.#plan();
    }, POINT_AGAIN_MS);
    this.#plan();
  }

  unpoint(): void {
    if (!this.#point) return;
    this.#point = undefined;
    this.#isPointDirty = false;
    clearInterval(this.#repeat);
    this.#repeat = undefined;
    this.#send({ type: "unpoint" });
  }

  #leave(): void {
    this.#wanted = {};
    this.#dirty.clear();
    this.#hasOwnWindow = false;
  }

  #want<K extends keyof Wanted>(what: K, value: Wanted[K] & {}): void {
    this.#wanted[what] = value;
    this.#wantedAt = this.#now();
    this.#dirty.add(what);
    this.#plan();
  }

  #forgetLook(): void {
    this.#forget("window");
    this.#forget("isInverted");
    this.#hasOwnWindow = false;
  }

  #forget(what: keyof Wanted): void {
    delete this.#wanted[what];
    this.#dirty.delete(what);
  }

  #plan(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const { index, window, view, isInverted } = this.#wanted;
    const viewport = this.#viewport;
    if (this.#dirty.has("index") && index !== undefined) this.#send({ type: "scroll", viewport, index });
    if (this.#dirty.has("window") && window) this.#send({ type: "set_window", viewport, ...window });
    if (this.#dirty.has("view") && view) this.#send({ type: "set_view", viewport, ...view });
    if (this.#dirty.has("isInverted") && isInverted !== undefined)
      this.#send({ type: "set_inverted", viewport, isInverted });
    this.#dirty.clear();
    if (this.#isPointDirty && this.#point) this.#send({ type: "point", viewport, ...this.#point });
    this.#isPointDirty = false;
  }
}
