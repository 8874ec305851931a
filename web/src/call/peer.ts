/** What is the same in both peer connections. */

export type PeerState = "new" | "connecting" | "connected" | "lost";

/** How long a path may be away before new ICE credentials are asked for. Short losses heal by themselves. */
export const DISCONNECTED_MS = 3_000;
/** How long a repair may take before the next. */
export const REPAIR_MS = 8_000;

/** A peer connection of this client. The gateway tells its addresses in its descriptions; no other server is asked for any. */
export function makePeer(): RTCPeerConnection {
  return new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: [] });
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

/**
 * Follows the state of a connection: tells every change, and calls `repair` when the path has been lost for three seconds, at
 * once when it has failed, and again for as long as it does not come back. The answer of this call stops it.
 */
export function watch(peer: RTCPeerConnection, tell: (state: PeerState) => void, repair: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const arm = (ms: number) => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (peer.connectionState === "connected" || peer.connectionState === "closed") return;
      repair();
      arm(REPAIR_MS);
    }, ms);
  };
  const change = () => {
    if (peer.connectionState === "closed") return;
    tell(stateOf(peer));
    if (peer.connectionState === "connected") {
      clearTimeout(timer);
      timer = undefined;
    } else if (peer.connectionState === "disconnected") arm(DISCONNECTED_MS);
    else if (peer.connectionState === "failed") {
      clearTimeout(timer);
      timer = undefined;
      arm(0);
    }
  };
  peer.addEventListener("connectionstatechange", change);
  return () => {
    clearTimeout(timer);
    peer.removeEventListener("connectionstatechange", change);
  };
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
