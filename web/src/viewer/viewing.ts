import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type {
  ArrangementState,
  CineState,
  DocumentState,
  GraphicState,
  SeriesShown,
  ServerMessage,
  Shown as Step,
} from "../protocol";
import type { Wire } from "../wire";
import { laidOver } from "./changes";
import { MarkBook } from "./marks/book";

/** How many past states of a viewport are remembered, to say what its picture shows while newer ones are on their way. */
const REMEMBERED = 64;

type Told = Omit<Extract<ServerMessage, { type: "viewing" }>, "type">;

/** A series on show, and how: put together from what changes at each step and from what the gateway tells once. */
export type Shown = Step & SeriesShown & { graphics: GraphicState[]; cine?: CineState };

/** What is on show where; `null` for a viewport that is empty. */
export type Arrangement = Omit<ArrangementState, "viewports"> & { viewports: (Shown | null)[] };

/** The shared view state, put together. */
export type ViewingState = Omit<Told, "viewports"> & Pick<Arrangement, "viewports">;

/** What is on show and no picture. */
export type Content = { document: DocumentState } | { mediaType: string; bytes: Uint8Array };

/** A viewport of the shared view, or of the view that somebody has alone. */
interface Which {
  viewport: number;
  isOwn: boolean;
}

/** What is known of one viewport beside what is on show there. */
interface Place {
  /** What holds until it is told again. */
  cine?: CineState | undefined;
  graphics?: GraphicState[];
  past: Map<number, Shown>;
  /** Revision since which its series is shown. */
  since: number;
  received?: { revision: number; index: number; content: Content };
}

/** What the consultation looks at, and what this person does, as the gateway last told it. */
export class Viewing {
  readonly state: Signal<ViewingState | undefined> = signal(undefined);
  /** What this person looks at alone; absent while they follow. */
  readonly own: Signal<Arrangement | undefined> = signal(undefined);
  /** Whether they look by themselves. */
  readonly isOwn: ReadonlySignal<boolean> = computed(() => this.own.value !== undefined);
  /** What is on their screen: their own view, else the shared one. */
  readonly seen: ReadonlySignal<Arrangement | undefined> = computed(() => this.own.value ?? this.state.value);
  /** What people have drawn, on frames that are on show and on others. */
  readonly marks: MarkBook;
  #series = new Map<string, SeriesShown>();
  #failed: Signal<ReadonlyMap<string, readonly number[]>> = signal(new Map());
  #shared: Place[] = [];
  #alone: Place[] = [];
  #isNewConnection = false;
  /** The state as this connection was told it. */
  #told: Told | undefined;
  #ownRevision = 0;
  /** Counts the contents that have come. */
  #contents = signal(0);

