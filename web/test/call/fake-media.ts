import { vi } from "vitest";

/** A track of nothing. */
export class FakeTrack {
  readyState = "live";
  enabled = true;
  contentHint = "";
  onended: (() => void) | null = null;
  constructor(
    readonly kind: "audio" | "video",
    readonly id: string = `${kind}-${Math.random()}`,
  ) {}
  stop(): void {
    this.readyState = "ended";
  }
}

interface FakeSlot {
  mid: string | null;
  direction: string;
  sender: {
    track: FakeTrack | null;
    encodings: { rid?: string; active?: boolean }[];
    replaceTrack(track: FakeTrack | null): Promise<void>;
    getParameters(): { encodings: { rid?: string; active?: boolean }[] };
    setParameters(parameters: { encodings: { rid?: string; active?: boolean }[] }): Promise<void>;
  };
  receiver: { track: FakeTrack };
}

/** Enough of a peer connection to see what is offered and answered. */
export class FakePeer extends EventTarget {
  static all: FakePeer[] = [];
  connectionState = "new";
  localDescription: { sdp: string } | null = null;
  isClosed = false;
  readonly slots: FakeSlot[] = [];

  constructor() {
    super();
    FakePeer.all.push(this);
  }
  addTransceiver(track: FakeTrack, init: { direction: string; sendEncodings?: { rid?: string }[] }): FakeSlot {
    const slot: FakeSlot = {
      mid: null,
      direction: init.direction,
      sender: {
        track,
        replaceTrack: async (next) => {
          slot.sender.track = next;
        },
        encodings: init.sendEncodings ?? [],
        getParameters: () => ({ encodings: slot.sender.encodings.map((each) => ({ ...each })) }),
        setParameters: async ({ encodings }) => {
          slot.sender.encodings = encodings;
        },
      },
      receiver: { track: new FakeTrack(track.kind) },
    };
    this.slots.push(slot);
    return slot;
  }
  getTransceivers(): FakeSlot[] {
    return this.slots;
  }
  async createOffer() {
    return { type: "offer", sdp: "offer" };
  }
  async createAnswer() {
    return { type: "answer", sdp: "answer" };
  }
  async setLocalDescription(description: { sdp: string }): Promise<void> {
    this.localDescription = description;
    this.slots.forEach((slot, place) => {
      slot.mid ??= String(place);
    });
  }
  async setRemoteDescription(): Promise<void> {}
  restartIce(): void {}
  getConfiguration() {
    return {};
  }
  setConfiguration(): void {}
  async getStats() {
    return new Map();
  }
  close(): void {
    this.isClosed = true;
    this.connectionState = "closed";
  }
}

export function installPeers(): void {
  FakePeer.all = [];
  vi.stubGlobal("RTCPeerConnection", FakePeer);
  vi.stubGlobal("RTCRtpSender", { getCapabilities: () => ({ codecs: [] }) });
}

/** `getUserMedia` that gives what `answer` says for each kind: a track, or the name of the failure. */
export function installDevices(answer: (kind: "audio" | "video") => string | undefined) {
  const asked: string[][] = [];
  const getUserMedia = async (wish: { audio?: unknown; video?: unknown }) => {
    const kinds = (["audio", "video"] as const).filter((kind) => wish[kind]);
    asked.push(kinds);
    for (const kind of kinds) {
      const failure = answer(kind);
      if (failure) throw new DOMException("no", failure);
    }
    const tracks = kinds.map((kind) => new FakeTrack(kind));
    const of = (kind: string) => tracks.filter((track) => track.kind === kind);
    return { getTracks: () => tracks, getAudioTracks: () => of("audio"), getVideoTracks: () => of("video") };
  };
  const mediaDevices = Object.assign(new EventTarget(), { getUserMedia, enumerateDevices: async () => [] });
  const permissions = { query: async () => ({ state: "denied" }) };
  Object.defineProperty(navigator, "permissions", { value: permissions, configurable: true });
  Object.defineProperty(navigator, "mediaDevices", { value: mediaDevices, configurable: true });
  return asked;
}
