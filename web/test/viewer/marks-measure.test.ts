import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CalibrationState, MarkShapeWord } from "../../src/protocol";
import { type Plane, type Preview, preview } from "../../src/viewer/marks/measure";

interface Fixture {
  columns: number;
  rows: number;
  aspect: number;
  calibrations: CalibrationState[];
  cases: { why: string; shape: MarkShapeWord; points: [number, number][]; expected: Preview }[];
}

const folder = join(import.meta.dirname, "../../../fixtures/measure");
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

describe("a preview measures as the gateway does", () => {
  it("on every frame of the fixtures", () => expect(names.length).toBeGreaterThan(3));

  for (const name of names) {
    const { cases, ...plane } = JSON.parse(readFileSync(join(folder, name), "utf8")) as Fixture;
    it.each(cases)(`${name}: $shape $why`, ({ shape, points, expected }) => {
      const found = preview(plane satisfies Plane, shape, points);
      expect(found?.refused).toBe(expected.refused);
      const close = (a: number | undefined, b: number | undefined) =>
        b === undefined ? expect(a).toBeUndefined() : expect(a).toBeCloseTo(b, 6);
      close(found?.angleDegrees, expected.angleDegrees);
      for (const part of ["length", "area"] as const) {
        close(found?.[part]?.value, expected[part]?.value);
        expect(found?.[part]?.unit).toBe(expected[part]?.unit);
        expect(found?.[part]?.source).toBe(expected[part]?.source);
      }
    });
  }
});

describe("a preview", () => {
  const plane: Plane = { columns: 100, rows: 100, aspect: 1, calibrations: [] };

  it("is none for what measures nothing, and while points are missing", () => {
    expect(
      preview(plane, "arrow", [
        [0, 0],
        [1, 1],
      ]),
    ).toBeUndefined();
    expect(preview(plane, "length", [[0, 0]])).toBeUndefined();
    expect(
      preview(plane, "angle", [
        [0, 0],
        [1, 1],
      ]),
    ).toBeUndefined();
  });

  it("knows no values, but where there are none", () => {
    expect(preview(plane, "probe", [[0.5, 1]])).toEqual({});
    expect(preview(plane, "probe", [[0.5, 1.01]])).toEqual({ refused: "outside_frame" });
  });
});