  constructor(wire: Wire) {
    this.marks = new MarkBook(wire);
    wire.on("welcome", () => {
      this.#isNewConnection = true;
      this.#told = undefined;
      this.#series.clear();
      this.#failed.value = new Map();
      // What is on the screen is still known by its revision.
      for (const places of [this.#shared, this.#alone])
        for (const [viewport, { past, since }] of places.entries()) places[viewport] = { past, since };
      this.#contents.value += 1;
    });
    wire.on("series_shown", ({ type: _, ...series }) => {
      this.#series.set(series.series, series);
    });
    wire.on("frames_failed", ({ series, places }) => {
      this.#failed.value = new Map(this.#failed.peek()).set(series, places);
    });
    wire.on("cine", ({ cine, ...of }) => {
      this.#place(of).cine = cine;
    });
    wire.on("graphics", ({ graphics, ...of }) => {
      this.#place(of).graphics = graphics;
    });
    wire.on("viewing", ({ type: _, ...told }) => this.#hear(told));
    wire.on("viewing_changed", ({ changes }) => {
      if (this.#told) this.#hear(laidOver(this.#told, changes) as Told);
    });
    wire.on("own_view", ({ revision, arrangement }) =>
      this.#look(revision, arrangement && { ...arrangement, viewports: this.#whole(arrangement.viewports, true) }),
    );
    wire.on("document", ({ document, ...of }) => this.#receive(of, { document }));
    wire.onContent(({ mediaType, ...of }, bytes) => this.#receive(of, { mediaType, bytes }));
  }

  /** What a viewport on this screen showed when its picture had that revision. */
  at(viewport: number, picture: number): Shown | undefined {
    return this.#place({ viewport, isOwn: this.isOwn.peek() }).past.get(picture);
  }

  /**
   * What has come of what is on show in a viewport and no picture. The gateway sends it once as long as a series is shown, so it is
   * kept for the way back from another place.
   */
  content(viewport: number): Content | undefined {
    void this.#contents.value;
    const { received, since } = this.#place({ viewport, isOwn: this.isOwn.value });
    const index = this.seen.value?.viewports[viewport]?.index;
    return received && received.index === index && received.revision >= since ? received.content : undefined;
  }

  /** Places of a series whose frames cannot be shown. */
  failed(series: string): readonly number[] {
    return this.#failed.value.get(series) ?? [];
  }

  #place({ viewport, isOwn }: Which): Place {
    const places = isOwn ? this.#alone : this.#shared;
    places[viewport] ??= { past: new Map(), since: 0 };
    return places[viewport];
  }

  #receive(of: Which & { revision: number; index: number }, content: Content): void {
    this.#place(of).received = { revision: of.revision, index: of.index, content };
    this.#contents.value += 1;
  }

  /** What is on show, with its large parts, which were told before it. */
  #whole(steps: readonly (Step | null)[], isOwn: boolean): (Shown | null)[] {
    return steps.map((step, viewport) => {
      const series = step && this.#series.get(step.series);
      if (!series) {
        if (step) console.warn("a series is on show that was not told");
        return null;
      }
      const { cine, graphics = [] } = this.#place({ viewport, isOwn });
      return { ...series, ...step, graphics, ...(cine && { cine }) };
    });
  }

  #hear(told: Told): void {
    this.#told = told;
    this.#take({ ...told, viewports: this.#whole(told.viewports, false) });
  }

  #take(state: ViewingState): void {
    const known = this.state.peek();
    const isNew = this.#isNewConnection;
    if (!isNew && known && state.revision < known.revision) return;
    this.#isNewConnection = false;
    if (isNew) {
      // The gateway may have begun anew and count from 0. Whether this person still looks by themselves it says next.
      for (const place of [...this.#shared, ...this.#alone].filter(Boolean)) {
        place.past.clear();
        place.since = 0;
      }
      this.#ownRevision = 0;
    }
    this.#remember(isNew ? undefined : known, state, state.revision, false);
    batch(() => {
      this.state.value = state;
      if (isNew) this.own.value = undefined;
    });
  }

  #look(revision: number, arrangement: Arrangement | undefined): void {
    if (revision < this.#ownRevision) return;
    this.#ownRevision = revision;
    if (arrangement) this.#remember(this.own.peek(), arrangement, revision, true);
    else this.#alone = [];
    this.own.value = arrangement;
  }

  #remember(known: Arrangement | undefined, now: Arrangement, revision: number, isOwn: boolean): void {
    for (const [viewport, shown] of now.viewports.entries()) {
      const place = this.#place({ viewport, isOwn });
      if (known && known.viewports[viewport]?.series !== shown?.series) place.since = shown?.picture ?? revision;
      if (!shown) continue;
      place.past.set(shown.picture, shown);
      const oldest = place.past.keys().next();
      if (place.past.size > REMEMBERED && !oldest.done) place.past.delete(oldest.value);
    }
  }
}

/** What is on show in the viewport that keys act on. */
export const activeOf = (arrangement: Arrangement | undefined): Shown | undefined =>
  arrangement?.viewports[arrangement.active] ?? undefined;

/** What is on show, in the viewport that keys act on or else in the first that is not empty. */
export const anyOf = (arrangement: Arrangement | undefined): Shown | undefined =>
  activeOf(arrangement) ?? arrangement?.viewports.find((shown) => shown !== null) ?? undefined;

const viewings = new WeakMap<Wire, Viewing>();

/**
 * The viewing of a connection. Ask for it as soon as there is a wire: the `Viewer` may be loaded later, when something is
 * shown, and finds here what was told before.
 */
export function viewingOf(wire: Wire): Viewing {
  const known = viewings.get(wire);
  if (known) return known;
  const viewing = new Viewing(wire);
  viewings.set(wire, viewing);
  return viewing;
}
