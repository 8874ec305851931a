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
    readonly deviceId: string = "",
  ) {}
  get label(): string {
    return this.deviceId;
  }
  getSettings(): { deviceId: string } {
    return { deviceId: this.deviceId };
  }
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
  /** The descriptions that browsers make. */
  static offer = "offer";
  static answer = "answer";
  restarts = 0;
  configuration: object = {};
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
    return { type: "offer", sdp: FakePeer.offer };
  }
  async createAnswer() {
    return { type: "answer", sdp: FakePeer.answer };
  }
  async setLocalDescription(description: { sdp: string }): Promise<void> {
    this.localDescription = description;
    this.slots.forEach((slot, place) => {
      slot.mid ??= String(place);
    });
  }
  async setRemoteDescription(): Promise<void> {}
  restartIce(): void {
    this.restarts += 1;
  }
  getConfiguration() {
    return this.configuration;
  }
  setConfiguration(configuration: object): void {
    this.configuration = configuration;
  }
  become(state: string): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
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
  FakePeer.offer = "offer";
  FakePeer.answer = "answer";
  vi.stubGlobal("RTCPeerConnection", FakePeer);
  vi.stubGlobal("RTCRtpSender", { getCapabilities: () => ({ codecs: [] }) });
}

type Asked = { deviceId?: { exact: string } } | undefined;
interface Question {
  audio?: Asked;
  video?: Asked;
}

/** What the browser answers for one kind, and the device that was named for it, if any: a track, or the name of the failure. */
type Answer = (kind: "audio" | "video", deviceId: string | undefined) => string | undefined;

function streamOf(tracks: FakeTrack[]) {
  const of = (kind: string) => tracks.filter((track) => track.kind === kind);
  return { getTracks: () => tracks, getAudioTracks: () => of("audio"), getVideoTracks: () => of("video") };
}

const kindsOf = (question: Question) => (["audio", "video"] as const).filter((kind) => question[kind]);
const tracksOf = (question: Question) =>
  kindsOf(question).map((kind) => new FakeTrack(kind, undefined, question[kind]?.deviceId?.exact ?? "default"));

/** `getUserMedia` that gives at once what `answer` says for each kind. */
export function installDevices(answer: Answer) {
  const asked: string[][] = [];
  install(async (question) => {
    asked.push(kindsOf(question));
    for (const kind of kindsOf(question)) {
      const failure = answer(kind, question[kind]?.deviceId?.exact);
      if (failure) throw new DOMException("no", failure);
    }
    return streamOf(tracksOf(question));
  });
  return asked;
}

/** A question to the browser that the person has not answered yet. */
export interface Pending {
  kinds: string[];
  /** The person allows it: the tracks that come. */
  give(): FakeTrack[];
  fail(name: string): void;
}

/** `getUserMedia` that answers when the test says so. */
export function installLateDevices(): Pending[] {
  const asked: Pending[] = [];
  install(
    (question) =>
      new Promise((resolve, reject) => {
        asked.push({
          kinds: kindsOf(question),
          give: () => {
            const tracks = tracksOf(question);
            resolve(streamOf(tracks));
            return tracks;
          },
          fail: (name) => reject(new DOMException("no", name)),
        });
      }),
  );
  return asked;
}

function install(getUserMedia: (question: Question) => Promise<unknown>): void {
  const mediaDevices = Object.assign(new EventTarget(), { getUserMedia, enumerateDevices: async () => [] });
  const permissions = { query: async () => ({ state: "denied" }) };
  Object.defineProperty(navigator, "permissions", { value: permissions, configurable: true });
  Object.defineProperty(navigator, "mediaDevices", { value: mediaDevices, configurable: true });
}
