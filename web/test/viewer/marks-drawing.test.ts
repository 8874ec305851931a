import { describe, expect, it } from "vitest";
import type { MarkShapeWord } from "../../src/protocol";
import {
  Drawing,
  FREEHAND_MAX,
  inReach,
  pointsOf,
  SHAPES,
  type Spot,
  simplified,
} from "../../src/viewer/marks/drawing";

/** A place on a surface of 100 by 100 pixels that the frame fills. */
const spot = (x: number, y: number): Spot => ({ at: { x: x / 100, y: y / 100 }, px: { x, y } });

/** Goes down at the first place, along the others, and up; what is complete then. */
function drag(drawing: Drawing, ...path: readonly (readonly [number, number])[]) {
  for (const [index, [x, y]] of path.entries()) {
    if (index === 0) drawing.down(spot(x, y));
    else drawing.move(spot(x, y));
  }
  return drawing.up();
}
const tap = (drawing: Drawing, x: number, y: number) => drag(drawing, [x, y]);

const TWO: MarkShapeWord[] = ["arrow", "circle", "length", "ellipse", "rectangle"];

describe("a shape of two points", () => {
  it.each(TWO)("%s is drawn in one stroke, or by two presses, or by keys", (shape) => {
    const expected = [
      { x: 0.1, y: 0.2 },
      { x: 0.4, y: 0.6 },
    ];
    const drawing = new Drawing(shape);
    expect(drag(drawing, [10, 20], [30, 30], [40, 60])).toEqual(expected);
    expect(drawing.isBegun).toBe(false);
    expect(tap(drawing, 10, 20)).toBeUndefined();
    expect(drawing.isBegun).toBe(true);
    expect(tap(drawing, 40, 60)).toEqual(expected);
    expect(drawing.place(spot(10, 20))).toBeUndefined();
    expect(drawing.place(spot(40, 60))).toEqual(expected);
  });

  it("is not made by a press twice in the same place, nor by a hand that trembles", () => {
    const drawing = new Drawing("length");
    expect(tap(drawing, 10, 10)).toBeUndefined();
    expect(tap(drawing, 11, 11)).toBeUndefined();
    expect(drag(new Drawing("length"), [10, 10], [12, 12])).toBeUndefined();
    expect(drawing.place(spot(11, 10))).toBeUndefined();
    expect(drawing.draft.placed).toBe(1);
  });

  it("shows where its second point would be", () => {
    const drawing = new Drawing("length");
    drawing.move(spot(5, 5));
    expect(drawing.draft).toEqual({ shape: "length", points: [{ x: 0.05, y: 0.05 }], placed: 0 });
    tap(drawing, 10, 10);
    drawing.move(spot(20, 10));
    expect(drawing.draft.points).toEqual([
      { x: 0.1, y: 0.1 },
      { x: 0.2, y: 0.1 },
    ]);
  });
});

describe("a shape of one point", () => {
  it.each(["text", "number", "probe"] as const)("%s is where the hand is lifted", (shape) => {
    const drawing = new Drawing(shape);
    expect(drag(drawing, [10, 20], [30, 30])).toEqual([{ x: 0.3, y: 0.3 }]);
    expect(tap(drawing, 10, 20)).toEqual([{ x: 0.1, y: 0.2 }]);
    expect(drawing.place(spot(50, 60))).toEqual([{ x: 0.5, y: 0.6 }]);
  });
});

describe("an angle", () => {
  it("is an arm in one stroke, then the end of the other, or three presses", () => {
    const drawing = new Drawing("angle");
    const expected = [
      { x: 0.1, y: 0.1 },
      { x: 0.5, y: 0.5 },
      { x: 0.9, y: 0.1 },
    ];
    expect(drag(drawing, [10, 10], [50, 50])).toBeUndefined();
    expect(drawing.draft.placed).toBe(2);
    expect(drag(drawing, [60, 60], [90, 10])).toEqual(expected);
    expect(tap(drawing, 10, 10)).toBeUndefined();
    expect(tap(drawing, 50, 50)).toBeUndefined();
    expect(tap(drawing, 90, 10)).toEqual(expected);
  });
});

