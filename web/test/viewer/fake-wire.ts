import { signal } from "@preact/signals";
import type { ClientMessage, ContentHeader, PictureHeader, ServerMessage } from "../../src/protocol";
import type { Wire, WireState } from "../../src/wire";

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
    tell: (message: ServerMessage) => {
      for (const f of listeners.get(message.type) ?? []) f(message as never);
    },
    content: (header: ContentHeader, bytes = new Uint8Array(1)) => {
      for (const f of contents) f(header, bytes);
    },
    picture: (header: Partial<PictureHeader>, bytes = new Uint8Array(1)) => {
      for (const f of pictures)
        f(
          { sequence: 0, revision: 0, index: 0, width: 8, height: 8, format: "png", isLossless: true, ...header },
          bytes,
        );
    },
  };
}

export const WELCOME: ServerMessage = {
  type: "welcome",
  protocol: 2,
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
