import type { DiagRung, IceServer, PathWord } from "../protocol";

/** What a short look at the network before the call has found. */
export interface NetworkFound {
  /** Median time of an exchange over the wire; absent when it did not answer. */
  rttMs?: number;
  /** Whether UDP reaches the hospital; absent when it could not be tried. */
  isUdpOpen?: boolean;
  /** Without UDP: whether any other way is open; absent when a way could not be tried. */
  isDetourOpen?: boolean;
}

export type NetworkWord = "good" | "slow" | "restricted" | "blocked" | "unknown";

const SLOW_MS = 400;

/** The one word for it. A slow network is worse for a talk than a detour; no way at all is worst. */
export function networkWord({ rttMs, isUdpOpen, isDetourOpen }: NetworkFound): NetworkWord {
  if (rttMs === undefined) return "unknown";
  if (isUdpOpen === false && isDetourOpen === false) return "blocked";
  if (rttMs > SLOW_MS) return "slow";
  return isUdpOpen === false ? "restricted" : "good";
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export const isRelay = (path: PathWord): boolean => path !== "udp" && path !== "tcp";

/** What it takes to try one way alone. */
export type Way = Pick<DiagRung, "path" | "targets" | "answer" | "iceServers">;

/** A relay without credentials proves nothing: the browser would go another way. */
export const canTry = ({ path, iceServers }: Pick<Way, "path" | "iceServers">): boolean =>
  !isRelay(path) || iceServers.length > 0;

/** A relay of the hospital's comes without credentials in the report; whoever is in the visit has them from its welcome. */
export function withCredentials(way: Way, known: readonly IceServer[]): Way {
  if (canTry(way)) return way;
  const iceServers = known
    .map((server) => ({ ...server, urls: server.urls.filter((url) => way.targets.includes(url)) }))
    .filter(({ urls }) => urls.length > 0);
  return { ...way, iceServers };
}

/** What the ways but UDP have shown together: each true (open), false (closed) or undefined (not tried). */
export function anyOpen(found: readonly (boolean | undefined)[]): boolean | undefined {
  if (found.includes(true)) return true;
  return found.includes(undefined) ? undefined : false;
}

/** How long ICE took to connect by this way alone, in milliseconds; undefined when it did not in time. Never throws. */
export async function tryWay({ answer, iceServers }: Way, timeoutMs: number): Promise<number | undefined> {
  let peer: RTCPeerConnection;
  try {
    peer = new RTCPeerConnection({
      iceServers: iceServers.map((server) => ({ ...server })),
      iceTransportPolicy: iceServers.length > 0 ? "relay" : "all",
    });
  } catch (cause) {
    console.info("this way cannot be tried", cause);
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
      // Only ICE is looked at: the answer is of nobody, so that DTLS never completes.
      peer.oniceconnectionstatechange = () => {
        const state = peer.iceConnectionState;
        if (state === "connected" || state === "completed") end(performance.now() - begin);
        // Before all candidates are there, a failure may still be taken back.
        else if (state === "failed" && peer.iceGatheringState === "complete") end(undefined);
      };
      peer.createDataChannel("look");
      peer
        .createOffer()
        .then((offer) => peer.setLocalDescription(offer))
        .then(() => peer.setRemoteDescription({ type: "answer", sdp: answer }))
        .catch((cause) => {
          console.info("this way cannot be tried", cause);
          end(undefined);
        });
    });
  } finally {
    peer.oniceconnectionstatechange = null;
    peer.close();
  }
}
