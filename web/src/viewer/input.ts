import { isInFrame, type Point, type Size, toFrame } from "./geometry";
import type { Preset } from "./presets";
import type { Steering } from "./steering";

/** Vertical pixels of a right drag that zoom by the factor e. */
const ZOOM_PIXELS = 200;
/** Pixels of a trackpad's wheel events that make one frame of the stack; a notch of a wheel is one frame, whatever it says. */
const WHEEL_PIXELS = 40;
const NOTCH_PIXELS = 60;
const LONG_PRESS_MS = 500;
/** How far a finger may move and still be resting. */
const RESTING_PIXELS = 10;
/** A page of a stack. */
const PAGE = 10;
/** One step of a key or a button: zoom, window, and the part of the surface by which the picture moves. */
export const ZOOM_STEP = 1.25;
export const WINDOW_STEP_PIXELS = 25;
export const PAN_PART = 0.1;
/** How far a key moves the pointer, in units of the frame. */
const POINTER_STEP = 0.02;

export interface InputOptions {
  /** Whether this person changes the view now; else only pointing is possible. */
  isPresenting(): boolean;
  /** The pointer tool is chosen: movement points. */
  isPointing(): boolean;
  setPointing(is: boolean): void;
  presets(): readonly Preset[];
  openHelp(): void;
  /** Plays the stack, or holds it. Whether there is something to play. */
  togglePlaying(): boolean;
  /** Plays faster (1) or slower (-1). */
  changeSpeed(by: 1 | -1): void;
  /** Where this person points, for their own screen. */
  onPoint(at: Point | undefined): void;
}

/** What the browser tells of a mouse, a pen or a finger; `x` and `y` in CSS pixels of the surface. */
export interface Hand {
  id: number;
  kind: "mouse" | "touch";
  /** The button that went down: 0 left, 1 middle, 2 right. */
  button: number;
  x: number;
  y: number;
}

type Drag = "window" | "zoom" | "pan" | "scroll" | "point";

/** From movements of hands to steering. Knows no DOM. */
export class Gestures {
  #steering: Steering;
  #options: InputOptions;
  #surface: Size = { width: 1, height: 1 };
  #hands = new Map<number, Point>();
  #drag: { by: number; what: Drag; from: Point } | undefined;
  #longPress: ReturnType<typeof setTimeout> | undefined;
  #framesLeft = 0;
  #wheelLeft = 0;
  #hover: Point | undefined;
  #isHolding = false;
  #at: Point = { x: 0.5, y: 0.5 };

  constructor(steering: Steering, options: InputOptions) {
    this.#steering = steering;
    this.#options = options;
  }

  resize(surface: Size): void {
    this.#surface = surface;
    this.#steering.resize(surface);
  }

