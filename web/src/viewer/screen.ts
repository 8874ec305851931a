import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { PictureHeader } from "../protocol";
import type { Size } from "./geometry";
import { Gestures } from "./input";
import { keyImagesOf } from "./key-images";
import { listen } from "./listen";
import { canvasEasel, PictureQueue } from "./pictures";
import { Player } from "./player";
import { presetsOf } from "./presets";
import type { Screens } from "./screens";
import { SeenPointers } from "./seen-pointers";
import { shortcuts } from "./shortcuts";
import { Steering } from "./steering";
import type { Shown } from "./viewing";

const RESIZE_QUIET_MS = 150;
/** Denser than this, a phone's picture costs more than it shows. */
const DENSITY_MAX = 2;
const SLOW_AFTER_MS = 1_000;
/** A picture with loss that nothing follows for so long is what there is. */
const REDUCED_AFTER_MS = 1_500;

/** Pixels of pictures in a CSS pixel: device pixels, but on the densest phones. */
export const density = (): number => Math.min(DENSITY_MAX, devicePixelRatio || 1);

/** One person's screen of a viewport: the surface, its pictures, the pointers on it, and the hands that move it. */
export class Screen {
  /** Its number, from 0. */
  readonly viewport: number;
  /** Size of the surface in CSS pixels. */
  readonly size: Signal<Size> = signal({ width: 0, height: 0 });
  /** The same in pixels of its pictures. */
  readonly pixels: ReadonlySignal<Size> = computed(() => {
    const { width, height } = this.size.value;
    return { width: Math.round(width * density()), height: Math.round(height * density()) };
  });
  /** What is on show here. */
  readonly shown: ReadonlySignal<Shown | undefined>;
  /** What the picture on the surface shows, which is not yet what is on show while a newer one is on its way. */
  readonly seen: ReadonlySignal<Shown | undefined>;
  /** The picture that is on the surface. */
  readonly drawn: Signal<PictureHeader | undefined> = signal(undefined);
  /** The picture that should be there has not come for more than a second. */
  readonly isSlow: Signal<boolean> = signal(false);
  /** The picture has loss, and no sharper one comes by itself so soon. */
  readonly isReduced: Signal<boolean> = signal(false);
  readonly pointers = new SeenPointers();
  /** Why the frame that should be seen cannot be: the gateway's own sentence, for staff. */
  readonly failure: ReadonlySignal<string | undefined>;
  readonly steering: Steering;
  readonly player: Player;
  readonly screens: Screens;

  #failed: Signal<{ revision: number; detail: string } | undefined> = signal(undefined);
  #slowTimer: ReturnType<typeof setTimeout> | undefined;
  #reducedTimer: ReturnType<typeof setTimeout> | undefined;
  #surface: HTMLElement | undefined;
  #queue: PictureQueue<ImageBitmap> | undefined;

  constructor(screens: Screens, viewport: number) {
    const { viewing, wire } = screens;
    this.screens = screens;
    this.viewport = viewport;
    this.shown = computed(() => viewing.seen.value?.viewports[viewport] ?? undefined);
    this.seen = computed(() => {
      const shown = this.shown.value;
      const drawn = this.drawn.value;
      return shown && ((drawn && viewing.at(viewport, drawn.revision)) ?? shown);
    });
    this.steering = new Steering((message) => wire.send(message), viewport);
    this.steering.pixelsElsewhere = () => screens.pixelsElsewhere?.(viewport);
    this.failure = computed(() => {
      const failed = this.#failed.value;
      return failed && failed.revision >= (this.shown.value?.picture ?? 0) ? failed.detail : undefined;
    });
    this.player = new Player(
      this.steering,
      () => this.drawn.peek(),
      () => this.failure.peek() !== undefined,
    );
  }

  /** Gives the focus to what is on show here: the picture, or what is read in its place. */
  focus(): void {
    const surface = this.#surface;
    const inPlace = surface?.hidden
      ? surface.parentElement?.querySelector<HTMLElement>('section[tabindex="0"]')
      : surface;
    inPlace?.focus({ preventScroll: true });
  }

  /** The exact picture of what is on show, however long it takes. */
  wantFullQuality(): void {
    this.isReduced.value = false;
    this.screens.wire.send({ type: "full_quality", viewport: this.viewport });
  }

  /** A picture for this viewport has come. Each is acknowledged, drawn or not. */
  receive(header: PictureHeader, bytes: Uint8Array): void {
    if (this.#queue && header.isOwn === this.screens.viewing.isOwn.peek()) this.#queue.receive(header, bytes);
    else this.screens.wire.send({ type: "drawn", sequence: header.sequence });
  }

  /** Takes a canvas and the element around it into use; the answer lets go of them. */
  mount(canvas: HTMLCanvasElement, surface: HTMLElement): () => void {
    const { screens, viewport } = this;
    const { wire, viewing, self } = screens;
    const gestures = this.#gestures();
    const queue = new PictureQueue(
      canvasEasel(canvas),
      (sequence) => wire.send({ type: "drawn", sequence }),
      (header) => this.#onDrawn(header),
    );
    this.#queue = queue;
    this.#surface = surface;

    const tell = () => {
      const { width, height } = this.pixels.peek();
      if (width < 1 || height < 1 || !canvas.isConnected) return;
      wire.send({ type: "surface", viewport, width, height });
    };
    let quiet: ReturnType<typeof setTimeout> | undefined;
    let isTold = false;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const size = { width: entry.contentRect.width, height: entry.contentRect.height };
      this.size.value = size;
      gestures.resize(size, this.pixels.peek());
      clearTimeout(quiet);
      quiet = setTimeout(tell, isTold ? RESIZE_QUIET_MS : 0);
      isTold = true;
    });
    observer.observe(surface);

