import { batch, type Signal, signal } from "@preact/signals";
import type { DirectionWord, PathWord, SourceWord } from "../protocol";
import { onNetworkChange, type Wire } from "../wire";
import { endOf, type PeerState } from "./peer";
import { Publisher } from "./publisher";
import { between, type Counted, count } from "./quality";
import { Repair, SILENT_MS } from "./repair";
import { type Received, received, type Sent, sent } from "./stats";
import { type Sources, Subscriber } from "./subscriber";
import { type Travel, travelOf } from "./travel";

export type MediaState = "connecting" | "connected" | "lost";

const LOOK_EVERY_MS = 500;
const RECORD_EVERY_MS = 10_000;
/** A sender hears reports and answers to its checks only; Firefox checks every five seconds. */
const SENDER_SILENT_MS = 8_000;
/** Credentials that end so soon are worth nothing to a connection that is only looking for its path. */
const ENDS_SOON_MS = 30_000;
/** A welcome this young has told the best that there is. */
const FRESH_MS = 60_000;

export interface MediaParts {
  wire: Wire;
  /** The number of the last offer that was made on this wire. */
  generation: number;
  isPhone: boolean;
  /** Whether anything should be arriving now. */
  expects(): boolean;
  /** A connection has come about: what the gateway cannot know is told again. */
  onConnected(): void;
  /** Nothing that could be done here brings the media back. */
  onGivenUp(): void;
}

/** Both connections of this person in a call: looks after their paths, and keeps the record of their quality. */
export class Media {
  readonly state: Signal<MediaState> = signal("connecting");
  readonly remote: Signal<Map<string, Sources>> = signal(new Map());
  /** How packets get through; the worse of the two directions. */
  readonly path: Signal<PathWord> = signal("udp");

  #parts: MediaParts;
  #publisher: Publisher;
  #subscriber: Subscriber;
  #states: Record<DirectionWord, PeerState> = { publish: "new", subscribe: "new" };
  #repairs: Record<DirectionWord, Repair>;
  #recorded: Partial<Record<DirectionWord, Counted>> = {};
  #recordedAt = performance.now();
  #last: Partial<Record<DirectionWord, Counted>> = {};
  #isLooking = false;
  /** What begins once the wire has told new credentials. */
  #waiting: DirectionWord[] = [];
  #stops: (() => void)[] = [];