  /** Whether the page should keep its hands off what follows. */
  down(hand: Hand): boolean {
    const at = { x: hand.x, y: hand.y };
    this.#hands.set(hand.id, at);
    if (hand.kind === "touch") return this.#touch(hand.id, at);
    if (this.#drag) return true;
    const what: Drag | undefined =
      hand.button === 0 ? "window" : hand.button === 2 ? "zoom" : hand.button === 1 ? "pan" : undefined;
    if (hand.button === 0 && this.#mayPoint()) this.#begin(hand.id, "point", at);
    else if (what && this.#options.isPresenting()) this.#begin(hand.id, what, at);
    else return false;
    return true;
  }

  move(hand: Hand): void {
    const at = { x: hand.x, y: hand.y };
    const before = this.#hands.get(hand.id);
    if (hand.kind === "mouse") {
      this.#hover = at;
      if (this.#mayPoint() && (!this.#drag || this.#drag.what === "point")) this.#pointAt(at);
    }
    if (!before || (at.x === before.x && at.y === before.y)) return;
    if (
      this.#longPress !== undefined &&
      Math.hypot(at.x - (this.#drag?.from.x ?? at.x), at.y - (this.#drag?.from.y ?? at.y)) < RESTING_PIXELS
    )
      return;
    this.#cancelLongPress();
    if (hand.kind === "touch" && this.#hands.size === 2) this.#pinch(hand.id, before, at);
    this.#hands.set(hand.id, at);
    if (this.#drag?.by !== hand.id || (hand.kind === "touch" && this.#hands.size > 1)) return;
    const dx = at.x - before.x;
    const dy = at.y - before.y;
    switch (this.#drag.what) {
      case "window":
        this.#steering.windowBy(dx, dy);
        break;
      case "zoom":
        this.#steering.zoomAbout(this.#drag.from, Math.exp(-dy / ZOOM_PIXELS));
        break;
      case "pan":
        this.#steering.panBy(dx, dy);
        break;
      case "scroll":
        this.#scrollByPixels(dy);
        break;
      case "point":
        if (hand.kind === "touch") this.#pointAt(at);
        break;
    }
  }

  up(id: number): void {
    this.#cancelLongPress();
    this.#hands.delete(id);
    if (this.#drag?.by !== id) return;
    const { what } = this.#drag;
    this.#drag = undefined;
    if (what === "point" && !this.#isHolding) this.#unpoint();
  }

  /** The mouse has left the surface. */
  leave(): void {
    this.#hover = undefined;
    if (!this.#drag) this.#unpoint();
  }

  /** `mode` as in WheelEvent.deltaMode. */
  wheel(at: Point, delta: number, mode: number, isZoom: boolean): void {
    if (!this.#options.isPresenting() || delta === 0) return;
    if (isZoom) {
      // A notch is about 100 pixels or 3 lines; a trackpad's pinch says a few pixels at a time.
      const pixels = mode === 0 ? delta : Math.sign(delta) * 100;
      this.#steering.zoomAbout(at, Math.exp(-Math.max(-100, Math.min(100, pixels)) / 400));
      return;
    }
    if (mode !== 0 || Math.abs(delta) >= NOTCH_PIXELS) {
      this.#wheelLeft = 0;
      this.#steering.scrollBy(Math.sign(delta));
      return;
    }
    this.#wheelLeft += delta;
    const frames = Math.trunc(this.#wheelLeft / WHEEL_PIXELS);
    this.#wheelLeft -= frames * WHEEL_PIXELS;
    if (frames !== 0) this.#steering.scrollBy(frames);
  }

  /** A key went down while the viewport has the focus. Whether it meant something here. */
  key(key: string, code: string, modifiers: { shift: boolean; control: boolean }, isRepeat: boolean): boolean {
    if (modifiers.control) return false;
    if (key === "?") {
      this.#options.openHelp();
      return true;
    }
    if (key === "Escape" && this.#options.isPointing()) {
      this.#options.setPointing(false);
      this.#unpoint();
      return true;
    }
    if (key === "p" || key === "P") {
      if (!isRepeat) {
        this.#isHolding = true;
        if (this.#hover) this.#pointAt(this.#hover);
        else this.#pointTo(this.#at);
      }
      return true;
    }
    if (this.#mayPoint() && this.#pointByKey(key)) return true;
    return this.#options.isPresenting() && this.#present(key, code, modifiers.shift);
  }

  keyUp(key: string): void {
    if ((key !== "p" && key !== "P") || !this.#isHolding) return;
    this.#isHolding = false;
    if (!this.#options.isPointing()) this.#unpoint();
  }

  /** The focus went elsewhere: a key that was held is not any more. */
  blur(): void {
    this.keyUp("p");
  }

  #present(key: string, code: string, isShift: boolean): boolean {
    const steering = this.#steering;
    if (isShift && this.#pan(key)) return true;
    switch (key) {
      case "ArrowUp":
      case "ArrowLeft":
        steering.scrollBy(-1);
        return true;
      case "ArrowDown":
      case "ArrowRight":
        steering.scrollBy(1);
        return true;
      case "PageUp":
        steering.scrollBy(-PAGE);
        return true;
      case "PageDown":
        steering.scrollBy(PAGE);
        return true;
      case "Home":
        steering.scrollTo(0);
        return true;
      case "End":
        steering.scrollTo(Number.MAX_SAFE_INTEGER);
        return true;
      case "+":
        steering.zoomBy(ZOOM_STEP);
        return true;
      case "-":
        steering.zoomBy(1 / ZOOM_STEP);
        return true;
      case "=":
        steering.fit();
        return true;
      case " ":
        return this.#options.togglePlaying();
      case "<":
      case ",":
        this.#options.changeSpeed(-1);
        return true;
      case ">":
      case ".":
        this.#options.changeSpeed(1);
        return true;
      case "[":
        steering.turnBy(-1);
        return true;
      case "]":
        steering.turnBy(1);
        return true;
    }
    switch (key.toLowerCase()) {
      case "i":
        steering.invert();
        return true;
      case "r":
        steering.reset();
        return true;
      case "t":
        steering.turnBy(isShift ? -1 : 1);
        return true;
      case "f":
        steering.flip();
        return true;
      case "o":
        steering.toggleOverlays();
        return true;
      case "s":
        steering.toggleShutters();
        return true;
      case "b":
        steering.windowBy(0, -WINDOW_STEP_PIXELS);
        return true;
      case "d":
        steering.windowBy(0, WINDOW_STEP_PIXELS);
        return true;
      case "n":
        steering.windowBy(-WINDOW_STEP_PIXELS, 0);
        return true;
      case "w":
        steering.windowBy(WINDOW_STEP_PIXELS, 0);
        return true;
    }
    // On French keyboards the digits stand above other signs: the place of the key counts too.
    const digit = /^[1-9]$/.test(key) ? key : /^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1];
    const preset = digit === undefined ? undefined : this.#options.presets()[Number(digit) - 1];
    if (preset) steering.choose(preset);
    return digit !== undefined;
  }

  #pan(key: string): boolean {
    const to = ARROWS[key];
    if (to) this.#steering.panByParts(to.x * PAN_PART, to.y * PAN_PART);
    return to !== undefined;
  }

  #pointByKey(key: string): boolean {
    const to = ARROWS[key];
    if (to) {
      const inside = (value: number) => Math.min(1, Math.max(0, value));
      this.#pointTo({ x: inside(this.#at.x + to.x * POINTER_STEP), y: inside(this.#at.y + to.y * POINTER_STEP) });
    }
    return to !== undefined;
  }

  #touch(id: number, at: Point): boolean {
    if (this.#hands.size > 1) {
      this.#cancelLongPress();
      if (this.#drag?.what === "point") this.#unpoint();
      this.#drag = undefined;
      return this.#options.isPresenting();
    }
    if (this.#options.isPointing()) {
      this.#begin(id, "point", at);
      return true;
    }
    this.#drag = { by: id, what: "scroll", from: at };
    this.#framesLeft = 0;
    this.#longPress = setTimeout(() => {
      this.#longPress = undefined;
      this.#begin(id, "point", at);
    }, LONG_PRESS_MS);
    return true;
  }

  #begin(id: number, what: Drag, at: Point): void {
    this.#drag = { by: id, what, from: at };
    if (what === "point") this.#pointAt(at);
  }

  #cancelLongPress(): void {
    clearTimeout(this.#longPress);
    this.#longPress = undefined;
  }

  #pinch(id: number, before: Point, at: Point): void {
    if (!this.#options.isPresenting()) return;
    const other = [...this.#hands].find(([each]) => each !== id)?.[1];
    if (!other) return;
    const middle = (a: Point): Point => ({ x: (a.x + other.x) / 2, y: (a.y + other.y) / 2 });
    const apart = (a: Point) => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
    const [from, to] = [middle(before), middle(at)];
    this.#steering.panBy(to.x - from.x, to.y - from.y);
    this.#steering.zoomAbout(to, apart(at) / apart(before));
  }

  /** A finger goes through a short stack in one stroke, and through a long one in several. */
  #scrollByPixels(dy: number): void {
    const shown = this.#steering.current;
    if (!shown || !this.#options.isPresenting()) return;
    const pixels = Math.min(24, Math.max(5, this.#surface.height / shown.count));
    this.#framesLeft += dy / pixels;
    const frames = Math.trunc(this.#framesLeft);
    this.#framesLeft -= frames;
    if (frames !== 0) this.#steering.scrollBy(frames);
  }

  #mayPoint(): boolean {
    return this.#isHolding || this.#options.isPointing();
  }

  #pointAt(at: Point): void {
    const shown = this.#steering.current;
    if (!shown) return;
    const point = toFrame(this.#surface, shown.aspect, shown, at);
    if (isInFrame(point)) this.#pointTo(point);
    else this.#unpoint();
  }

  #pointTo(point: Point): void {
    this.#at = point;
    this.#steering.point(point);
    this.#options.onPoint(point);
  }

  #unpoint(): void {
    this.#steering.unpoint();
    this.#options.onPoint(undefined);
  }
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
};

/** Listens on an element; the answer stops it. */
export function listen(element: HTMLElement, gestures: Gestures): () => void {
  const place = (event: MouseEvent): Point => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const hand = (event: PointerEvent): Hand => ({
    id: event.pointerId,
    kind: event.pointerType === "touch" ? "touch" : "mouse",
    button: event.button,
    ...place(event),
  });
  const controller = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(
    type: K,
    f: (event: HTMLElementEventMap[K]) => void,
    options: AddEventListenerOptions = {},
  ) => element.addEventListener(type, f, { ...options, signal: controller.signal });

  on("pointerdown", (event) => {
    if (!gestures.down(hand(event))) return;
    element.setPointerCapture(event.pointerId);
    // The middle button would start the browser's own scrolling. The focus still comes here: keys work after a click.
    event.preventDefault();
    element.focus({ preventScroll: true });
  });
  on("pointermove", (event) => gestures.move(hand(event)));
  // Chromium tells it at once, where `pointermove` waits for the next frame and then says the same again.
  on("pointerrawupdate", (event) => {
    if (event instanceof PointerEvent && event.buttons !== 0) gestures.move(hand(event));
  });
  on("pointerup", (event) => gestures.up(event.pointerId));
  on("pointercancel", (event) => gestures.up(event.pointerId));
  on("pointerleave", () => gestures.leave());
  on("contextmenu", (event) => event.preventDefault());
  on(
    "wheel",
    (event) => {
      event.preventDefault();
      gestures.wheel(place(event), event.deltaY, event.deltaMode, event.ctrlKey);
    },
    { passive: false },
  );
  on("keydown", (event) => {
    const modifiers = { shift: event.shiftKey, control: event.ctrlKey || event.altKey || event.metaKey };
    if (gestures.key(event.key, event.code, modifiers, event.repeat)) event.preventDefault();
  });
  on("keyup", (event) => gestures.keyUp(event.key));
  on("blur", () => gestures.blur());
  return () => controller.abort();
}