    let series = this.shown.peek()?.series;
    let wasOwn = viewing.isOwn.peek();
    const stopEffect = effect(() => {
      const shown = this.shown.value;
      const isOwn = viewing.isOwn.value;
      if (isOwn !== wasOwn) {
        wasOwn = isOwn;
        this.#forget();
      }
      this.steering.adopt(shown);
      this.player.adopt(shown, screens.isSteering.value);
      if (shown?.series !== series) {
        series = shown?.series;
        this.pointers.clear();
        this.steering.unpoint();
        screens.onOtherSeries(viewport);
      }
      // What is no picture leaves none behind it either.
      if (viewing.seen.value && shown?.content !== "pictures") {
        queue.clear(shown?.picture ?? viewing.state.peek()?.revision ?? 0);
        this.drawn.value = undefined;
      }
      // The effect follows what has come of a document, too.
      void viewing.content(viewport);
      this.#watch(false);
    });
    const isMine = (of: { viewport: number; isOwn: boolean }) =>
      of.viewport === viewport && of.isOwn === viewing.isOwn.peek();
    const stops = [
      stopEffect,
      listen(surface, gestures),
      wire.on("welcome", () => {
        queue.restart();
        this.#failed.value = undefined;
        tell();
      }),
      // Pictures come only to who is in the call, so the size is told again on the way in.
      wire.on("place", ({ place }) => {
        if (place.state === "in_call") tell();
      }),
      wire.on("frame_failed", ({ revision, detail, ...of }) => {
        if (!isMine(of)) return;
        this.#failed.value = { revision, detail };
        this.#watch(false);
      }),
      wire.on("pointer", ({ participant, viewport: of, x, y }) => {
        if (participant === self) return;
        if (isMine({ viewport: of, isOwn: false })) this.pointers.place(participant, { x, y });
        else this.pointers.fade(participant);
      }),
      wire.on("pointer_gone", ({ participant }) => {
        if (participant !== self) this.pointers.fade(participant);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      observer.disconnect();
      clearTimeout(quiet);
      clearTimeout(this.#slowTimer);
      clearTimeout(this.#reducedTimer);
      this.#slowTimer = undefined;
      this.#queue = this.#surface = undefined;
      // The canvas goes with what is on it.
      this.drawn.value = undefined;
      this.isSlow.value = this.isReduced.value = false;
      this.player.stop();
      this.steering.unpoint();
      this.pointers.clear();
    };
  }

  #gestures(): Gestures {
    const { screens, viewport } = this;
    return new Gestures(this.steering, {
      isSteering: () => screens.isSteering.peek(),
      mayPoint: () => !screens.viewing.isOwn.peek(),
      tool: () => screens.tool.peek(),
      setTool: (tool) => screens.setTool(tool, viewport),
      shortcuts: () => shortcuts.peek(),
      presets: () => {
        const shown = this.shown.peek();
        return shown ? presetsOf(shown) : [];
      },
      openHelp: () => {
        screens.isHelpOpen.value = true;
      },
      keep: () => {
        if (screens.isStaff) void keyImagesOf(screens.wire).keep(viewport);
        return screens.isStaff;
      },
      togglePlaying: () => this.player.toggle(),
      changeSpeed: (by) => this.player.changeSpeed(by),
      onPoint: (at) => (at ? this.pointers.place(screens.self, at) : this.pointers.fade(screens.self)),
      magnifier: {
        place: (at, isTouch) => screens.magnifier.place({ viewport, ...at, isTouch }),
        moveBy: (x, y) => screens.magnifier.moveBy(x, y),
        zoomBy: (by) => screens.magnifier.zoomBy(by),
      },
      goTo: (by) => screens.goTo(viewport, by),
      marks: () => screens.marking.peek()?.hand(this),
    });
  }

  /** Another view begins, the own one or the shared one: nothing of the one before may stand under its words. */
  #forget(): void {
    this.#queue?.forget();
    this.#failed.value = undefined;
    this.drawn.value = undefined;
    this.pointers.clear();
    this.steering.forget();
    this.player.stop();
  }

  #onDrawn(header: PictureHeader): void {
    this.drawn.value = header;
    this.player.drawn(header);
    if (header.revision > (this.#failed.peek()?.revision ?? 0)) this.#failed.value = undefined;
    clearTimeout(this.#reducedTimer);
    this.isReduced.value = false;
    if (!header.isLossless)
      this.#reducedTimer = setTimeout(() => {
        this.isReduced.value = true;
      }, REDUCED_AFTER_MS);
    this.#watch(true);
  }

  /** Starts, keeps or stops the clock of a picture that is awaited. A picture that came shows that it is not stuck. */
  #watch(hasDrawn: boolean): void {
    const shown = this.shown.peek();
    const isAwaited =
      shown !== undefined &&
      this.failure.peek() === undefined &&
      (shown.content === "pictures"
        ? (this.drawn.peek()?.revision ?? -1) < shown.picture
        : this.screens.viewing.content(this.viewport) === undefined);
    if (hasDrawn || !isAwaited) {
      clearTimeout(this.#slowTimer);
      this.#slowTimer = undefined;
      this.isSlow.value = false;
    }
    if (isAwaited)
      this.#slowTimer ??= setTimeout(() => {
        this.isSlow.value = true;
      }, SLOW_AFTER_MS);
  }
}
