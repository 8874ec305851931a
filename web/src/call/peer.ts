import type { IceServer } from "../protocol";

/** What is the same in both peer connections. */

export type PeerState = "new" | "connecting" | "connected" | "lost";

/** A peer connection of this client. It asks no server but the gateway's own relay, which the welcome names. */
export function makePeer(iceServers: readonly IceServer[]): RTCPeerConnection {
  return new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: iceServers.map((server) => ({ ...server })) });
}

/**
 * When credentials of relays end, in milliseconds since 1970: their user names begin with it, in seconds
 * (draft-uberti-behave-turn-rest-00). Undefined where they do not.
 */
export function endOf(iceServers: readonly IceServer[]): number | undefined {
  const ends = iceServers.map(({ username }) => Number(/^(\d{9,11}):/.exec(username)?.[1] ?? Number.NaN) * 1_000);
  const known = ends.filter((end) => !Number.isNaN(end));
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** Gives a connection the newest credentials of the relay; it uses them from its next ICE restart. */
export function refresh(peer: RTCPeerConnection, iceServers: readonly IceServer[]): void {
  try {
    peer.setConfiguration({ ...peer.getConfiguration(), iceServers: iceServers.map((server) => ({ ...server })) });
  } catch (cause) {
    console.info("the relay could not be renewed", cause);
  }
}

function stateOf(peer: RTCPeerConnection): PeerState {
  switch (peer.connectionState) {
    case "new":
      return "new";
    case "connecting":
      return "connecting";
    case "connected":
      return "connected";
    default:
      return "lost";
  }
}

/** Tells every change of a connection's state. The answer of this call stops it. */
export function follow(peer: RTCPeerConnection, tell: (state: PeerState) => void): () => void {
  const change = () => {
    if (peer.connectionState !== "closed") tell(stateOf(peer));
  };
  peer.addEventListener("connectionstatechange", change);
  return () => peer.removeEventListener("connectionstatechange", change);
}

/** VP8 with its retransmissions, Opus: what the gateway forwards. Browsers that cannot choose offer everything, and the answer chooses. */
export function preferCodecs(transceiver: RTCRtpTransceiver, kind: "audio" | "video"): void {
  const all = RTCRtpSender.getCapabilities?.(kind)?.codecs ?? [];
  const wanted = kind === "audio" ? ["audio/opus", "audio/red"] : ["video/vp8", "video/rtx"];
  const codecs = wanted.flatMap((type) => all.filter((codec) => codec.mimeType.toLowerCase() === type));
  if (codecs.length === 0 || typeof transceiver.setCodecPreferences !== "function") return;
  try {
    transceiver.setCodecPreferences(codecs);
  } catch (cause) {
    console.info("the browser keeps its own order of codecs", cause);
  }
}
