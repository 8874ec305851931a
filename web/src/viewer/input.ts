import { type Acting, isMarkTool, perform, type Tool, ZOOM_STEP } from "./actions";
import { isInFrame, type Point, type Size, toFrame, unturned } from "./geometry";
import { type Action, actionOf, type Shortcuts } from "./shortcuts";
import type { Steering } from "./steering";

/** Vertical pixels of a right drag that zoom by the factor e. */
const ZOOM_PIXELS = 200;
/** Pixels of a trackpad's wheel events that make one frame of the stack; a notch of a wheel is one frame, whatever it says. */
const WHEEL_PIXELS = 40;
const NOTCH_PIXELS = 60;
const LONG_PRESS_MS = 500;
/** How far a finger may move and still be resting; and a press that chooses what lies under it. */
const RESTING_PIXELS = 10;
const TAP_PIXELS = 5;
/** How far a key moves the pointer, in units of the frame. */
const POINTER_STEP = 0.02;

export interface InputOptions extends Acting {
  /** Whether this person changes what is seen here. */
  isSteering(): boolean;
  /** Whether the others see where this person points. */
  mayPoint(): boolean;
  shortcuts(): Shortcuts;
  openHelp(): void;
  /** Where this person points, for their own screen. */
  onPoint(at: Point | undefined): void;
  magnifier: {
    /** Magnifies there, in units of the frame. */
    place(at: Point, isTouch: boolean): void;
    moveBy(x: number, y: number): void;
    zoomBy(by: number): void;
  };
  /** Keeps what this viewport shows among the key images; whether this person may. */
  keep(): boolean;
  /** Goes to the next viewport (1) or the one before (-1); whether there is another. */
  goTo(by: 1 | -1): boolean;
  /** What hands do with marks; absent while this person may not, or what it takes is not loaded. */
  marks(): MarkHand | undefined;
}

/** What hands and keys do with marks on one surface, in its CSS pixels. */
export interface MarkHand {
  down(at: Point): void;
  /** A hand moves, pressed or not. */
  move(at: Point): void;
  up(): void;
  /** A second finger came: the press was not meant. */
  drop(): void;
  /** A press that moved nothing; whether it meant something. */
  tap(at: Point): boolean;
  /** A key whose meaning no hand can change; whether it meant something. */
  key(key: string, isShift: boolean): boolean;
  perform(action: Action): boolean;
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

/** From movements of hands to steering. Knows no DOM. */
export class Gestures {
  #steering: Steering;
  #options: InputOptions;
  #surface: Size = { width: 1, height: 1 };
  #hands = new Map<number, Point>();
  #drag: { by: number; what: Tool; from: Point } | undefined;
  /** A press that may only have chosen what lies under it. */
  #tap: { by: number; at: Point } | undefined;
  #longPress: ReturnType<typeof setTimeout> | undefined;
  #framesLeft = 0;
  #wheelLeft = 0;
  #hover: Point | undefined;
  /** The key that is held to point. */
  #held: string | undefined;
  #at: Point = { x: 0.5, y: 0.5 };

  constructor(steering: Steering, options: InputOptions) {
    this.#steering = steering;
    this.#options = options;
  }

  /** The surface in CSS pixels, and in those of its pictures. */
  resize(surface: Size, pixels?: Size): void {
    this.#surface = surface;
    this.#steering.resize(surface, pixels);
  }

