import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { PictureHeader } from "../protocol";
import type { Wire } from "../wire";
import type { Size } from "./geometry";
import { Gestures, listen } from "./input";
import type { PointerState } from "./Pointers";
import { canvasEasel, PictureQueue } from "./pictures";
import { Player } from "./player";
import { presetsOf } from "./presets";
import { Steering } from "./steering";
import type { Viewing } from "./viewing";

const RESIZE_QUIET_MS = 150;
/** Denser than this, a phone's picture costs more than it shows. */
const DENSITY_MAX = 2;
const SLOW_AFTER_MS = 1_000;
const FADE_MS = 2_000;

/** One person's screen in the viewing: the surface, its pictures, the pointers on it, and the hands that move it. */
export class Screen {
  /** Size of the surface in CSS pixels. */
  readonly size: Signal<Size> = signal({ width: 0, height: 0 });
  /** The picture that is on the surface. */
  readonly drawn: Signal<PictureHeader | undefined> = signal(undefined);
  /** The picture that should be there has not come for more than a second. */
  readonly isSlow: Signal<boolean> = signal(false);
  readonly pointers: Signal<ReadonlyMap<string, PointerState>> = signal(new Map());
  readonly isPointing: Signal<boolean> = signal(false);
  readonly isHelpOpen: Signal<boolean> = signal(false);
  readonly isPresenting: ReadonlySignal<boolean>;
  /** Why the frame that should be seen cannot be: the gateway's own sentence, for staff. */
  readonly failure: ReadonlySignal<string | undefined>;
  readonly steering: Steering;
  readonly player: Player;

  #wire: Wire;
  #viewing: Viewing;
  #self: string;
  #failed: Signal<{ revision: number; detail: string } | undefined> = signal(undefined);
  #slowTimer: number | undefined;
  #fading = new Map<string, number>();

  constructor(wire: Wire, viewing: Viewing, self: string, mayPresent: boolean) {
    this.#wire = wire;
    this.#viewing = viewing;
    this.#self = self;
    this.steering = new Steering((message) => wire.send(message));
    this.isPresenting = computed(() => mayPresent && viewing.state.value?.presenter === self);
    this.failure = computed(() => {
      const failed = this.#failed.value;
      return failed && failed.revision >= (viewing.state.value?.revision ?? 0) ? failed.detail : undefined;
    });
    this.player = new Player(
      this.steering,
      () => this.drawn.peek(),
      () => this.failure.peek() !== undefined,
    );
  }

  setPointing(is: boolean): void {
    this.isPointing.value = is;
    if (is) return;
    this.steering.unpoint();
    this.#fade(this.#self);
  }

