import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { MarkShapeWord, MarkState, NewMark } from "../../protocol";
import { Rejected, type Request } from "../../wire";
import { isMarkTool, type MarkTool } from "../actions";
import { type Point, toFrame, toSurface } from "../geometry";
import type { MarkHand } from "../input";
import type { Screen } from "../screen";
import type { Screens } from "../screens";
import type { Action } from "../shortcuts";
import type { Shown } from "../viewing";
import { marksOf } from "./book";
import { type Draft, Drawing, inReach, SHAPES, type Spot } from "./drawing";
import { isMeasuring } from "./measure";
import { isMovable, type Moved, Moving } from "./moving";
import { isSameFrame, Places } from "./places";
import { distanceTo } from "./shapes";

/** How far a key moves the place on the surface, in pixels; with Shift a single one. */
const KEY_PIXELS = 10;
/** How near to its lines a press chooses a mark. */
const CHOOSE_PIXELS = 10;

/** A mark on its way: where it is drawn, and the frame that it is for. */
export interface Sketch extends Draft {
  viewport: number;
  series: string;
  instance: string;
  frame: number;
  index: number;
  /** Where keys place the next point; absent while a hand does. */
  cursor?: Point;
}

/** What could not be done; `again` tries once more. */
export interface Fault {
  code: string | undefined;
  again?: () => void;
}

type Frame = Pick<Shown, "series" | "instance" | "frame" | "index">;

export const toolOf = (shape: MarkShapeWord): MarkTool => `mark.${shape}`;
export const shapeOf = (tool: string | undefined): MarkShapeWord | undefined =>
  SHAPES.find((shape) => tool === toolOf(shape));

const pointsFrom = (points: MarkState["points"]): Point[] => points.map(([x, y]) => ({ x, y }));
const pairsOf = (points: readonly Point[]): NewMark["points"] => points.map(({ x, y }) => [x, y]);

/** What one person does with marks: draws, chooses, moves, takes back. The gateway owns what is drawn. */
export class Marking {
  /** The mark on its way. */
  readonly sketch: Signal<Sketch | undefined> = signal(undefined);
  /** Marks that were sent, until the gateway has answered. */
  readonly sent: Signal<readonly Sketch[]> = signal([]);
  /** A text that has its place, and waits for its words. */
  readonly asked: Signal<Sketch | undefined> = signal(undefined);
  readonly fault: Signal<Fault | undefined> = signal(undefined);
  /** The chosen mark while its points are moved. */
  readonly moved: ReadonlySignal<Moved | undefined>;
  readonly places: Places;
  /** The mark that is chosen, as long as it is there. */
  readonly chosen: ReadonlySignal<MarkState | undefined>;
  /** There is something to be done next, which is said in the place of what else there is to do. */
  readonly isBusy: ReadonlySignal<boolean>;
  /** Something was written as presentation states. */
  readonly hasSaved: Signal<boolean> = signal(false);
  #screens: Screens;
  #chosen: Signal<string | undefined> = signal(undefined);
  #drawing: Drawing | undefined;
  #frame: Frame | undefined;
  #cursor: Point | undefined;
  #moving = new Moving();
  #hands = new Map<number, MarkHand>();

