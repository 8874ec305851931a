import { describe, expect, it } from "vitest";
import type { CalibrationState } from "../../src/protocol";
import { lengthInWords, roundLength, scaleBar } from "../../src/viewer/scale";
import { shown } from "./rig";

const SURFACE = { width: 512, height: 512 };
const at = (changes: Partial<CalibrationState>): CalibrationState => ({
  widthMm: 1,
  heightMm: 1,
  source: "patient",
  ...changes,
});

describe("the scale bar", () => {
  it("is as long on the screen as it says: zoom makes it longer or its length shorter", () => {
    const calibrations = [at({ widthMm: 0.5, heightMm: 0.5 })];
    for (const zoom of [0.25, 0.8, 1, 1.7, 3, 12, 64]) {
      const bar = scaleBar(SURFACE, shown({ calibrations, zoom }));
      // A screen pixel shows 1 / zoom pixels of the source here.
      expect(bar && bar.pixels * 0.5).toBeCloseTo((bar?.mm ?? 0) * zoom, 9);
      expect(bar?.pixels).toBeGreaterThan(512 * 0.3 * 0.39);
      expect(bar?.pixels).toBeLessThanOrEqual(512 * 0.3);
    }
  });

  it("follows a turn: what lies level is then a column", () => {
    // Pixels twice as high as wide: the frame of 512 by 512 is shown twice as high as wide.
    const state = shown({ aspect: 2, calibrations: [at({ widthMm: 0.5, heightMm: 1 })] });
    const upright = scaleBar(SURFACE, state);
    const level = scaleBar(SURFACE, { ...state, quarterTurns: 1 });
    expect(upright && upright.mm / upright.pixels).toBeCloseTo(1, 9);
    expect(level && level.mm / level.pixels).toBeCloseTo(1, 9);
  });

  it("is not there without a calibration, or with one that is no length", () => {
    expect(scaleBar(SURFACE, shown())).toBeUndefined();
    for (const widthMm of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(scaleBar(SURFACE, shown({ calibrations: [at({ widthMm })] }))).toBeUndefined();
    expect(scaleBar({ width: 0, height: 0 }, shown({ calibrations: [at({})] }))).toBeUndefined();
  });

  it("is not there where only another region is calibrated", () => {
    const calibrations = [at({ source: "ultrasound", region: [0, 0, 256, 512] })];
    const right = shown({ calibrations, zoom: 4, centerX: 0.85 });
    expect(scaleBar(SURFACE, right)).toBeUndefined();
    expect(scaleBar(SURFACE, { ...right, centerX: 0.2 })?.source).toBe("ultrasound");
    // Flipped, the same place of the frame is in the middle.
    expect(scaleBar(SURFACE, { ...right, isFlipped: true, quarterTurns: 3 })).toBeUndefined();
  });

  it("is not there while regions of different scales are seen together, and is when one fills the view", () => {
    const calibrations = [
      at({ source: "ultrasound", region: [0, 0, 256, 512] }),
      at({ source: "ultrasound", widthMm: 2, heightMm: 2, region: [256, 0, 512, 512] }),
    ];
    expect(scaleBar(SURFACE, shown({ calibrations }))).toBeUndefined();
    const zoomed = scaleBar(SURFACE, shown({ calibrations, zoom: 4, centerX: 0.75 }));
    expect(zoomed && zoomed.mm / zoomed.pixels).toBeCloseTo(2 / 4, 9);
  });

  it("has round lengths", () => {
    expect([0.07, 0.2, 1, 1.99, 4.999, 5, 9.9, 73].map(roundLength).map((mm) => Number(mm.toPrecision(6)))).toEqual([
      0.05, 0.2, 1, 1, 2, 5, 5, 50,
    ]);
    expect(lengthInWords(50, "fr-FR")).toBe("5\u00a0cm");
    expect(lengthInWords(5, "en-GB")).toBe("5\u00a0mm");
    expect(lengthInWords(0.5, "fr-FR")).toBe("0,5\u00a0mm");
    expect(lengthInWords(0.02, "en-GB")).toBe("20\u00a0µm");
  });
});
