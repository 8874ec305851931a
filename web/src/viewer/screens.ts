import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Wire } from "../wire";
import { isMarkTool, type Tool } from "./actions";
import type { Size } from "./geometry";
import { Magnifier } from "./magnifier";
import type { Marking } from "./marks/marking";
import { density, Screen } from "./screen";
import { Authors } from "./signs";
import type { Viewing } from "./viewing";

declare global {
  /** What this page looks at, for whoever asks in the browser's console what is on it: `parvisViewing.all[0].drawn.value`. */
  var parvisViewing: Screens | undefined;
}

/** As many viewports as the largest layout has. */
export const MAX_VIEWPORTS = 4;
/** How long a viewport that was chosen counts before the gateway says so. */
const SETTLE_MS = 700;

/** All that one person looks at: a screen for each viewport, and what they have in common. */
export class Screens {
  readonly wire: Wire;
  readonly viewing: Viewing;
  /** This person. */
  readonly self: string;
  readonly isStaff: boolean;
  readonly all: readonly Screen[];
  /** This person changes what everybody sees. */
  readonly isPresenting: ReadonlySignal<boolean>;
  /** This person changes what is seen here: everybody's view, or their own. */
  readonly isSteering: ReadonlySignal<boolean>;
  /** The viewport that tools act on. Keys act on the one with the focus, which becomes this one. */
  readonly active: ReadonlySignal<number>;
  /** What a drag of the first button or of one finger does; absent: the usual. */
  readonly tool: Signal<Tool | undefined> = signal(undefined);
  readonly isPointing: ReadonlySignal<boolean> = computed(() => this.tool.value === "point");
  readonly isHelpOpen: Signal<boolean> = signal(false);
  /** Which panel of tools is open; "": none. */
  readonly panel: Signal<string> = signal("");
  /** The viewport that is large on this small screen, with the others small beside it. */
  readonly enlarged: Signal<number | undefined> = signal(undefined);
  readonly magnifier: Magnifier;
  /** What this person does with marks; absent while they may not, or what it takes is not loaded. */
  readonly marking: Signal<Marking | undefined> = signal(undefined);
  /** What has just become of marks, for whoever hears it; "" when it is no news any more. */
  readonly markNews: Signal<string> = signal("");
  readonly authors = new Authors();
  /** Of how many pixels the pictures of a viewport are where this person looks at them, when that is another window. */
  pixelsElsewhere: ((viewport: number) => Size | undefined) | undefined;
  /** This person has asked for the lead, and does not want it any more. */
  hasWithdrawn = false;
  /** Asked for, and not yet told. */
  #chosen: Signal<number | undefined> = signal(undefined);
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(wire: Wire, viewing: Viewing, self: string, isStaff: boolean) {
    this.wire = wire;
    this.viewing = viewing;
    this.self = self;
    this.isStaff = isStaff;
    this.isPresenting = computed(() => isStaff && !viewing.isOwn.value && viewing.state.value?.presenter === self);
    this.isSteering = computed(() => this.isPresenting.value || (isStaff && viewing.isOwn.value));
    this.active = computed(() => {
      const count = viewing.seen.value?.viewports.length ?? 1;
      const active = this.#chosen.value ?? viewing.seen.value?.active ?? 0;
      return active < count ? active : 0;
    });
    this.magnifier = new Magnifier(wire, density);
    this.all = Array.from({ length: MAX_VIEWPORTS }, (_, viewport) => new Screen(this, viewport));
  }

  /** The screen of the viewport that tools act on. */
  get current(): Screen {
    const screen = this.all[this.active.value];
    if (!screen) throw new RangeError("a viewport that no layout has");
    return screen;
  }

  /** Chooses what a drag does. `viewport` is where, when a key says so there. */
  setTool(tool: Tool | undefined, viewport = this.active.peek()): void {
    const before = this.tool.peek();
    if (tool === before || (tool === "point" && this.viewing.isOwn.peek())) return;
    this.tool.value = tool;
    if (before === "point") this.#unpoint();
    if (before === "magnify") this.magnifier.stop();
    if (tool === "magnify") this.magnifier.place({ viewport, x: 0.5, y: 0.5, isTouch: false });
  }

  setPointing(is: boolean): void {
    if (is !== this.isPointing.peek()) this.setTool(is ? "point" : undefined);
  }

  /** Makes a viewport the one that tools act on: for everybody, when it is everybody's view. */
  activate(viewport: number): void {
    if (!this.isSteering.peek() || viewport === this.active.peek()) return;
    this.#chosen.value = viewport;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#chosen.value = undefined;
    }, SETTLE_MS);
    this.wire.send({ type: "set_active", viewport });
  }

  /** Goes from a viewport to the next (1) or the one before (-1); whether there is another. */
  goTo(from: number, by: 1 | -1): boolean {
    const count = this.viewing.seen.peek()?.viewports.length ?? 1;
    if (count < 2) return false;
    this.all[(from + by + count) % count]?.focus();
    return true;
  }

  /** Takes pictures in, as long as they are looked at; the answer stops it. */
  mount(): () => void {
    const { wire, viewing } = this;
    globalThis.parvisViewing = this;
    const stops = [
      wire.onPicture((header, bytes) => {
        if (header.isMagnified) this.magnifier.receive(header, bytes);
        else if (this.all[header.viewport]) this.all[header.viewport]?.receive(header, bytes);
        else wire.send({ type: "drawn", sequence: header.sequence });
      }),
      wire.on("welcome", () => this.magnifier.restart()),
      effect(() => {
        // What was chosen has been told.
        if (viewing.seen.value?.active === this.#chosen.peek()) this.#chosen.value = undefined;
      }),
      effect(() => {
        const tool = this.tool.value;
        if (tool && this.#isUseless(tool)) this.setTool(undefined);
      }),
      effect(() => {
        // Where there is no picture any more there is nothing to magnify.
        const spot = this.magnifier.spot.value;
        if (spot && viewing.seen.value?.viewports[spot.viewport]?.content !== "pictures") this.setTool(undefined);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      clearTimeout(this.#settling);
      this.setTool(undefined);
      if (globalThis.parvisViewing === this) globalThis.parvisViewing = undefined;
    };
  }

  /** Another series is on show in a viewport: what a hand did there with the one before is over. */
  onOtherSeries(viewport: number): void {
    const isHere = this.isPointing.peek()
      ? viewport === this.active.peek()
      : viewport === this.magnifier.spot.peek()?.viewport;
    if (isHere) this.setTool(undefined);
  }

  /** A tool that this person may not use here any more. */
  #isUseless(tool: Tool): boolean {
    if (tool === "point") return this.viewing.isOwn.value;
    if (isMarkTool(tool)) return this.marking.value?.mayUse(tool) !== true;
    return tool !== "magnify" && !this.isSteering.value;
  }

  #unpoint(): void {
    for (const screen of this.all) {
      screen.steering.unpoint();
      screen.pointers.fade(this.self);
    }
  }
}