  /** Takes a canvas and the element around it into use; the answer lets go of them. */
  mount(canvas: HTMLCanvasElement, surface: HTMLElement): () => void {
    const wire = this.#wire;
    const gestures = new Gestures(this.steering, {
      isPresenting: () => this.isPresenting.peek(),
      isPointing: () => this.isPointing.peek(),
      setPointing: (is) => this.setPointing(is),
      presets: () => {
        const shown = this.#viewing.state.peek()?.shown;
        return shown ? presetsOf(shown) : [];
      },
      openHelp: () => {
        this.isHelpOpen.value = true;
      },
      togglePlaying: () => this.player.toggle(),
      changeSpeed: (by) => this.player.changeSpeed(by),
      onPoint: (at) => (at ? this.#place(this.#self, { ...at, isGone: false }) : this.#fade(this.#self)),
    });
    const queue = new PictureQueue(
      canvasEasel(canvas),
      (sequence) => wire.send({ type: "drawn", sequence }),
      (header) => {
        this.drawn.value = header;
        this.player.drawn(header);
        if (this.#failed.peek() && header.revision > (this.#failed.peek()?.revision ?? 0))
          this.#failed.value = undefined;
        this.#watch(true);
      },
    );

    const tell = () => {
      const { width, height } = this.size.peek();
      const density = Math.min(DENSITY_MAX, devicePixelRatio || 1);
      if (width < 1 || height < 1 || !canvas.isConnected) return;
      wire.send({ type: "surface", width: Math.round(width * density), height: Math.round(height * density) });
    };
    let quiet: number | undefined;
    let isTold = false;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const size = { width: entry.contentRect.width, height: entry.contentRect.height };
      this.size.value = size;
      gestures.resize(size);
      clearTimeout(quiet);
      quiet = window.setTimeout(tell, isTold ? RESIZE_QUIET_MS : 0);
      isTold = true;
    });
    observer.observe(surface);

    let series: string | undefined;
    const stopEffect = effect(() => {
      const state = this.#viewing.state.value;
      this.steering.adopt(state?.shown);
      this.player.adopt(state?.shown, this.isPresenting.value);
      if (state?.shown?.series !== series) {
        series = state?.shown?.series;
        this.#clearPointers();
        this.setPointing(false);
      }
      // What is no picture leaves none behind it either.
      if (state && state.shown?.content !== "pictures") {
        queue.clear(state.revision);
        this.drawn.value = undefined;
      }
      // The effect follows what has come of a document, too.
      void this.#viewing.content.value;
      this.#watch(false);
    });
    const stops = [
      stopEffect,
      listen(surface, gestures),
      wire.onPicture((header, bytes) => queue.receive(header, bytes)),
      wire.on("welcome", () => {
        queue.restart();
        this.#failed.value = undefined;
        tell();
      }),
      // Pictures come only to who is in the call, so the size is told again on the way in.
      wire.on("place", ({ place }) => {
        if (place.state === "in_call") tell();
      }),
      wire.on("frame_failed", ({ revision, detail }) => {
        this.#failed.value = { revision, detail };
        this.#watch(false);
      }),
      wire.on("pointer", ({ participant, x, y }) => {
        if (participant !== this.#self) this.#place(participant, { x, y, isGone: false });
      }),
      wire.on("pointer_gone", ({ participant }) => {
        if (participant !== this.#self) this.#fade(participant);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      observer.disconnect();
      clearTimeout(quiet);
      clearTimeout(this.#slowTimer);
      this.#slowTimer = undefined;
      this.player.stop();
      this.steering.unpoint();
      this.#clearPointers();
    };
  }

  /** Starts, keeps or stops the clock of a picture that is awaited. A picture that came shows that it is not stuck. */
  #watch(hasDrawn: boolean): void {
    const state = this.#viewing.state.peek();
    const isAwaited =
      state?.shown !== undefined &&
      this.failure.peek() === undefined &&
      (state.shown.content === "pictures"
        ? (this.drawn.peek()?.revision ?? -1) < state.revision
        : this.#viewing.content.peek() === undefined);
    if (hasDrawn || !isAwaited) {
      clearTimeout(this.#slowTimer);
      this.#slowTimer = undefined;
      this.isSlow.value = false;
    }
    if (isAwaited)
      this.#slowTimer ??= window.setTimeout(() => {
        this.isSlow.value = true;
      }, SLOW_AFTER_MS);
  }

  #place(participant: string, pointer: PointerState): void {
    clearTimeout(this.#fading.get(participant));
    this.pointers.value = new Map(this.pointers.peek()).set(participant, pointer);
    // Nothing new from there for two seconds: it fades as if it were gone.
    this.#fading.set(
      participant,
      window.setTimeout(() => this.#fade(participant), FADE_MS),
    );
  }

  /** Fades over two seconds, so that what was pointed at can still be seen. */
  #fade(participant: string): void {
    const pointer = this.pointers.peek().get(participant);
    if (!pointer || pointer.isGone) return;
    clearTimeout(this.#fading.get(participant));
    this.pointers.value = new Map(this.pointers.peek()).set(participant, { ...pointer, isGone: true });
    this.#fading.set(
      participant,
      window.setTimeout(() => {
        this.#fading.delete(participant);
        const rest = new Map(this.pointers.peek());
        rest.delete(participant);
        this.pointers.value = rest;
      }, FADE_MS),
    );
  }

  #clearPointers(): void {
    for (const timer of this.#fading.values()) clearTimeout(timer);
    this.#fading.clear();
    if (this.pointers.peek().size > 0) this.pointers.value = new Map();
  }
}
