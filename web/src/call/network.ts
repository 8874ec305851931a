import type { IceServer } from "../protocol";

/** What a short look at the network before the call has found. */
export interface NetworkFound {
  /** Median time of an exchange over the wire; absent when it did not answer. */
  rttMs?: number;
  /** Whether UDP reaches the hospital; absent when it could not be tried. */
  isUdpOpen?: boolean;
}

export type NetworkWord = "good" | "slow" | "restricted" | "unknown";

const SLOW_MS = 400;

/** The one word for it. A slow network is worse for a talk than a detour. */
export function networkWord({ rttMs, isUdpOpen }: NetworkFound): NetworkWord {
  if (rttMs === undefined) return "unknown";
  if (rttMs > SLOW_MS) return "slow";
  return isUdpOpen === false ? "restricted" : "good";
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** The addresses that answer over UDP without any sign-in. */
export const stunOf = (servers: readonly IceServer[]): string[] =>
  servers.flatMap(({ urls }) => urls).filter((url) => url.startsWith("stun:"));

export interface Gathering {
  config: RTCConfiguration;
  /** The kind of candidate that proves it: `srflx` for STUN, `relay` for TURN. */
  type: RTCIceCandidateType;
  timeoutMs: number;
}

/** How long a server took to give a candidate, in milliseconds; undefined when none came in time. Never throws. */
export async function gather({ config, type, timeoutMs }: Gathering): Promise<number | undefined> {
  let peer: RTCPeerConnection;
  try {
    peer = new RTCPeerConnection(config);
  } catch (cause) {
    console.info("these servers cannot be tried", cause);
    return undefined;
  }
  const begin = performance.now();
  try {
    return await new Promise<number | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), timeoutMs);
      const end = (found: number | undefined) => {
        clearTimeout(timer);
        resolve(found);
      };
      peer.onicecandidate = ({ candidate }) => {
        if (candidate && typeOf(candidate) === type) end(performance.now() - begin);
        // The browser has no more to try.
        else if (candidate === null) end(undefined);
      };
      peer.createDataChannel("look");
      peer
        .createOffer()
        .then((offer) => peer.setLocalDescription(offer))
        .catch(() => end(undefined));
    });
  } finally {
    peer.onicecandidate = null;
    peer.close();
  }
}

/** Older Safari does not take its candidates apart (RFC 8839 section 5.1: `... typ srflx ...`). */
function typeOf(candidate: { type?: string | null; candidate: string }): string | undefined {
  return candidate.type ?? / typ (\w+)/.exec(candidate.candidate)?.[1];
}