  constructor(screens: Screens) {
    this.#screens = screens;
    this.places = new Places(screens);
    this.moved = this.#moving.moved;
    this.chosen = computed(() => screens.viewing.marks.known.value.all.get(this.#chosen.value ?? ""));
    this.isBusy = computed(() => isMarkTool(screens.tool.value) || this.chosen.value !== undefined);
  }

  /** Takes the tools into use; the answer lets go of them. */
  mount(): () => void {
    const stopNoting = this.places.mount();
    const stop = effect(() => {
      const tool = this.#screens.tool.value;
      const shape = shapeOf(tool);
      this.#drawing = shape && new Drawing(shape);
      this.#frame = this.#cursor = undefined;
      this.sketch.value = undefined;
      this.asked.value = undefined;
      if (tool !== "mark.move") this.#moving.end();
      if (shape) this.#chosen.value = undefined;
    });
    return () => {
      stop();
      stopNoting();
      if (isMarkTool(this.#screens.tool.peek())) this.#screens.setTool(undefined);
    };
  }

  mayDraw(shape: MarkShapeWord): boolean {
    const { isStaff, viewing } = this.#screens;
    const guests = viewing.state.value?.guests;
    return isStaff || (isMeasuring(shape) ? guests?.mayMeasure : guests?.mayMark) === true;
  }

  /** Whether a tool is for this person, and has something to act on. */
  mayUse(tool: MarkTool): boolean {
    const shape = shapeOf(tool);
    if (shape) return this.mayDraw(shape);
    return this.chosen.value !== undefined && this.mayMove(this.chosen.value);
  }

  isOwn(mark: MarkState): boolean {
    return mark.participant === this.#screens.self;
  }

  /** Whoever drew it, and hosts. */
  mayDelete(mark: MarkState): boolean {
    return this.isOwn(mark) || this.#screens.viewing.state.value?.hosts.includes(this.#screens.self) === true;
  }

  mayChange(mark: MarkState): boolean {
    return this.isOwn(mark) && this.mayDraw(mark.shape);
  }

  mayMove(mark: MarkState): boolean {
    return this.mayChange(mark) && isMovable(mark);
  }

  /** Takes a tool, or puts it away; the keys go to the picture. */
  take(shape: MarkShapeWord): void {
    const { tool } = this.#screens;
    this.#screens.panel.value = "";
    this.#screens.setTool(tool.peek() === toolOf(shape) ? undefined : toolOf(shape));
    this.#screens.current.focus();
  }

  choose(mark: string | undefined): void {
    if (isMarkTool(this.#screens.tool.peek())) this.#screens.setTool(undefined);
    this.#chosen.value = mark;
    this.fault.value = undefined;
  }

  /** The chosen mark's points are moved, one after the other. */
  move(): void {
    const mark = this.chosen.peek();
    if (!mark || !this.mayMove(mark)) return;
    this.#screens.setTool("mark.move");
    this.#moving.begin(mark);
    this.#screens.current.focus();
  }

  undo(): void {
    void this.#ask({ type: "undo_mark" });
  }

  redo(): void {
    void this.#ask({ type: "redo_mark" });
  }

  delete(mark: MarkState): void {
    if (this.mayDelete(mark)) void this.#ask({ type: "delete_mark", mark: mark.mark });
  }

  async save(): Promise<void> {
    this.hasSaved.value = false;
    this.hasSaved.value = await this.#ask({ type: "save_marks" });
  }

  /** Writes beside a mark of one's own. */
  write(mark: MarkState, text: string): void {
    if (text !== mark.text) void this.#ask({ type: "change_mark", mark: mark.mark, points: mark.points, text });
  }

  /** The words of the text that has its place; without any it is given up. */
  say(text: string): void {
    const asked = this.asked.peek();
    this.asked.value = undefined;
    if (asked && text !== "") void this.#add(asked, text);
    this.#screens.all[asked?.viewport ?? 0]?.focus();
  }

  /** Takes the last point back, if there is one. */
  back(): boolean {
    const isBack = this.#drawing?.back() ?? false;
    this.#show();
    return isBack;
  }

  /** Ends a free line where it is. */
  end(): void {
    const screen = this.#screens.all[this.sketch.peek()?.viewport ?? 0];
    if (screen) this.#take(screen, this.#drawing?.end());
  }

  /** Gives up what is not finished; else puts the tool away. */
  cancel(): void {
    if (this.#drawing?.isBegun) {
      this.#drawing.clear();
      this.#show();
    } else this.#screens.setTool(undefined);
  }

  /** Puts the tool away, whatever is begun. */
  putAway(): void {
    this.#screens.setTool(undefined);
    this.#screens.current.focus();
  }

  /** Brings the frame of a mark up, and chooses the mark. */
  goTo(mark: MarkState): void {
    const screen = this.places.bringUp(mark);
    this.choose(mark.mark);
    this.#screens.panel.value = "";
    screen?.focus();
  }

  /** What hands and keys do on one screen. */
  hand(screen: Screen): MarkHand {
    const known = this.#hands.get(screen.viewport);
    if (known) return known;
    const hand: MarkHand = {
      down: (px) => this.#down(screen, px),
      move: (px) => this.#follow(screen, px),
      up: () => this.#up(screen),
      drop: () => {
        this.#drawing?.drop();
        this.#show();
      },
      tap: (px) => this.#tap(screen, px),
      key: (key, isShift) => this.#key(screen, key, isShift),
      perform: (action) => this.#perform(action),
    };
    this.#hands.set(screen.viewport, hand);
    return hand;
  }

  #spot(screen: Screen, px: Point): Spot | undefined {
    const seen = screen.seen.peek();
    return seen && { px, at: toFrame(screen.size.peek(), seen.aspect, seen, px) };
  }

  /** What is drawn belongs to the frame where it was begun: on another one it begins anew. */
  #begin(screen: Screen): boolean {
    const seen = screen.seen.peek();
    if (seen?.content !== "pictures") return false;
    if (this.#frame && !isSameFrame(this.#frame, seen)) this.#drawing?.clear();
    const { series, instance, frame, index } = seen;
    this.#frame = { series, instance, frame, index };
    return true;
  }

  #down(screen: Screen, px: Point): void {
    const spot = this.#spot(screen, px);
    if (!spot || !this.#begin(screen)) return;
    this.fault.value = undefined;
    this.#cursor = undefined;
    const chosen = this.chosen.peek();
    if (chosen && this.#frame && isSameFrame(chosen, this.#frame)) this.#moving.grab(screen, px);
    this.#drawing?.down(spot);
    this.#show(screen);
  }

  #follow(screen: Screen, px: Point): void {
    const spot = this.#spot(screen, px);
    if (!spot) return;
    this.#cursor = undefined;
    this.#moving.follow(screen, px);
    this.#drawing?.move(spot);
    if (this.#drawing) this.#show(screen);
  }

  #up(screen: Screen): void {
    if (this.#moving.letGo()) this.#keep();
    if (this.#begin(screen)) this.#take(screen, this.#drawing?.up());
  }

  /** Tells where the points have been moved to. */
  #keep(): void {
    const mark = this.chosen.peek();
    const points = mark && this.#moving.changed(mark);
    if (points) void this.#ask({ type: "change_mark", mark: mark.mark, points, text: mark.text });
  }

  #key(screen: Screen, key: string, isShift: boolean): boolean {
    const tool = this.#screens.tool.peek();
    const arrow = ARROWS[key];
    if (tool === "mark.move") return this.#moveByKey(screen, key, arrow, isShift);
    if (!this.#drawing) {
      if (key !== "Escape" || !this.chosen.peek()) return false;
      this.choose(undefined);
      return true;
    }
    if (key === "Escape") this.cancel();
    else if (key === "Backspace" || key === "Delete") return this.back();
    else if (arrow || key === "Enter") this.#drawByKey(screen, arrow, isShift);
    else return false;
    return true;
  }

  #drawByKey(screen: Screen, arrow: Point | undefined, isShift: boolean): void {
    const seen = screen.seen.peek();
    if (!seen || !this.#begin(screen)) return;
    const size = screen.size.peek();
    const middle = { x: size.width / 2, y: size.height / 2 };
    // Where the hand was last, else in the middle of what is seen.
    const loose = this.sketch.peek()?.points.at(-1);
    const from = this.#cursor ?? loose ?? toFrame(size, seen.aspect, seen, middle);
    const px = toSurface(size, seen.aspect, seen, from);
    const by = isShift ? 1 : KEY_PIXELS;
    const spot = arrow ? this.#spot(screen, { x: px.x + arrow.x * by, y: px.y + arrow.y * by }) : { px, at: from };
    if (!spot) return;
    this.#cursor = inReach(spot.at);
    this.fault.value = undefined;
    if (arrow) this.#drawing?.move(spot);
    else {
      this.#take(screen, this.#drawing?.place(spot));
      return;
    }
    this.#show(screen);
  }

  #moveByKey(screen: Screen, key: string, arrow: Point | undefined, isShift: boolean): boolean {
    const by = isShift ? 1 : KEY_PIXELS;
    if (key === "Escape") this.#screens.setTool(undefined);
    else if (key === "Enter") {
      this.#keep();
      this.#moving.next();
    } else if (arrow) this.#moving.moveBy(screen, { x: arrow.x * by, y: arrow.y * by });
    else return false;
    return true;
  }

  #tap(screen: Screen, px: Point): boolean {
    const seen = screen.seen.peek();
    if (seen?.content !== "pictures" || this.#screens.viewing.state.peek()?.hasMarks !== true) return false;
    const near = marksOf(this.#screens.viewing.marks.known.peek(), seen)
      .map((mark) => {
        const at = pointsFrom(mark.points).map((point) => toSurface(screen.size.peek(), seen.aspect, seen, point));
        return { mark, away: distanceTo(mark.shape, at, px) - (mark.points.length === 1 ? CHOOSE_PIXELS : 0) };
      })
      .filter(({ away }) => away <= CHOOSE_PIXELS)
      .sort((a, b) => a.away - b.away)[0];
    if (!near && !this.chosen.peek()) return false;
    this.choose(near?.mark.mark);
    return true;
  }

  #perform(action: Action): boolean {
    const shape = shapeOf(action);
    if (shape) {
      if (!this.mayDraw(shape)) return false;
      this.#screens.setTool(this.#screens.tool.peek() === toolOf(shape) ? undefined : toolOf(shape));
      return true;
    }
    const chosen = this.chosen.peek();
    switch (action) {
      case "mark.undo":
        // What is only begun is taken back first.
        if (!this.back()) this.undo();
        return true;
      case "mark.redo":
        this.redo();
        return true;
      case "mark.delete":
        if (!chosen || !this.mayDelete(chosen)) return false;
        this.delete(chosen);
        return true;
      case "mark.hide":
        return this.toggleShown();
      default:
        return false;
    }
  }

  /** Shows or hides all marks for everybody, which is the presenter's. */
  toggleShown(): boolean {
    if (!this.#screens.isPresenting.peek()) return false;
    this.#screens.wire.send({ type: "show_marks", isShown: this.#screens.viewing.state.peek()?.hasMarks !== true });
    return true;
  }

  #show(screen?: Screen): void {
    const viewport = screen?.viewport ?? this.sketch.peek()?.viewport;
    const draft = this.#drawing?.draft;
    const frame = this.#frame ?? screen?.seen.peek();
    if (!draft || !frame || viewport === undefined) {
      this.sketch.value = undefined;
      return;
    }
    const { series, instance, frame: number, index } = frame;
    this.sketch.value = {
      ...draft,
      viewport,
      series,
      instance,
      frame: number,
      index,
      ...(this.#cursor && { cursor: this.#cursor }),
    };
  }

  /** What is complete is sent; a text first gets its words. */
  #take(screen: Screen, points: Point[] | undefined): void {
    const frame = this.#frame;
    const shape = this.#drawing?.shape;
    if (points && frame && shape) {
      const sketch: Sketch = { ...frame, shape, points, placed: points.length, viewport: screen.viewport };
      if (shape === "text") this.asked.value = sketch;
      else void this.#add(sketch, "");
    }
    this.#show(screen);
  }

  async #add(sketch: Sketch, text: string): Promise<void> {
    const { viewport, index, shape, points } = sketch;
    this.sent.value = [...this.sent.peek(), sketch];
    const mark: NewMark = { shape, points: pairsOf(points), text };
    await this.#ask({ type: "add_mark", viewport, index, mark }, () => void this.#add(sketch, text));
    this.sent.value = this.sent.peek().filter((each) => each !== sketch);
  }

  async #ask(request: Request, again?: () => void): Promise<boolean> {
    this.fault.value = undefined;
    try {
      await this.#screens.wire.request(request);
      return true;
    } catch (cause) {
      const code = cause instanceof Rejected ? cause.code : undefined;
      const mayPass = code === undefined || code === "unavailable" || code === "internal";
      this.fault.value = { code, ...(again && mayPass && { again }) };
      return false;
    }
  }
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
};
