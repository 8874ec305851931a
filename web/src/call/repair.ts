import type { PeerState } from "./peer";

/**
 * What to do about a connection: `restart` looks for a new path (ICE restart, RFC 8445 section 2.4), `anew` begins from the start
 * after restarts that did not help.
 */
export type Remedy = "restart" | "anew";

/** Nothing has arrived for this long although somebody sends: the path is dead, long before the browser says so. */
export const SILENT_MS = 1_800;
/** A path that the browser calls lost may come back by itself for this long. */
const DISCONNECTED_MS = 1_000;
const FIRST_WAIT_MS = 1_200;
const LAST_WAIT_MS = 15_000;
/** A connection that does not come about at all. */
const STARTING_MS = 10_000;
const RESTARTS = 4;

/** Decides for one direction when its path is to be repaired. It is told the time, and does nothing itself. */
export class Repair {
  #silentMs: number;
  #state: PeerState = "new";
  #stateAt: number;
  #packets = -1;
  #heardAt: number;
  #isHinted = false;
  #tries = 0;
  #notBefore = 0;

  /** `silentMs`: how long nothing may arrive. A direction that only gets reports back is patient. */
  constructor(nowMs: number, silentMs = SILENT_MS) {
    this.#silentMs = silentMs;
    this.#stateAt = this.#heardAt = nowMs;
  }

  /** The packets that have arrived so far, and whether any more are expected at all. */
  sample(nowMs: number, packets: number, isExpected: boolean): void {
    const hasGrown = packets > this.#packets;
    this.#packets = packets;
    if (!hasGrown && isExpected) return;
    this.#heardAt = nowMs;
    // Only what arrives proves that a repair has worked.
    if (hasGrown && this.#state === "connected") this.#tries = 0;
  }

  path(nowMs: number, state: PeerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#stateAt = nowMs;
    if (state === "connected") this.#heardAt = nowMs;
  }

  /** The device has another network: the old path is dead. */
  networkChanged(): void {
    this.#isHinted = true;
  }

  /** Nothing has arrived for so long. */
  isSilent(nowMs: number, forMs = this.#silentMs): boolean {
    return this.#state === "connected" && nowMs - this.#heardAt >= forMs;
  }

  /** What is to be done now, at most once for each time it is asked. Not to be asked while nobody could be told. */
  due(nowMs: number): Remedy | undefined {
    if (this.#state === "new" || nowMs < this.#notBefore) return undefined;
    const sinceMs = nowMs - this.#stateAt;
    const isStuck = this.#state === "connecting" && sinceMs >= STARTING_MS;
    const isLost = this.#state === "lost" && sinceMs >= DISCONNECTED_MS;
    if (!this.#isHinted && !isStuck && !isLost && !this.isSilent(nowMs)) return undefined;
    this.#isHinted = false;
    this.#tries += 1;
    this.#notBefore = nowMs + Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#tries - 1));
    if (this.#tries <= RESTARTS || this.#state === "connected") return "restart";
    this.#tries = 0;
    return "anew";
  }
}
