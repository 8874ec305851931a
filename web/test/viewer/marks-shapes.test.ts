import { describe, expect, it } from "vitest";
import { type Point, toSurface, type View } from "../../src/viewer/geometry";
import { distanceTo, drawnOf, layLabels } from "../../src/viewer/marks/shapes";

const SURFACE = { width: 200, height: 100 };
/** A frame of 200 by 100 that fills the surface as it is stored. */
const ASPECT = 0.5;
const view = (changes: Partial<View>): View => ({
  zoom: 1,
  centerX: 0.5,
  centerY: 0.5,
  quarterTurns: 0,
  isFlipped: false,
  ...changes,
});
const drawn = (shape: Parameters<typeof drawnOf>[0], points: Point[], changes: Partial<View> = {}) =>
  drawnOf(
    shape,
    points.map((point) => toSurface(SURFACE, ASPECT, view(changes), point)),
  );
const box: Point[] = [
  { x: 0.1, y: 0.2 },
  { x: 0.3, y: 0.6 },
];

describe("a mark lies where its frame lies", () => {
  it("as it is stored", () => {
    expect(drawn("ellipse", box)?.lines).toEqual([{ is: "ellipse", at: { x: 40, y: 40 }, rx: 20, ry: 20, angle: 0 }]);
  });

  it("in a mirror", () => {
    expect(drawn("ellipse", box, { isFlipped: true })?.lines).toEqual([
      { is: "ellipse", at: { x: 160, y: 40 }, rx: 20, ry: 20, angle: 0 },
    ]);
  });

  it("turned by a quarter, when half of its size is what fits", () => {
    // 200 wide becomes 100 high: the scale is a half.
    expect(drawn("ellipse", box, { quarterTurns: 1 })?.lines).toEqual([
      { is: "ellipse", at: { x: 105, y: 20 }, rx: 10, ry: 10, angle: 0 },
    ]);
    expect(drawn("rectangle", box, { quarterTurns: 1 })?.lines).toEqual([
      { is: "path", d: "M95 10L115 10L115 30L95 30Z" },
    ]);
  });

  it("enlarged and moved", () => {
    const lines = drawn("ellipse", box, { zoom: 2, centerX: 0.2, centerY: 0.4 })?.lines;
    expect(lines).toEqual([{ is: "ellipse", at: { x: 100, y: 50 }, rx: 40, ry: 40, angle: 0 }]);
  });

  it("with its tip where the hand left it, and a circle through its point, in every turn and mirror", () => {
    for (const isFlipped of [false, true])
      for (let quarterTurns = 0; quarterTurns < 4; quarterTurns += 1) {
        const changes = { isFlipped, quarterTurns };
        const [tail, tip] = box.map((point) => toSurface(SURFACE, ASPECT, view(changes), point)) as [Point, Point];
        const arrow = drawn("arrow", box, changes)?.lines[0];
        const short = (value: number) => value.toFixed(1).replace(/\.0$/, "");
        expect(arrow?.is === "path" && arrow.d).toContain(`L${short(tip.x)} ${short(tip.y)}M`);
        const circle = drawn("circle", box, changes)?.lines[0];
        expect(circle).toMatchObject({ is: "circle", at: tail });
        expect(circle?.is === "circle" && circle.r).toBeCloseTo(Math.hypot(tip.x - tail.x, tip.y - tail.y));
      }
  });
});

describe("a shape", () => {
  const at = (...pairs: [number, number][]): Point[] => pairs.map(([x, y]) => ({ x, y }));

  it("is nothing without its points, and an angle begins as its first arm", () => {
    for (const shape of ["arrow", "circle", "freehand", "length", "angle", "ellipse", "rectangle"] as const)
      expect(drawnOf(shape, at([1, 1]))).toBeUndefined();
    expect(drawnOf("probe", [])).toBeUndefined();
    expect(drawnOf("angle", at([0, 0], [50, 0]))?.lines).toEqual([{ is: "path", d: "M0 0L50 0" }]);
  });

  it("by a free hand goes straight from point to point, as it is saved", () => {
    expect(drawnOf("freehand", at([0, 0], [10, 0], [10, 10]))?.lines).toEqual([{ is: "path", d: "M0 0L10 0L10 10" }]);
  });

  it("has an arc the short way round in an angle", () => {
    const path = drawnOf("angle", at([100, 0], [0, 0], [0, 100]))?.lines[0];
    expect(path?.is === "path" && path.d).toContain("M24 0A24 24 0 0 1 0 24");
    const other = drawnOf("angle", at([0, 100], [0, 0], [100, 0]))?.lines[0];
    expect(other?.is === "path" && other.d).toContain("A24 24 0 0 0 24 0");
  });

  it("is near where its lines are, not where its inside is", () => {
    expect(distanceTo("length", at([0, 0], [100, 0]), { x: 50, y: 7 })).toBe(7);
    expect(distanceTo("circle", at([50, 50], [50, 20]), { x: 50, y: 50 })).toBe(30);
    expect(distanceTo("circle", at([50, 50], [50, 20]), { x: 80, y: 50 })).toBe(0);
    expect(distanceTo("rectangle", at([0, 0], [100, 60]), { x: 50, y: 30 })).toBe(30);
    expect(distanceTo("rectangle", at([0, 0], [100, 60]), { x: 100, y: 30 })).toBe(0);
    expect(distanceTo("ellipse", at([0, 0], [100, 60]), { x: 100, y: 30 })).toBeCloseTo(0);
    expect(distanceTo("ellipse", at([0, 0], [100, 60]), { x: 50, y: 30 })).toBe(30);
    expect(distanceTo("probe", at([5, 5]), { x: 8, y: 9 })).toBe(5);
  });
});

describe("words beside marks", () => {
  const label = (x: number, y: number, width = 60, height = 20) => ({ at: { x, y }, width, height });

  it("stand to the right, and to the left where there is no room", () => {
    expect(layLabels([label(50, 50), label(180, 20)], SURFACE)).toEqual([
      { x: 64, y: 50, isLeft: false },
      { x: 166, y: 20, isLeft: true },
    ]);
  });

  it("do not lie on each other, nor below the edge", () => {
    const laid = layLabels([label(50, 50), label(52, 52), label(48, 55)], SURFACE);
    const tops = laid.map(({ y }) => y).sort((a, b) => a - b);
    for (const [index, y] of tops.slice(1).entries()) expect(y - (tops[index] ?? 0)).toBeGreaterThanOrEqual(20);
    expect(layLabels([label(50, 99)], SURFACE)[0]?.y).toBe(89);
    expect(layLabels([label(50, -40)], SURFACE)[0]?.y).toBe(9);
  });

  it("begin inside of a surface that is too narrow for them", () => {
    expect(layLabels([label(190, 50, 400)], SURFACE)[0]).toEqual({ x: 2, y: 50, isLeft: false });
  });
});
