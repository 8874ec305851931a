import type { ServerMessage, SourceWord, SubscribedTrack } from "../protocol";
import type { Wire } from "../wire";
import { follow, makePeer, type PeerState, refresh } from "./peer";
import { withRawSound } from "./raw-sound";

/** What one person sends here. */
export type Sources = Partial<Record<SourceWord, MediaStreamTrack>>;

type Offer = Extract<ServerMessage, { type: "subscribe_offer" }>;

/** Which track belongs to whom: the m-lines of a description by their `mid`. Lines that the gateway does not name are idle. */
export function assign(
  lines: readonly { mid: string | null; receiver: { track: MediaStreamTrack } }[],
  tracks: readonly SubscribedTrack[],
): Map<string, Sources> {
  const people = new Map<string, Sources>();
  for (const { mid, participant, source } of tracks) {
    const line = lines.find((candidate) => candidate.mid === mid);
    if (!line) continue;
    const sources = people.get(participant) ?? {};
    sources[source] = line.receiver.track;
    people.set(participant, sources);
  }
  return people;
}

/** The connection that receives. The gateway offers the whole set, one offer at a time; only the newest counts. */
export class Subscriber {
  #wire: Wire;
  #tell: (state: PeerState) => void;
  #give: (people: Map<string, Sources>) => void;
  #peer: RTCPeerConnection;
  #unwatch: () => void;
  #unlisten: () => void;
  #isBusy = false;
  #next: Offer | undefined;
  #isFresh = true;
  #isClosed = false;

  constructor(wire: Wire, tell: (state: PeerState) => void, give: (people: Map<string, Sources>) => void) {
    this.#wire = wire;
    this.#tell = tell;
    this.#give = give;
    this.#peer = this.#make();
    this.#unwatch = this.#watch();
    this.#unlisten = wire.on("subscribe_offer", (offer) => {
      this.#next = offer;
      void this.#work();
    });
  }

  /** Asks for a new path with new ICE credentials. */
  restart(): void {
    if (this.#isFresh) return;
    refresh(this.#peer, this.#wire.welcome.peek()?.iceServers ?? []);
    this.#wire.send({ type: "restart_subscribe" });
  }

  stats(): Promise<RTCStatsReport> {
    return this.#peer.getStats();
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch();
    this.#unlisten();
    this.#peer.close();
  }

  #make(): RTCPeerConnection {
    return makePeer(this.#wire.welcome.peek()?.iceServers ?? []);
  }

  #watch(): () => void {
    return follow(this.#peer, this.#tell);
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#next && !this.#isClosed) {
      const offer = this.#next;
      this.#next = undefined;
      await this.#take(offer);
    }
    this.#isBusy = false;
  }

  async #take(offer: Offer): Promise<void> {
    try {
      await this.#peer.setRemoteDescription({ type: "offer", sdp: offer.sdp });
      const raw = offer.tracks.filter(({ source }) => source === "auscultation").map(({ mid }) => mid);
      const answer = await this.#peer.createAnswer();
      // Browsers decode in stereo what their own description says so of.
      await this.#peer.setLocalDescription({ type: "answer", sdp: withRawSound(answer.sdp ?? "", raw) });
      if (this.#isClosed) return;
      this.#isFresh = false;
      const sdp = withRawSound(this.#peer.localDescription?.sdp ?? "", raw);
      this.#wire.send({ type: "subscribe_answer", generation: offer.generation, sdp });
      this.#give(assign(this.#peer.getTransceivers(), offer.tracks));
    } catch (cause) {
      if (this.#isClosed) return;
      console.warn("an offer of the gateway could not be used", cause);
      if (this.#isFresh) return this.#tell("lost");
      // The gateway has made its side anew: so is ours, and the same offer is tried once more.
      this.#unwatch();
      this.#peer.close();
      this.#peer = this.#make();
      this.#unwatch = this.#watch();
      this.#isFresh = true;
      await this.#take(offer);
    }
  }
}
