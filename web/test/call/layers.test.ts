import { describe, expect, it } from "vitest";
import { activeFlags, encodingsOf } from "../../src/call/layers";

describe("encodingsOf", () => {
  it("gives a camera three encodings, two on a phone, and everything else one", () => {
    expect(encodingsOf("camera", false).map(({ rid }) => rid)).toEqual(["q", "h", "f"]);
    expect(encodingsOf("camera", true).map(({ rid }) => rid)).toEqual(["q", "f"]);
    for (const source of ["screen", "second_camera", "microphone", "auscultation", "screen_sound"] as const) {
      expect(encodingsOf(source, false)).toHaveLength(1);
      expect(encodingsOf(source, false)[0]).not.toHaveProperty("rid");
    }
  });
  it("orders them from small to large", () => {
    const bits = encodingsOf("camera", false).map(({ maxBitrate }) => maxBitrate);
    expect(bits).toEqual([...bits].sort((a, b) => a - b));
  });
  it("gives objects of its own each time: browsers write into them", () => {
    expect(encodingsOf("camera", false)[0]).not.toBe(encodingsOf("camera", false)[0]);
  });
});

describe("activeFlags", () => {
  const rids = ["q", "h", "f"];
  it("sends all before the gateway has said anything", () => {
    expect(activeFlags(rids, undefined, false)).toEqual([true, true, true]);
  });
  it("sends what is wanted and nothing for nobody", () => {
    expect(activeFlags(rids, ["q", "f"], false)).toEqual([true, false, true]);
    expect(activeFlags(rids, [], false)).toEqual([false, false, false]);
  });
  it("sends the smallest instead of larger ones while data are saved", () => {
    expect(activeFlags(rids, undefined, true)).toEqual([true, false, false]);
    expect(activeFlags(rids, ["f"], true)).toEqual([true, false, false]);
    expect(activeFlags(rids, [], true)).toEqual([false, false, false]);
  });
  it("switches an encoding without a name by whether anything is wanted", () => {
    expect(activeFlags([undefined], undefined, true)).toEqual([true]);
    expect(activeFlags([undefined], [""], false)).toEqual([true]);
    expect(activeFlags([undefined], [], false)).toEqual([false]);
  });
});
