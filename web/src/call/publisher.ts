import type { OfferedTrack, SourceWord } from "../protocol";
import type { Wire } from "../wire";
import { activeFlags, degradationOf, encodingsOf, isAudio } from "./layers";
import { follow, makePeer, type PeerState, preferCodecs, refresh } from "./peer";
import { withRawSound } from "./raw-sound";

const ANSWER_MS = 10_000;

/** The connection that sends. The client offers; one offer is under way at a time, and later wishes wait for its answer. */
export class Publisher {
  #wire: Wire;
  #tell: (state: PeerState) => void;
  #peer: RTCPeerConnection;
  #slots = new Map<SourceWord, RTCRtpTransceiver>();
  /** What the gateway forwards of each source to anybody; the others need not be encoded. */
  #wanted = new Map<SourceWord, readonly string[]>();
  /** Changes of one sender's parameters, one after the other. */
  #setting = new Map<SourceWord, Promise<void>>();
  #isPhone: boolean;
  #isSavingData = false;
  #unwatch: () => void;
  #unlisten: () => void;
  #isOffering = false;
  #isWanted = false;
  #late: ReturnType<typeof setTimeout> | undefined;
  #generation: number;
  #isClosed = false;

  /** `generation`: the last number that was used on this wire, so that late answers to an older connection are told apart. */
  constructor(wire: Wire, generation: number, isPhone: boolean, tell: (state: PeerState) => void) {
    this.#wire = wire;
    this.#isPhone = isPhone;
    this.#generation = generation;
    this.#tell = tell;
    this.#peer = makePeer(wire.welcome.peek()?.iceServers ?? []);
    this.#unwatch = follow(this.#peer, tell);
    this.#unlisten = wire.on("publish_answer", (message) => void this.#answer(message.generation, message.sdp));
  }

  get generation(): number {
    return this.#generation;
  }

  /** Whether the source has a place in the connection, sending now or not. */
  has(source: SourceWord): boolean {
    return this.#slots.get(source)?.direction === "sendonly";
  }

  /** Sends a track, or nothing for now when there is none; asks for a new description only where the set of sources changes. */
  async send(source: SourceWord, track: MediaStreamTrack | undefined): Promise<void> {
    if (this.#isClosed) return;
    const slot = this.#slots.get(source);
    if (slot) {
      await slot.sender.replaceTrack(track ?? null);
      if (track && slot.direction !== "sendonly") {
        slot.direction = "sendonly";
        await this.#offer();
      }
      return;
    }
    if (!track) return;
    const made = this.#peer.addTransceiver(track, {
      direction: "sendonly",
      sendEncodings: encodingsOf(source, this.#isPhone),
    });
    preferCodecs(made, isAudio(source) ? "audio" : "video");
    this.#slots.set(source, made);
    this.#set(source);
    await this.#offer();
  }

  /** The gateway forwards these encodings of a source and no others. */
  want(source: SourceWord, rids: readonly string[]): void {
    this.#wanted.set(source, rids);
    this.#set(source);
  }

  /** Sends only the smallest of several encodings, or all that are wanted. */
  saveData(is: boolean): void {
    if (this.#isSavingData === is) return;
    this.#isSavingData = is;
    for (const source of this.#slots.keys()) this.#set(source);
  }

  /** The wire is back and the gateway has kept this connection: an offer whose answer may be lost is made again. */
  resumed(): void {
    if (!this.#isOffering || this.#isClosed) return;
    clearTimeout(this.#late);
    this.#again(this.#generation);
  }

  /** Takes a source away for everybody. Its place in the description stays and is used again. */
  async withdraw(source: SourceWord): Promise<void> {
    const slot = this.#slots.get(source);
    if (!slot || this.#isClosed) return;
    await slot.sender.replaceTrack(null);
    slot.direction = "inactive";
    await this.#offer();
  }

  /** Looks for a new path with new ICE credentials. */
  restart(): void {
    if (this.#isClosed || this.#slots.size === 0) return;
    refresh(this.#peer, this.#wire.welcome.peek()?.iceServers ?? []);
    this.#peer.restartIce();
    void this.#offer();
  }

  stats(): Promise<RTCStatsReport> {
    return this.#peer.getStats();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#late);
    this.#unwatch();
    this.#unlisten();
    this.#peer.close();
  }

  /** Brings what a sender encodes in line with what is wanted. No description changes by it. */
  #set(source: SourceWord): void {
    const sender = this.#slots.get(source)?.sender;
    if (!sender || isAudio(source) || typeof sender.getParameters !== "function") return;
    const set = async () => {
      if (this.#isClosed) return;
      const parameters = sender.getParameters();
      const encodings = parameters.encodings ?? [];
      const flags = activeFlags(
        encodings.map(({ rid }) => rid),
        this.#wanted.get(source),
        this.#isSavingData,
      );
      encodings.forEach((encoding, place) => {
        encoding.active = flags[place] ?? true;
      });
      parameters.degradationPreference = degradationOf(source);
      await sender.setParameters(parameters);
    };
    const before = this.#setting.get(source) ?? Promise.resolve();
    this.#setting.set(
      source,
      before.then(set).catch((cause) => console.info(`could not set what is sent of ${source}`, cause)),
    );
  }

  async #offer(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#isOffering) {
      this.#isWanted = true;
      return;
    }
    this.#isOffering = true;
    this.#generation += 1;
    const generation = this.#generation;
    try {
      // Whatever is added in the same breath goes into the same description.
      await Promise.resolve();
      this.#isWanted = false;
      await this.#peer.setLocalDescription(await this.#peer.createOffer());
      const tracks: OfferedTrack[] = [];
      for (const [source, slot] of this.#slots)
        if (slot.mid !== null && slot.direction === "sendonly") tracks.push({ mid: slot.mid, source });
      // What the encoder does follows the answer, which follows this: the browser's own copy needs no change.
      const raw = tracks.filter(({ source }) => source === "auscultation").map(({ mid }) => mid);
      const sdp = withRawSound(this.#peer.localDescription?.sdp ?? "", raw);
      this.#wire.send({ type: "publish_offer", generation, sdp, tracks });
      this.#late = setTimeout(() => this.#again(generation), ANSWER_MS);
    } catch (cause) {
      this.#isOffering = false;
      if (!this.#isClosed) console.warn("could not offer", cause);
    }
  }

  async #answer(generation: number, sdp: string): Promise<void> {
    if (this.#isClosed || generation !== this.#generation || !this.#isOffering) return;
    clearTimeout(this.#late);
    try {
      await this.#peer.setRemoteDescription({ type: "answer", sdp });
    } catch (cause) {
      console.warn("the answer to an offer could not be used", cause);
      this.#tell("lost");
    }
    this.#isOffering = false;
    if (this.#isWanted) await this.#offer();
  }

  /** No answer came: the same is offered anew under the next number. */
  #again(generation: number): void {
    if (this.#isClosed || generation !== this.#generation) return;
    this.#isOffering = false;
    void this.#offer();
  }
}
