import { describe, expect, it } from "vitest";
import { between, type Counted, count } from "../../src/call/quality";

const report = (...entries: ({ id: string } & Record<string, unknown>)[]) =>
  new Map(entries.map((entry) => [entry.id, entry])) as unknown as RTCStatsReport;

const zero: Counted = {
  packets: 0,
  lost: 0,
  bytes: 0,
  freezesMs: 0,
  concealedSamples: 0,
  samples: 0,
  rttMs: 0,
  jitterMs: 0,
  path: "udp",
  signs: 0,
};

describe("count", () => {
  it("adds up what is received, and takes the worst jitter", () => {
    const counted = count(
      report(
        { id: "a", type: "inbound-rtp", kind: "audio", packetsReceived: 100, packetsLost: 2, jitter: 0.01 },
        { id: "b", type: "inbound-rtp", kind: "video", packetsReceived: 50, totalFreezesDuration: 1.5, jitter: 0.03 },
        { id: "t", type: "transport", selectedCandidatePairId: "p" },
        { id: "p", type: "candidate-pair", currentRoundTripTime: 0.08, localCandidateId: "l", responsesReceived: 4 },
        { id: "l", type: "local-candidate", candidateType: "host", protocol: "udp" },
      ),
      "subscribe",
    );
    expect(counted).toMatchObject({
      packets: 150,
      lost: 2,
      freezesMs: 1_500,
      jitterMs: 30,
      rttMs: 80,
      path: "udp",
      signs: 154,
    });
  });

  it("does not count silence that was filled with silence as concealed", () => {
    const audio = { concealedSamples: 900, silentConcealedSamples: 800, totalSamplesReceived: 1_000 };
    expect(count(report({ id: "a", type: "inbound-rtp", ...audio }), "subscribe").concealedSamples).toBe(100);
  });

  it.each([
    [{ candidateType: "host", protocol: "tcp" }, "tcp"],
    [{ candidateType: "prflx", protocol: "udp" }, "udp"],
    [{ candidateType: "relay", protocol: "udp", relayProtocol: "udp" }, "relay_udp"],
    [{ candidateType: "relay", protocol: "udp", relayProtocol: "tcp" }, "relay_tcp"],
    [{ candidateType: "relay", protocol: "udp", relayProtocol: "tls" }, "relay_tls"],
  ])("%o is %s", (candidate, path) => {
    const pair = { id: "p", type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "l" };
    expect(count(report(pair, { id: "l", type: "local-candidate", ...candidate }), "publish").path).toBe(path);
  });
});

describe("between", () => {
  it("tells what happened in the interval, not since the beginning", () => {
    const before = { ...zero, packets: 1_000, lost: 500, bytes: 100_000, freezesMs: 9_000 };
    const after = { ...before, packets: 1_090, lost: 510, bytes: 112_500, freezesMs: 9_250, rttMs: 41.04 };
    expect(between(before, after, 10_000, "subscribe")).toEqual({
      type: "quality",
      direction: "subscribe",
      lossPct: 10,
      rttMs: 41,
      jitterMs: 0,
      freezesMs: 250,
      concealedPct: 0,
      path: "udp",
      bitrateKbps: 10,
    });
  });

  it("measures the loss of a sender against what it sent", () => {
    expect(between(undefined, { ...zero, packets: 100, lost: 10 }, 10_000, "publish")?.lossPct).toBe(10);
  });

  it("gives the share of sound that was made up", () => {
    const after = { ...zero, packets: 1, samples: 48_000, concealedSamples: 4_800 };
    expect(between(undefined, after, 1_000, "subscribe")?.concealedPct).toBe(10);
  });

  it("is never negative when a track with its counters has gone", () => {
    const before = { ...zero, packets: 1_000, lost: 30, bytes: 9_000 };
    const quality = between(before, { ...zero, packets: 1_010, lost: 5, bytes: 10 }, 10_000, "subscribe");
    expect([quality?.lossPct, quality?.bitrateKbps]).toEqual([0, 0]);
  });

  it("has nothing to tell of an interval without packets", () => {
    const idle = { ...zero, packets: 70 };
    expect(between(idle, idle, 10_000, "subscribe")).toBeUndefined();
  });
});