  /** Whether the page should keep its hands off what follows. */
  down(hand: Hand): boolean {
    const at = { x: hand.x, y: hand.y };
    this.#hands.set(hand.id, at);
    const mayChoose = hand.button === 0 && this.#hands.size === 1 && this.#options.tool() === undefined;
    this.#tap = mayChoose ? { by: hand.id, at } : undefined;
    if (hand.kind === "touch") return this.#touch(hand.id, at);
    if (this.#drag) return true;
    const what: Tool | undefined =
      hand.button === 0
        ? (this.#options.tool() ?? "window")
        : hand.button === 2
          ? "zoom"
          : hand.button === 1
            ? "pan"
            : undefined;
    if (hand.button === 0 && this.#mayPoint()) this.#begin(hand.id, "point", at);
    else if (what && (what === "magnify" || this.#isMarking(what) || this.#options.isSteering()))
      this.#begin(hand.id, what, at);
    else return false;
    return true;
  }

  move(hand: Hand): void {
    const at = { x: hand.x, y: hand.y };
    const before = this.#hands.get(hand.id);
    if (hand.kind === "mouse") {
      this.#hover = at;
      if (this.#mayPoint() && (!this.#drag || this.#drag.what === "point")) this.#pointAt(at);
      if (this.#options.tool() === "magnify" && (!this.#drag || this.#drag.what === "magnify"))
        this.#magnify(at, false);
      if (!this.#drag && isMarkTool(this.#options.tool())) this.#options.marks()?.move(at);
    }
    if (this.#tap?.by === hand.id && Math.hypot(at.x - this.#tap.at.x, at.y - this.#tap.at.y) > TAP_PIXELS)
      this.#tap = undefined;
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
      case "magnify":
        if (hand.kind === "touch") this.#magnify(at, true);
        break;
      default:
        this.#options.marks()?.move(at);
    }
  }

  up(id: number): void {
    this.#cancelLongPress();
    this.#hands.delete(id);
    if (this.#tap?.by === id && this.#drag?.what !== "point") this.#options.marks()?.tap(this.#tap.at);
    this.#tap = undefined;
    if (this.#drag?.by !== id) return;
    const { what } = this.#drag;
    this.#drag = undefined;
    if (isMarkTool(what)) this.#options.marks()?.up();
    if (what === "point" && this.#held === undefined) this.#unpoint();
  }

  /** The mouse has left the surface. */
  leave(): void {
    this.#hover = undefined;
    if (!this.#drag) this.#unpoint();
  }

  /** `mode` as in WheelEvent.deltaMode. */
  wheel(at: Point, delta: number, mode: number, isZoom: boolean): void {
    if (!this.#options.isSteering() || delta === 0) return;
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

  /** A hand was taken from the page: what it was about to do is not done. */
  cancel(id: number): void {
    this.#tap = undefined;
    if (this.#drag?.by === id && isMarkTool(this.#drag.what)) {
      this.#options.marks()?.drop();
      this.#drag = undefined;
    }
    this.up(id);
  }

  /**
   * A key went down while the viewport has the focus. Whether it meant something here. `command`: held with Ctrl, or with the key
   * that stands for it, and nothing else.
   */
  key(
    key: string,
    code: string,
    modifiers: { shift: boolean; control: boolean; command?: boolean },
    isRepeat: boolean,
  ): boolean {
    if (modifiers.control) {
      const press = { key, code, isShift: modifiers.shift, isControl: true };
      const wanted = modifiers.command ? actionOf(this.#options.shortcuts(), press) : undefined;
      return wanted !== undefined && (this.#options.marks()?.perform(wanted) ?? false);
    }
    if (this.#options.marks()?.key(key, modifiers.shift)) return true;
    if (key === "Escape" && this.#options.tool() !== undefined) {
      this.#options.setTool(undefined);
      this.#unpoint();
      return true;
    }
    if (!modifiers.shift && this.#moveByKey(key)) return true;
    const action = actionOf(this.#options.shortcuts(), { key, code, isShift: modifiers.shift });
    if (action === "help") {
      this.#options.openHelp();
      return true;
    }
    if (action === "keep") return isRepeat || this.#options.keep();
    if (action?.startsWith("mark.")) return this.#options.marks()?.perform(action) ?? false;
    if (action === "viewport.next" || action === "viewport.previous")
      return this.#options.goTo(action === "viewport.next" ? 1 : -1);
    const isMagnifying = this.#options.tool() === "magnify";
    if (action === "tool.magnify") {
      this.#options.setTool(isMagnifying ? undefined : "magnify");
      if (!isMagnifying && this.#hover) this.#magnify(this.#hover, false);
      return true;
    }
    if (isMagnifying && (action === "zoom.in" || action === "zoom.out")) {
      this.#options.magnifier.zoomBy(action === "zoom.in" ? ZOOM_STEP : 1 / ZOOM_STEP);
      return true;
    }
    if (action === "point") {
      if (!this.#options.mayPoint()) return false;
      if (!isRepeat) {
        this.#held = key.toLowerCase();
        if (this.#hover) this.#pointAt(this.#hover);
        else this.#pointTo(this.#at);
      }
      return true;
    }
    return action !== undefined && this.#options.isSteering() && perform(action, this.#steering, this.#options);
  }

  keyUp(key: string): void {
    if (this.#held === undefined || key.toLowerCase() !== this.#held) return;
    this.blur();
  }

  /** The focus went elsewhere, or a key that was held is not any more. */
  blur(): void {
    if (this.#held === undefined) return;
    this.#held = undefined;
    if (this.#options.tool() !== "point") this.#unpoint();
  }

  /** The arrows move the pointer, or the magnifier, while there is one: as it is seen, whatever the turn. */
  #moveByKey(key: string): boolean {
    const arrow = ARROWS[key];
    const shown = this.#steering.current;
    if (!arrow || !shown) return false;
    const to = unturned(shown, { x: arrow.x * POINTER_STEP, y: arrow.y * POINTER_STEP });
    if (this.#mayPoint()) {
      const inside = (value: number) => Math.min(1, Math.max(0, value));
      this.#pointTo({ x: inside(this.#at.x + to.x), y: inside(this.#at.y + to.y) });
      return true;
    }
    if (this.#options.tool() !== "magnify") return false;
    this.#options.magnifier.moveBy(to.x, to.y);
    return true;
  }

  #touch(id: number, at: Point): boolean {
    if (this.#hands.size > 1) {
      this.#cancelLongPress();
      this.#tap = undefined;
      if (this.#drag?.what === "point") this.#unpoint();
      if (isMarkTool(this.#drag?.what)) this.#options.marks()?.drop();
      this.#drag = undefined;
      return this.#options.isSteering();
    }
    const tool = this.#options.tool();
    const isFree = tool === "magnify" || this.#isMarking(tool) || (tool === "point" && this.#options.mayPoint());
    if (tool && (isFree || (tool !== "point" && tool !== "scroll" && this.#options.isSteering()))) {
      this.#begin(id, tool, at, true);
      return true;
    }
    this.#drag = { by: id, what: "scroll", from: at };
    this.#framesLeft = 0;
    if (!this.#options.mayPoint()) return true;
    this.#longPress = setTimeout(() => {
      this.#longPress = undefined;
      this.#begin(id, "point", at);
    }, LONG_PRESS_MS);
    return true;
  }

  #begin(id: number, what: Tool, at: Point, isTouch = false): void {
    this.#drag = { by: id, what, from: at };
    this.#framesLeft = 0;
    if (what === "point") this.#pointAt(at);
    if (what === "magnify") this.#magnify(at, isTouch);
    if (isMarkTool(what)) this.#options.marks()?.down(at);
  }

  #isMarking(tool: Tool | undefined): boolean {
    return isMarkTool(tool) && this.#options.marks() !== undefined;
  }

  #cancelLongPress(): void {
    clearTimeout(this.#longPress);
    this.#longPress = undefined;
  }

  #pinch(id: number, before: Point, at: Point): void {
    if (!this.#options.isSteering()) return;
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
    if (!shown || !this.#options.isSteering()) return;
    const pixels = Math.min(24, Math.max(5, this.#surface.height / shown.count));
    this.#framesLeft += dy / pixels;
    const frames = Math.trunc(this.#framesLeft);
    this.#framesLeft -= frames;
    if (frames !== 0) this.#steering.scrollBy(frames);
  }

  #mayPoint(): boolean {
    return this.#options.mayPoint() && (this.#held !== undefined || this.#options.tool() === "point");
  }

  #magnify(at: Point, isTouch: boolean): void {
    const shown = this.#steering.current;
    if (shown) this.#options.magnifier.place(toFrame(this.#surface, shown.aspect, shown, at), isTouch);
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
