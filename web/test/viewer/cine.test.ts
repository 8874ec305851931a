import { describe, expect, it } from "vitest";
import type { CineState } from "../../src/protocol";
import { Cine, nextSpeed } from "../../src/viewer/cine";

const state = (changes: Partial<CineState> = {}): CineState => ({
  frameMs: 100,
  framesMs: [],
  isSweep: false,
  first: 0,
  last: 4,
  ...changes,
});

/** What is asked for at each of these times, every picture drawn at once. */
const asked = (cine: Cine, times: readonly number[]) => times.map((time) => cine.tick(time, true));

describe("cine", () => {
  it("asks for each frame when it is due, and goes around", () => {
    const cine = new Cine(state(), 0, 0);
    expect(asked(cine, [0, 50, 99, 100, 150, 200, 300, 400, 500])).toEqual([
      undefined,
      undefined,
      undefined,
      1,
      undefined,
      2,
      3,
      4,
      0,
    ]);
    expect(cine.dropped).toBe(0);
  });

  it("goes forth and back without showing an end twice", () => {
    const cine = new Cine(state({ isSweep: true, last: 2 }), 0, 0);
    expect(asked(cine, [100, 200, 300, 400, 500])).toEqual([1, 2, 1, 0, 1]);
  });

  it("plays only what the object wants played, and begins there", () => {
    const cine = new Cine(state({ first: 2, last: 3 }), 10, 0);
    expect(asked(cine, [0, 100, 200])).toEqual([2, 3, 2]);
  });

  it("never asks before the last picture is drawn; what falls due meanwhile is passed over and counted", () => {
    const cine = new Cine(state({ last: 40 }), 0, 0);
    expect(cine.tick(100, true)).toBe(1);
    expect(cine.tick(200, false)).toBeUndefined();
    expect(cine.tick(450, false)).toBeUndefined();
    expect(cine.tick(460, true)).toBe(4);
    expect(cine.dropped).toBe(2);
    expect(cine.tick(500, true)).toBe(5);
    expect(cine.dropped).toBe(2);
  });

  it("keeps the times of the single frames, counted from the first that is played", () => {
    const cine = new Cine(state({ first: 10, last: 12, framesMs: [50, 200, 30] }), 10, 0);
    expect(asked(cine, [49, 50, 249, 250, 280])).toEqual([undefined, 11, undefined, 12, 10]);
    expect(cine.wantedFps).toBeCloseTo(3000 / 280, 9);
  });

  it("is not held up by times that are none", () => {
    const cine = new Cine(state({ framesMs: [0, -5, Number.NaN, Number.POSITIVE_INFINITY, 100] }), 0, 0);
    expect(asked(cine, [99, 100, 200, 300, 400])).toEqual([undefined, 1, 2, 3, 4]);
    expect(new Cine(state({ frameMs: 0 }), 0, 0).tick(1, true)).toBeTypeOf("number");
  });

  it("plays faster and slower", () => {
    const cine = new Cine(state(), 0, 0);
    expect(cine.wantedFps).toBeCloseTo(10, 9);
    cine.speed = 2;
    expect(cine.wantedFps).toBeCloseTo(20, 9);
    expect(nextSpeed(1, 1)).toBe(1.5);
    expect(nextSpeed(1, -1)).toBe(0.75);
    expect(nextSpeed(4, 1)).toBe(4);
    expect(nextSpeed(0.1, -1)).toBe(0.1);
  });

  it("does not hurry after a sleep", () => {
    const cine = new Cine(state({ last: 1000 }), 0, 0);
    expect(cine.tick(60_000, true)).toBe(1);
    expect(cine.dropped).toBe(0);
  });

  it("counts what was really drawn", () => {
    const cine = new Cine(state(), 0, 0);
    for (let time = 1_000; time < 3_000; time += 250) cine.drawn(time);
    expect(cine.realFps(3_000 - 1)).toBeCloseTo(4, 1);
    expect(cine.realFps(10_000)).toBe(0);
  });

  it("has nothing to play in one frame", () => {
    const cine = new Cine(state({ last: 0 }), 0, 0);
    expect(cine.tick(1_000, true)).toBeUndefined();
  });
});
