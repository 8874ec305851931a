import { describe, expect, it, vi } from "vitest";
import { loudness, Meter } from "../../src/call/sound";

describe("loudness", () => {
  it("is nothing for samples that do not move, and something for the least that does", () => {
    expect(loudness(new Float32Array(512))).toBe(0);
    const least = new Float32Array(512);
    least[7] = 1 / 32_768;
    expect(loudness(least)).toBeGreaterThan(0.001);
    expect(loudness(new Float32Array(512).fill(1))).toBe(1);
  });
});

describe("Meter", () => {
  it("knows no level while its context does not run, or where the microphone cannot be measured", () => {
    let state = "running";
    let isRefused = false;
    const node = { fftSize: 0, connect: () => node, getFloatTimeDomainData: (into: Float32Array) => into.fill(0) };
    class FakeContext {
      get state() {
        return state;
      }
      resume = async () => undefined;
      createAnalyser = () => node;
      createMediaStreamSource = () => {
        if (isRefused) throw new DOMException("another sample rate", "NotSupportedError");
        return { connect: () => node, disconnect: () => undefined };
      };
    }
    vi.stubGlobal("AudioContext", FakeContext);
    vi.stubGlobal("MediaStream", class {});
    vi.spyOn(console, "info").mockImplementation(() => undefined);
    const meter = new Meter({} as MediaStreamTrack);
    expect(meter.level()).toBe(0);
    state = "suspended";
    expect(meter.level()).toBeUndefined();
    state = "interrupted";
    expect(meter.level()).toBeUndefined();
    state = "running";
    isRefused = true;
    expect(new Meter({} as MediaStreamTrack).level()).toBeUndefined();
    meter.close();
    expect(meter.level()).toBeUndefined();
    vi.unstubAllGlobals();
  });
});

describe("the sound of the page", () => {
  it("is known to wait for a tap, and to run", async () => {
    vi.resetModules();
    let made: { state: string; onstatechange?: () => void } | undefined;
    vi.stubGlobal(
      "AudioContext",
      class {
        state = "suspended";
        onstatechange?: () => void;
        resume = async () => undefined;
        constructor() {
          made = this;
        }
      },
    );
    const { audio, soundState } = await import("../../src/call/sound");
    expect(soundState.value).toBe("none");
    audio();
    expect(soundState.value).toBe("suspended");
    if (made) made.state = "running";
    made?.onstatechange?.();
    expect(soundState.value).toBe("running");
    vi.unstubAllGlobals();
  });
});