describe("a line by a free hand", () => {
  it("is one stroke, without what the eye would not miss", () => {
    const path = Array.from({ length: 81 }, (_, n) => [10 + n, 10] as const);
    expect(drag(new Drawing("freehand"), ...path, [90, 50])).toEqual([
      { x: 0.1, y: 0.1 },
      { x: 0.9, y: 0.1 },
      { x: 0.9, y: 0.5 },
    ]);
  });

  it("is point after point by presses or keys, and ended by the last place twice or by a button", () => {
    const drawing = new Drawing("freehand");
    for (const [x, y] of [
      [10, 10],
      [50, 40],
      [10, 80],
    ] as const)
      expect(tap(drawing, x, y)).toBeUndefined();
    expect(drawing.draft.placed).toBe(3);
    expect(tap(drawing, 12, 81)).toHaveLength(3);
    for (const [x, y] of [
      [10, 10],
      [50, 40],
    ] as const)
      expect(drawing.place(spot(x, y))).toBeUndefined();
    expect(drawing.mayEnd).toBe(true);
    expect(drawing.place(spot(50, 40))).toHaveLength(2);
    drawing.place(spot(10, 10));
    expect(drawing.end()).toBeUndefined();
    drawing.place(spot(20, 10));
    expect(drawing.end()).toHaveLength(2);
  });

  it("never has more points than the gateway takes, and keeps its ends", () => {
    const wild = Array.from({ length: 4_000 }, (_, n) => spot((n * 37) % 997, (n * 61) % 991));
    const kept = simplified(wild, FREEHAND_MAX);
    expect(kept.length).toBeLessThanOrEqual(FREEHAND_MAX);
    expect(kept[0]).toBe(wild[0]);
    expect(kept.at(-1)).toBe(wild.at(-1));
  });
});

describe("what is begun", () => {
  it("is taken back point by point, or given up", () => {
    const drawing = new Drawing("angle");
    tap(drawing, 10, 10);
    tap(drawing, 50, 50);
    expect(drawing.back()).toBe(true);
    expect(drawing.draft.placed).toBe(1);
    expect(drawing.back()).toBe(true);
    expect(drawing.back()).toBe(false);
    tap(drawing, 10, 10);
    drawing.clear();
    expect(drawing.isBegun).toBe(false);
  });

  it("keeps what stood before a second finger came, and nothing of the press", () => {
    const drawing = new Drawing("angle");
    tap(drawing, 10, 10);
    drawing.down(spot(50, 50));
    drawing.move(spot(60, 60));
    drawing.drop();
    expect(drawing.draft).toEqual({ shape: "angle", points: [{ x: 0.1, y: 0.1 }], placed: 1 });
    expect(drawing.up()).toBeUndefined();
    const free = new Drawing("freehand");
    free.down(spot(10, 10));
    for (let n = 11; n < 60; n += 1) free.move(spot(n, n));
    free.drop();
    expect(free.isBegun).toBe(false);
  });
});

it("no point lies farther out of the frame than the gateway takes", () => {
  expect(inReach({ x: -3, y: 7 })).toEqual({ x: -0.5, y: 1.5 });
  expect(drag(new Drawing("length"), [-200, 50], [400, 50])).toEqual([
    { x: -0.5, y: 0.5 },
    { x: 1.5, y: 0.5 },
  ]);
});

it("every shape has its points", () => {
  expect(SHAPES.map((shape) => [shape, pointsOf(shape)])).toEqual([
    ["arrow", 2],
    ["circle", 2],
    ["freehand", 512],
    ["text", 1],
    ["number", 1],
    ["length", 2],
    ["angle", 3],
    ["ellipse", 2],
    ["rectangle", 2],
    ["probe", 1],
  ]);
});
