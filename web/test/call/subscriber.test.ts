import { describe, expect, it } from "vitest";
import { received, sent } from "../../src/call/stats";
import { assign, type Sources } from "../../src/call/subscriber";
import { FakeTrack } from "./fake-media";

const line = (mid: string, kind: "audio" | "video") => ({
  mid,
  receiver: { track: new FakeTrack(kind, `track-${mid}`) as unknown as MediaStreamTrack },
});

describe("assign", () => {
  it("gives each person the tracks that the gateway names, and leaves idle lines out", () => {
    const lines = [line("0", "audio"), line("1", "video"), line("2", "video"), line("3", "audio")];
    const people = assign(lines, [
      { mid: "0", participant: "doctor", source: "microphone" },
      { mid: "2", participant: "doctor", source: "screen" },
      { mid: "3", participant: "relative", source: "microphone" },
      { mid: "9", participant: "nobody", source: "camera" },
    ]);
    expect([...people.keys()]).toEqual(["doctor", "relative"]);
    expect(people.get("doctor")?.microphone?.id).toBe("track-0");
    expect(people.get("doctor")?.screen?.id).toBe("track-2");
    expect(people.get("doctor")?.camera).toBeUndefined();
    expect(people.get("relative")?.microphone?.id).toBe("track-3");
  });
});

describe("statistics", () => {
  it("sorts what arrives by person and source", () => {
    const report = new Map([
      ["a", { type: "inbound-rtp", trackIdentifier: "track-1", framesDecoded: 12, frameWidth: 640, frameHeight: 480 }],
      ["b", { type: "inbound-rtp", trackIdentifier: "track-0", totalAudioEnergy: 0.5, packetsReceived: 40 }],
      ["c", { type: "codec" }],
    ]) as unknown as RTCStatsReport;
    const people = new Map<string, Sources>([
      ["doctor", { microphone: line("0", "audio").receiver.track, camera: line("1", "video").receiver.track }],
      ["relative", {}],
    ]);
    const all = received(report, people);
    expect(all.doctor).toMatchObject({
      framesDecoded: 12,
      width: 640,
      height: 480,
      audioEnergy: 0.5,
      audioPackets: 40,
    });
    expect(all.relative).toMatchObject({ framesDecoded: 0, audioEnergy: 0 });
  });

  it("adds up what leaves", () => {
    const report = new Map([
      ["a", { type: "outbound-rtp", kind: "video", framesEncoded: 5, packetsSent: 20 }],
      ["b", { type: "outbound-rtp", kind: "audio", packetsSent: 30 }],
    ]) as unknown as RTCStatsReport;
    expect(sent(report)).toEqual({ framesEncoded: 5, videoPackets: 20, audioPackets: 30 });
  });
});
