import type { ClientMessage, DirectionWord, PathWord } from "../protocol";

export type Quality = Extract<ClientMessage, { type: "quality" }>;

/** What a connection has counted since it began (Identifiers for WebRTC's Statistics API), as far as the browser says. */
export interface Counted {
  packets: number;
  lost: number;
  bytes: number;
  freezesMs: number;
  concealedSamples: number;
  samples: number;
  /** Values of now, not sums. */
  rttMs: number;
  jitterMs: number;
  path: PathWord;
  /** Packets and answers of the other side, of any kind: that they grow proves that the path is alive. */
  signs: number;
}

/** One entry of a report, as far as the browser tells it. */
export interface Entry {
  id: string;
  type: string;
  kind?: string;
  packetsReceived?: number;
  packetsSent?: number;
  packetsLost?: number;
  bytesReceived?: number;
  bytesSent?: number;
  jitter?: number;
  roundTripTime?: number;
  currentRoundTripTime?: number;
  totalFreezesDuration?: number;
  concealedSamples?: number;
  silentConcealedSamples?: number;
  totalSamplesReceived?: number;
  responsesReceived?: number;
  selectedCandidatePairId?: string;
  selected?: boolean;
  nominated?: boolean;
  state?: string;
  localCandidateId?: string;
  protocol?: string;
  candidateType?: string;
  relayProtocol?: string;
  dtlsState?: string;
  tlsVersion?: string;
  srtpCipher?: string;
}

/** How packets travel, by the candidate of this side. */
export function pathOf(candidate: Entry | undefined): PathWord {
  if (candidate?.candidateType === "relay") {
    if (candidate.relayProtocol === "tls") return "relay_tls";
    return candidate.relayProtocol === "tcp" ? "relay_tcp" : "relay_udp";
  }
  return candidate?.protocol === "tcp" ? "tcp" : "udp";
}

const sum = (entries: readonly Entry[], of: (entry: Entry) => number | undefined): number =>
  entries.reduce((total, entry) => total + (of(entry) ?? 0), 0);
const most = (entries: readonly Entry[], of: (entry: Entry) => number | undefined): number =>
  entries.reduce((top, entry) => Math.max(top, of(entry) ?? 0), 0);

/** A report by its identifiers. */
export function entriesOf(report: RTCStatsReport): ReadonlyMap<string, Entry> {
  const all = new Map<string, Entry>();
  report.forEach((entry: Entry) => {
    all.set(entry.id, entry);
  });
  return all;
}

/** The pair of candidates that packets go by. */
export function selectedPair(all: ReadonlyMap<string, Entry>): Entry | undefined {
  const of = (type: string) => [...all.values()].filter((entry) => entry.type === type);
  const selected = of("transport").find((entry) => entry.selectedCandidatePairId)?.selectedCandidatePairId;
  const pairs = of("candidate-pair");
  return (
    (selected !== undefined ? all.get(selected) : undefined) ??
    pairs.find((entry) => entry.selected) ??
    pairs.find((entry) => entry.nominated && entry.state === "succeeded")
  );
}

/** Reads a report of the browser. */
export function count(report: RTCStatsReport, direction: DirectionWord): Counted {
  const all = entriesOf(report);
  const of = (type: string) => [...all.values()].filter((entry) => entry.type === type);
  const pair = selectedPair(all);
  const path = pathOf(all.get(pair?.localCandidateId ?? ""));
  const pairRttMs = (pair?.currentRoundTripTime ?? 0) * 1_000;
  if (direction === "publish") {
    const out = of("outbound-rtp");
    const told = of("remote-inbound-rtp");
    return {
      packets: sum(out, (entry) => entry.packetsSent),
      lost: sum(told, (entry) => entry.packetsLost),
      bytes: sum(out, (entry) => entry.bytesSent),
      freezesMs: 0,
      concealedSamples: 0,
      samples: 0,
      rttMs: most(told, (entry) => entry.roundTripTime) * 1_000 || pairRttMs,
      jitterMs: most(told, (entry) => entry.jitter) * 1_000,
      path,
      signs: sum(of("transport"), (entry) => entry.packetsReceived) + (pair?.responsesReceived ?? 0),
    };
  }
  const into = of("inbound-rtp");
  const packets = sum(into, (entry) => entry.packetsReceived);
  return {
    packets,
    lost: sum(into, (entry) => entry.packetsLost),
    bytes: sum(into, (entry) => entry.bytesReceived),
    freezesMs: sum(into, (entry) => entry.totalFreezesDuration) * 1_000,
    // Silence that was filled with silence was heard by nobody: DTX makes much of it.
    concealedSamples: sum(into, (entry) => (entry.concealedSamples ?? 0) - (entry.silentConcealedSamples ?? 0)),
    samples: sum(into, (entry) => entry.totalSamplesReceived),
    rttMs: pairRttMs,
    jitterMs: most(into, (entry) => entry.jitter) * 1_000,
    path,
    signs: packets + (pair?.responsesReceived ?? 0),
  };
}

/** Never negative: the counters of a track that went away are missing from the next report. */
const grown = (before: number, after: number): number => Math.max(0, after - before);
const share = (part: number, whole: number): number => (whole > 0 ? Math.min(100, (100 * part) / whole) : 0);
const tenth = (value: number): number => Math.round(value * 10) / 10;

/** What happened between two readings of one connection that lie `ms` apart; nothing when nothing was carried. */
export function between(
  before: Counted | undefined,
  after: Counted,
  ms: number,
  direction: DirectionWord,
): Quality | undefined {
  const packets = grown(before?.packets ?? 0, after.packets);
  const lost = grown(before?.lost ?? 0, after.lost);
  if (ms <= 0 || packets + lost === 0) return undefined;
  const samples = grown(before?.samples ?? 0, after.samples);
  return {
    type: "quality",
    direction,
    // A sender counts what it sent, and is told what of it was lost; a receiver counts what came.
    lossPct: tenth(share(lost, direction === "publish" ? packets : packets + lost)),
    rttMs: tenth(after.rttMs),
    jitterMs: tenth(after.jitterMs),
    freezesMs: Math.round(grown(before?.freezesMs ?? 0, after.freezesMs)),
    concealedPct: tenth(share(grown(before?.concealedSamples ?? 0, after.concealedSamples), samples)),
    path: after.path,
    bitrateKbps: Math.round((grown(before?.bytes ?? 0, after.bytes) * 8) / ms),
  };
}
