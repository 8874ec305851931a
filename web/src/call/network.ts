import type { DiagRung, IceServer, PathWord } from "../protocol";

/** What a short look at the network before the call has found. */
export interface NetworkFound {
  /** Median time of an exchange over the wire; absent when it did not answer. */
  rttMs?: number;
  /** Whether UDP reaches the hospital; absent when it could not be tried. */
  isUdpOpen?: boolean;
  /** How many of the checks by UDP got no answer, in percent; absent where the browser does not count them. */
  lossPct?: number;
  /** Without UDP: whether any other way is open; absent when a way could not be tried. */
  isDetourOpen?: boolean;
}

export type NetworkWord = "good" | "lossy" | "slow" | "restricted" | "blocked" | "unknown";

const SLOW_MS = 400;
/** As the gateway has it for a poor connection. */
const LOSSY_PCT = 10;

/** The one word for it. A network that loses or is slow is worse for a talk than a detour; no way at all is worst. */
export function networkWord({ rttMs, isUdpOpen, isDetourOpen, lossPct = 0 }: NetworkFound): NetworkWord {
  if (rttMs === undefined) return "unknown";
  if (isUdpOpen === false && isDetourOpen === false) return "blocked";
  if (lossPct >= LOSSY_PCT) return "lossy";
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

/** Checks of one path (STUN Binding requests, RFC 8445 section 7), and how many of them were answered. */
export interface Checks {
  sent: number;
  answered: number;
}

/** What one try of a way has shown. */
export interface Trial {
  /** How long ICE took to connect, in milliseconds. */
  connectMs: number;
  /** Absent where the browser does not count them. */
  checks?: Checks;
}

/** The checks of the pair of candidates that answered most. */
export function checksOf(report: RTCStatsReport): Checks | undefined {
  let most: Checks | undefined;
  report.forEach(({ type, requestsSent, responsesReceived }) => {
    if (type !== "candidate-pair" || requestsSent === undefined || responsesReceived === undefined) return;
    if (!most || responsesReceived > most.answered) most = { sent: requestsSent, answered: responsesReceived };
  });
  return most;
}

/** Too few checks say nothing of a network. */
const FEWEST_CHECKS = 12;

/** How many checks got no answer, in percent, over several tries. The last of each may still be under way. */
export function lossPctOf(all: readonly (Checks | undefined)[]): number | undefined {
  let sent = 0;
  let lost = 0;
  for (const checks of all) {
    if (!checks || checks.sent === 0) continue;
    sent += checks.sent - 1;
    lost += Math.max(0, checks.sent - 1 - checks.answered);
  }
  return sent < FEWEST_CHECKS ? undefined : (100 * lost) / sent;
}

/**
 * Whether, and how fast, ICE connects by this way alone; undefined when it did not in time. With `stayMs` it stays connected for so
 * long and counts checks. Never throws.
 */
export async function tryWay({ answer, iceServers }: Way, timeoutMs: number, stayMs = 0): Promise<Trial | undefined> {
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
    const connectMs = await new Promise<number | undefined>((resolve) => {
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
    if (connectMs === undefined || stayMs === 0) return connectMs === undefined ? undefined : { connectMs };
    await new Promise((resolve) => setTimeout(resolve, stayMs));
    const checks = await peer
      .getStats()
      .then(checksOf)
      .catch(() => undefined);
    return checks ? { connectMs, checks } : { connectMs };
  } finally {
    peer.oniceconnectionstatechange = null;
    peer.close();
  }
}
