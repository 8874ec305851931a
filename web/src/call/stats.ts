import type { SourceWord } from "../protocol";
import type { Sources } from "./subscriber";

/** What arrives from one person, counted by the browser since the connection began. */
export interface Received {
  framesDecoded: number;
  width: number;
  height: number;
  screenFramesDecoded: number;
  /** Total energy of the decoded sound; grows only while something is heard (WebRTC statistics, totalAudioEnergy). */
  audioEnergy: number;
  audioPackets: number;
}

/** What leaves this device. */
export interface Sent {
  framesEncoded: number;
  videoPackets: number;
  audioPackets: number;
}

interface Entry {
  type: string;
  kind?: string;
  trackIdentifier?: string;
  framesDecoded?: number;
  frameWidth?: number;
  frameHeight?: number;
  totalAudioEnergy?: number;
  packetsReceived?: number;
  framesEncoded?: number;
  packetsSent?: number;
}

function entries(report: RTCStatsReport | undefined, type: string): Entry[] {
  const found: Entry[] = [];
  report?.forEach((entry: Entry) => {
    if (entry.type === type) found.push(entry);
  });
  return found;
}

/** Sorts the statistics of the receiving connection by person. */
export function received(report: RTCStatsReport | undefined, people: Map<string, Sources>): Record<string, Received> {
  const byTrack = new Map<string | undefined, Entry>(
    entries(report, "inbound-rtp").map((entry) => [entry.trackIdentifier, entry]),
  );
  const all: Record<string, Received> = {};
  for (const [participant, sources] of people) {
    const of = (source: SourceWord): Entry | undefined =>
      sources[source] ? byTrack.get(sources[source]?.id) : undefined;
    all[participant] = {
      framesDecoded: of("camera")?.framesDecoded ?? 0,
      width: of("camera")?.frameWidth ?? 0,
      height: of("camera")?.frameHeight ?? 0,
      screenFramesDecoded: of("screen")?.framesDecoded ?? 0,
      audioEnergy: of("microphone")?.totalAudioEnergy ?? 0,
      audioPackets: of("microphone")?.packetsReceived ?? 0,
    };
  }
  return all;
}

/** Adds up the statistics of the sending connection. */
export function sent(report: RTCStatsReport | undefined): Sent {
  const total: Sent = { framesEncoded: 0, videoPackets: 0, audioPackets: 0 };
  for (const entry of entries(report, "outbound-rtp")) {
    total.framesEncoded += entry.framesEncoded ?? 0;
    if (entry.kind === "video") total.videoPackets += entry.packetsSent ?? 0;
    else total.audioPackets += entry.packetsSent ?? 0;
  }
  return total;
}
