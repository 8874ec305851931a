import { signal } from "@preact/signals";
import type { ClientMessage, ContentHeader, PictureHeader, ServerMessage } from "../../src/protocol";
import type { Arrangement, Shown, ViewingState } from "../../src/viewer/viewing";
import type { Wire, WireState } from "../../src/wire";

/** A lossless picture of 8 by 8 pixels, for a surface of that size, unless something else is said. */
export const pictureHeader = (header: Partial<PictureHeader>): PictureHeader => ({
  sequence: 0,
  viewport: 0,
  isOwn: false,
  isMagnified: false,
  revision: 0,
  index: 0,
  width: 8,
  height: 8,
  surfaceWidth: 8,
  surfaceHeight: 8,
  part: [0, 0, 8, 8],
  format: "png",
  isLossless: true,
  ...header,
});

type Showing = { type: "viewing" } & ViewingState;

/** The state of a viewing with one viewport, whose picture last changed at this revision. */
export const showing = (revision: number, shown: Shown | null, presenter?: string): Showing => ({
  type: "viewing",
  revision,
  layout: "one",
  active: 0,
  isLinked: false,
  viewports: [shown && { ...shown, picture: revision }],
  ...(presenter !== undefined && { presenter }),
  isPresenterLost: false,
  hosts: [],
  asking: [],
  ownViews: [],
  isNamed: false,
  hasMarks: true,
  guests: { mayMark: false, mayMeasure: false },
});

/** An own view, or the end of it, as the gateway tells it. */
type OwnView = { type: "own_view"; revision: number; arrangement?: Arrangement };

/** A wire whose other end is the test. */
export function fakeWire() {
  const listeners = new Map<string, Set<(message: never) => void>>();
  const pictures = new Set<(header: PictureHeader, bytes: Uint8Array) => void>();
  const contents = new Set<(header: ContentHeader, bytes: Uint8Array) => void>();
  const sent: ClientMessage[] = [];
  const requests: unknown[] = [];
  const state = signal<WireState>("open");
  const wire = {
    state,
    on(type: string, f: (message: never) => void) {
      const set = listeners.get(type) ?? new Set();
      listeners.set(type, set.add(f));
      return () => set.delete(f);
    },
    onPicture(f: (header: PictureHeader, bytes: Uint8Array) => void) {
      pictures.add(f);
      return () => pictures.delete(f);
    },
    onContent(f: (header: ContentHeader, bytes: Uint8Array) => void) {
      contents.add(f);
      return () => contents.delete(f);
    },
    send: (message: ClientMessage) => sent.push(message),
    request: async (message: unknown) => {
      requests.push(message);
    },
  };
  return {
    wire: wire as unknown as Wire,
    state,
    sent,
    requests,
    tell: (message: ServerMessage | Showing | OwnView) => {
      const tell = (told: { type: string }) => {
        for (const f of listeners.get(told.type) ?? []) f(told as never);
      };
      // The large parts go before, as the gateway tells them.
      const steps = (viewports: readonly (Shown | object | null)[], isOwn: boolean) =>
        viewports.map((shown, viewport) => {
          if (!shown || !("graphics" in shown)) return shown;
          const { modality, title, count, stacks, states, graphics, cine, ...step } = shown as Shown;
          tell({ type: "series_shown", series: step.series, modality, title, count, stacks, states } as never);
          tell({ type: "cine", viewport, isOwn, ...(cine && { cine }) } as never);
          tell({ type: "graphics", viewport, isOwn, graphics } as never);
          return step;
        });
      if (message.type === "viewing") tell({ ...message, viewports: steps(message.viewports, false) } as never);
      else if (message.type === "own_view" && message.arrangement) {
        const viewports = steps(message.arrangement.viewports, true);
        tell({ ...message, arrangement: { ...message.arrangement, viewports } } as never);
      } else tell(message);
    },
    content: (header: Omit<ContentHeader, "viewport" | "isOwn">, bytes = new Uint8Array(1)) => {
      for (const f of contents) f({ viewport: 0, isOwn: false, ...header }, bytes);
    },
    picture: (header: Partial<PictureHeader>, bytes = new Uint8Array(1)) => {
      for (const f of pictures) f(pictureHeader(header), bytes);
    },
  };
}

export const WELCOME: ServerMessage = {
  type: "welcome",
  protocol: 4,
  participant: "me",
  role: "practitioner",
  startsAt: "2026-11-25T13:30:00Z",
  endsAt: "2026-11-25T14:00:00Z",
  place: { state: "in_call" },
  appointment: "a1",
  resume: "again",
  iceServers: [],
  isLocked: false,
  now: "2026-11-25T13:30:00Z",
};
