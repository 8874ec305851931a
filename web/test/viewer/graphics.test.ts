import { describe, expect, it } from "vitest";
import type { GraphicState } from "../../src/protocol";
import { toSurface } from "../../src/viewer/geometry";
import { colorOf, curve, drawingOf } from "../../src/viewer/graphics";
import { shown } from "./rig";

const hundred = ({ x, y }: { x: number; y: number }) => ({ x: x * 100, y: y * 100 });
const graphic = (shape: GraphicState["shape"], points: [number, number][], changes: Partial<GraphicState> = {}) =>
  ({ shape, points, isOnScreen: false, isFilled: false, ...changes }) satisfies GraphicState;
const draw = (of: GraphicState) => drawingOf(of, hundred, ({ x, y }) => ({ x: x * 1000, y: y * 1000 }));

describe("graphics of a presentation state", () => {
  it("join points, and use the units that they are in", () => {
    const points: [number, number][] = [
      [0.1, 0.2],
      [0.3, 0.2],
    ];
    expect(draw(graphic("polyline", points))).toEqual({ is: "path", d: "M10 20L30 20" });
    expect(draw(graphic("polyline", points, { isOnScreen: true }))).toEqual({ is: "path", d: "M100 200L300 200" });
    expect(draw(graphic("points", points))).toEqual({
      is: "dots",
      at: [
        { x: 10, y: 20 },
        { x: 30, y: 20 },
      ],
    });
  });

  it("make a circle of its centre and a point on it", () => {
    expect(
      draw(
        graphic("circle", [
          [0.5, 0.5],
          [0.5, 0.8],
        ]),
      ),
    ).toEqual({ is: "circle", at: { x: 50, y: 50 }, r: 30 });
  });

  it("make an ellipse of the ends of its axes, however it lies", () => {
    const ellipse = draw(
      graphic("ellipse", [
        [0.5, 0.2],
        [0.5, 0.8],
        [0.4, 0.5],
        [0.6, 0.5],
      ]),
    );
    expect(ellipse).toMatchObject({ is: "ellipse", at: { x: 50, y: 50 }, angle: 90 });
    expect(ellipse?.is === "ellipse" && [ellipse.rx, ellipse.ry].map(Math.round)).toEqual([30, 10]);
  });

  it("turn an ellipse with the picture", () => {
    const place = (quarterTurns: number, isFlipped: boolean) =>
      drawingOf(
        graphic("ellipse", [
          [0.2, 0.5],
          [0.8, 0.5],
          [0.5, 0.4],
          [0.5, 0.6],
        ]),
        (point) => toSurface({ width: 100, height: 100 }, 1, shown({ quarterTurns, isFlipped }), point),
        hundred,
      );
    for (const [turns, isFlipped] of [
      [0, false],
      [1, false],
      [2, true],
    ] as const) {
      const ellipse = place(turns, isFlipped);
      expect(ellipse?.is === "ellipse" && [ellipse.rx, ellipse.ry].map(Math.round)).toEqual([30, 10]);
      expect(ellipse?.is === "ellipse" && Math.abs(ellipse.angle % 180)).toBeCloseTo(turns === 1 ? 90 : 0, 6);
    }
  });

  it("go through every point of a curve, and round a closed one without a corner", () => {
    const points = [
      { x: 0, y: 0 },
      { x: 10, y: 10 },
      { x: 20, y: 0 },
    ];
    const d = curve(points);
    expect(d.startsWith("M0 0C")).toBe(true);
    expect([...d.matchAll(/ (\S+ \S+?)(?=C|$)/g)].map((found) => found[1])).toEqual(["10 10", "20 0"]);
    // The way out of the first point of a closed curve goes along the line of its neighbours.
    const closed = curve([...points, { x: 0, y: 0 }]);
    expect(closed.startsWith("M0 0C-1.7 1.7 ")).toBe(true);
    expect(curve(points.slice(0, 2))).toBe("M0 0L10 10");
  });

  it("put text beside its anchor, or into the middle of its box with a line to what it is about", () => {
    expect(draw(graphic("text", [[0.3, 0.3]], { text: "7 mm" }))).toEqual({
      is: "text",
      at: { x: 38, y: 30 },
      lines: ["7 mm"],
      isCentered: false,
    });
    const boxed = draw(
      graphic(
        "text",
        [
          [0.4, 0.2],
          [0.2, 0.1],
          [0.9, 0.15],
        ],
        { text: "a\r\nb\n" },
      ),
    );
    expect(boxed).toEqual({
      is: "text",
      at: { x: 30, y: 5 },
      lines: ["a", "b"],
      isCentered: true,
      leader: "M40 15L90 15",
    });
  });

  it("leave out what cannot be drawn", () => {
    expect(draw(graphic("circle", [[0.5, 0.5]]))).toBeUndefined();
    expect(draw(graphic("polyline", []))).toBeUndefined();
    expect(draw(graphic("text", [[0, 0]]))).toBeUndefined();
    expect(
      draw(
        graphic("polyline", [
          [Number.NaN, 0],
          [0, 0],
        ]),
      ),
    ).toBeUndefined();
  });

  it("take no colour that is none", () => {
    expect(colorOf(graphic("points", [], { color: "#ffd54a" }))).toBe("#ffd54a");
    expect(colorOf(graphic("points", [], { color: "url(#x)" }))).toBeUndefined();
    expect(colorOf(graphic("points", []))).toBeUndefined();
  });
});