  constructor(parts: MediaParts) {
    this.#parts = parts;
    const now = performance.now();
    this.#repairs = { publish: new Repair(now, SENDER_SILENT_MS), subscribe: new Repair(now) };
    this.#publisher = new Publisher(parts.wire, parts.generation, parts.isPhone, (state) => {
      this.#moved("publish", state);
      if (state === "connected") parts.onConnected();
    });
    this.#subscriber = new Subscriber(
      parts.wire,
      (state) => this.#moved("subscribe", state),
      (people) => {
        this.remote.value = people;
      },
    );
    const looking = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    // The page has a new network: the old path is dead, and the browser would take seconds to notice.
    const changed = () => {
      for (const repair of Object.values(this.#repairs)) repair.networkChanged();
    };
    addEventListener("online", changed);
    this.#stops.push(
      () => clearInterval(looking),
      () => removeEventListener("online", changed),
      onNetworkChange(changed),
    );
  }

  get generation(): number {
    return this.#publisher.generation;
  }

  has(source: SourceWord): boolean {
    return this.#publisher.has(source);
  }

  send(source: SourceWord, track: MediaStreamTrack | undefined): Promise<void> {
    return this.#publisher.send(source, track);
  }

  withdraw(source: SourceWord): Promise<void> {
    return this.#publisher.withdraw(source);
  }

  want(source: SourceWord, rids: readonly string[]): void {
    this.#publisher.want(source, rids);
  }

  saveData(is: boolean): void {
    this.#publisher.saveData(is);
  }

  /** The wire is back, and the gateway has kept both connections. */
  resumed(): void {
    this.#publisher.resumed();
    this.#restart(this.#waiting.splice(0));
  }

  async stats(): Promise<{ sent: Sent; people: Record<string, Received> }> {
    const [out, into] = await Promise.all([this.#publisher.stats(), this.#subscriber.stats()]);
    return { sent: sent(out), people: received(into, this.remote.peek()) };
  }

  /** How each direction travels now. */
  async travels(): Promise<Travel[]> {
    const [out, into] = await Promise.all([this.#publisher.stats(), this.#subscriber.stats()]);
    return [
      travelOf(out, this.#states.publish === "connected"),
      travelOf(into, this.#states.subscribe === "connected"),
    ];
  }

  close(): void {
    this.#record(performance.now());
    for (const stop of this.#stops.splice(0)) stop();
    this.#publisher.close();
    this.#subscriber.close();
  }

  #moved(direction: DirectionWord, state: PeerState): void {
    this.#states[direction] = state;
    this.#repairs[direction].path(performance.now(), state);
    const states = Object.values(this.#states);
    this.state.value = states.includes("lost") ? "lost" : states.includes("connected") ? "connected" : "connecting";
  }

  /** Counts what has arrived, and repairs what is silent while the wire can carry the words for it. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const [out, into] = await Promise.all([this.#publisher.stats(), this.#subscriber.stats()]);
      if (this.#stops.length === 0) return;
      const now = performance.now();
      const publish = count(out, "publish");
      const subscribe = count(into, "subscribe");
      this.#last = { publish, subscribe };
      batch(() => {
        this.path.value = subscribe.path === "udp" ? publish.path : subscribe.path;
      });
      // A browser that counts no signs at all proves nothing by it.
      this.#repairs.publish.sample(now, publish.signs, publish.packets > 0 && publish.signs > 0);
      this.#repairs.subscribe.sample(now, subscribe.packets, this.#parts.expects());
      this.#mend(now);
      if (now - this.#recordedAt >= RECORD_EVERY_MS) this.#record(now);
    } catch (cause) {
      console.info("the connection tells no numbers", cause);
    } finally {
      this.#isLooking = false;
    }
  }

  #mend(now: number): void {
    const { publish, subscribe } = this.#repairs;
    const isSilent = subscribe.isSilent(now);
    // The wire goes the same way: when media fall silent it is asked for a sign of life as well.
    if (isSilent) this.#parts.wire.check();
    if (this.#parts.wire.state.peek() !== "open") return;
    const remedy = subscribe.due(now);
    if (remedy === "restart" && isSilent && publish.isSilent(now, SILENT_MS)) publish.networkChanged();
    const other = publish.due(now);
    if (remedy === "anew" || other === "anew") {
      this.#parts.onGivenUp();
      return;
    }
    const directions: DirectionWord[] = [];
    if (remedy === "restart") directions.push("subscribe");
    if (other === "restart") directions.push("publish");
    if (directions.length > 0 && this.#isRelayOver()) {
      console.info("the credentials of the relay have ended: the wire is opened anew for others");
      this.#waiting = directions;
      this.#parts.wire.renew();
    } else this.#restart(directions);
  }

  #restart(directions: readonly DirectionWord[]): void {
    for (const direction of directions) {
      console.info(`looking for a new path to ${direction}`);
      if (direction === "publish") this.#publisher.restart();
      else this.#subscriber.restart();
    }
  }

  /** Whether a new path by the relay would be refused, and another welcome would help. */
  #isRelayOver(): boolean {
    const { wire } = this.#parts;
    const welcome = wire.welcome.peek();
    const endsAt = endOf(welcome?.iceServers ?? []);
    if (!welcome || endsAt === undefined) return false;
    return endsAt - wire.now() < ENDS_SOON_MS && wire.now() - Date.parse(welcome.now) > FRESH_MS;
  }

  #record(now: number): void {
    const ms = now - this.#recordedAt;
    this.#recordedAt = now;
    for (const direction of ["publish", "subscribe"] as const) {
      const after = this.#last[direction];
      const quality = after && between(this.#recorded[direction], after, ms, direction);
      if (quality && this.#parts.wire.state.peek() === "open") this.#parts.wire.send(quality);
      if (after) this.#recorded[direction] = after;
    }
  }
}
