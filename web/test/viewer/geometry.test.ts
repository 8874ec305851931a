import { describe, expect, it } from "vitest";
import {
  actualSize,
  clampView,
  FIT,
  flip,
  flipOf,
  frameSize,
  isActualSize,
  panBy,
  toFrame,
  toSurface,
  turnBy,
  type View,
  ZOOM_MAX,
  ZOOM_MIN,
  zoomAbout,
} from "../../src/viewer/geometry";

/** A small generator with a seed (mulberry32), so that a failure can be seen again. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function cases(count: number) {
  const next = chance(20261125);
  const between = (low: number, high: number) => low + next() * (high - low);
  return Array.from({ length: count }, () => ({
    surface: { width: between(200, 3000), height: between(200, 2000) },
    aspect: between(0.2, 5),
    view: {
      zoom: between(ZOOM_MIN, ZOOM_MAX),
      centerX: next(),
      centerY: next(),
      quarterTurns: Math.floor(next() * 4),
      isFlipped: next() < 0.5,
    } satisfies View,
    point: { x: next(), y: next() },
    at: { x: between(0, 3000), y: between(0, 2000) },
    factor: between(0.5, 2),
  }));
}

describe("the rule of the surface", () => {
  it("fits the whole frame into the surface and touches two of its edges", () => {
    for (const { surface, aspect } of cases(200)) {
      const frame = frameSize(surface, aspect, FIT);
      expect(frame.width).toBeLessThanOrEqual(surface.width + 1e-9);
      expect(frame.height).toBeLessThanOrEqual(surface.height + 1e-9);
      expect(Math.min(surface.width - frame.width, surface.height - frame.height)).toBeCloseTo(0, 6);
      const corner = toSurface(surface, aspect, FIT, { x: 0, y: 0 });
      expect(corner.x).toBeCloseTo((surface.width - frame.width) / 2, 6);
      expect(corner.y).toBeCloseTo((surface.height - frame.height) / 2, 6);
    }
  });

  it("has known values for a wide surface and a square frame", () => {
    const surface = { width: 1200, height: 600 };
    expect(toSurface(surface, 1, FIT, { x: 0, y: 0 })).toEqual({ x: 300, y: 0 });
    expect(toSurface(surface, 1, { ...FIT, zoom: 2, centerX: 0.25 }, { x: 0.5, y: 0.5 })).toEqual({
      x: 900,
      y: 300,
    });
    expect(toFrame(surface, 1, FIT, { x: 900, y: 600 })).toEqual({ x: 1, y: 1 });
  });

  it("goes to the surface and back", () => {
    for (const { surface, aspect, view, point } of cases(500)) {
      const back = toFrame(surface, aspect, view, toSurface(surface, aspect, view, point));
      expect(back.x).toBeCloseTo(point.x, 9);
      expect(back.y).toBeCloseTo(point.y, 9);
    }
  });

  it("does not depend on the unit of the surface", () => {
    for (const { surface, aspect, view, point } of cases(200)) {
      const twice = toSurface({ width: surface.width * 2, height: surface.height * 2 }, aspect, view, point);
      const once = toSurface(surface, aspect, view, point);
      expect(twice.x).toBeCloseTo(once.x * 2, 4);
      expect(twice.y).toBeCloseTo(once.y * 2, 4);
    }
  });
});

describe("turn and flip", () => {
  const surface = { width: 400, height: 400 };
  const corner = (view: View, x: number, y: number) => {
    const { x: across, y: down } = toSurface(surface, 1, view, { x, y });
    return `${down < 200 ? "top" : "bottom"} ${across < 200 ? "left" : "right"}`;
  };

  it("turns clockwise: the first pixel goes from the top left to the top right, and on", () => {
    const places = [0, 1, 2, 3].map((quarterTurns) => corner({ ...FIT, quarterTurns }, 0, 0));
    expect(places).toEqual(["top left", "top right", "bottom right", "bottom left"]);
  });

  it("flips after the turn", () => {
    expect(corner({ ...FIT, isFlipped: true }, 0, 0)).toBe("top right");
    expect(corner({ ...FIT, quarterTurns: 1, isFlipped: true }, 0, 0)).toBe("top left");
    expect(corner({ ...FIT, quarterTurns: 1, isFlipped: true }, 1, 0)).toBe("bottom left");
  });

  it("exchanges what is seen left and right, or top and bottom, whatever was turned or flipped before", () => {
    for (const { surface, aspect, view, point } of cases(300)) {
      const before = toSurface(surface, aspect, view, point);
      const across = toSurface(surface, aspect, flip(view, "across"), point);
      expect(across.x).toBeCloseTo(surface.width - before.x, 5);
      expect(across.y).toBeCloseTo(before.y, 5);
      const over = toSurface(surface, aspect, flip(view, "over"), point);
      expect(over.x).toBeCloseTo(before.x, 5);
      expect(over.y).toBeCloseTo(surface.height - before.y, 5);
    }
  });

  it("calls a flip by what it exchanged", () => {
    expect(flipOf(FIT)).toBeUndefined();
    expect(flipOf(flip(FIT, "across"))).toBe("across");
    expect(flipOf(flip(FIT, "over"))).toBe("over");
    expect(flipOf(flip(flip(FIT, "over"), "across"))).toBeUndefined();
  });

  it("fits the turned frame: a wide one stands upright in an upright surface", () => {
    const tall = { width: 300, height: 600 };
    expect(frameSize(tall, 0.5, { ...FIT, quarterTurns: 1 })).toEqual({ width: 600, height: 300 });
    expect(frameSize(tall, 0.5, FIT)).toEqual({ width: 300, height: 150 });
  });

  it("touches the surface after any turn, whatever the shape", () => {
    for (const { surface, aspect, view } of cases(300)) {
      const fit = { ...view, zoom: 1, centerX: 0.5, centerY: 0.5 };
      const a = toSurface(surface, aspect, fit, { x: 0, y: 0 });
      const b = toSurface(surface, aspect, fit, { x: 1, y: 1 });
      const [width, height] = [Math.abs(a.x - b.x), Math.abs(a.y - b.y)];
      expect(Math.min(surface.width - width, surface.height - height)).toBeCloseTo(0, 6);
      expect(Math.max(width - surface.width, height - surface.height)).toBeLessThan(1e-6);
    }
  });

  it("turns to the right as the eye sees it, flipped or not", () => {
    for (const { surface, aspect, view, point } of cases(300)) {
      const square = { width: surface.width, height: surface.width };
      const middle = square.width / 2;
      const before = toSurface(square, aspect, view, point);
      const after = toSurface(square, aspect, turnBy(view, 1), point);
      expect(after.x - middle).toBeCloseTo(-(before.y - middle), 5);
      expect(after.y - middle).toBeCloseTo(before.x - middle, 5);
    }
  });

  it("comes back after four turns, or two flips", () => {
    for (const { view } of cases(50)) {
      let turned = view;
      for (let n = 0; n < 4; n += 1) turned = turnBy(turned, -1);
      expect(turned).toEqual(view);
      for (const axis of ["across", "over"] as const) expect(flip(flip(view, axis), axis)).toEqual(view);
    }
  });
});

describe("zoom and pan", () => {
  it("moves the picture with the hand after any turn and flip", () => {
    for (const { surface, aspect, view, point } of cases(300)) {
      const from = { ...view, centerX: 0.5, centerY: 0.5 };
      const moved = panBy(surface, aspect, from, 7, -4);
      if ([0, 1].includes(moved.centerX) || [0, 1].includes(moved.centerY)) continue;
      const before = toSurface(surface, aspect, from, point);
      const after = toSurface(surface, aspect, moved, point);
      expect(after.x - before.x).toBeCloseTo(7, 5);
      expect(after.y - before.y).toBeCloseTo(-4, 5);
    }
  });

  it("keeps what lies under the hand where it is, unless a limit is met", () => {
    let kept = 0;
    for (const { surface, aspect, view, at, factor } of cases(500)) {
      const before = toFrame(surface, aspect, view, at);
      const zoomed = zoomAbout(surface, aspect, view, at, factor);
      const isAtLimit = [0, 1].includes(zoomed.centerX) || [0, 1].includes(zoomed.centerY);
      if (isAtLimit) continue;
      kept += 1;
      const after = toFrame(surface, aspect, zoomed, at);
      expect(after.x).toBeCloseTo(before.x, 9);
      expect(after.y).toBeCloseTo(before.y, 9);
    }
    expect(kept).toBeGreaterThan(100);
  });

  it("moves the picture by exactly the pixels of the hand, unless a limit is met", () => {
    const view = { ...FIT, zoom: 3 };
    const surface = { width: 800, height: 600 };
    const moved = panBy(surface, 0.75, view, 40, -25);
    const before = toSurface(surface, 0.75, view, { x: 0.4, y: 0.6 });
    const after = toSurface(surface, 0.75, moved, { x: 0.4, y: 0.6 });
    expect(after.x - before.x).toBeCloseTo(40, 9);
    expect(after.y - before.y).toBeCloseTo(-25, 9);
  });

  it("never leaves what the gateway accepts", () => {
    for (const { surface, aspect, view, at, factor } of cases(300)) {
      for (const result of [
        zoomAbout(surface, aspect, view, at, factor ** 12),
        panBy(surface, aspect, view, at.x * 50, -at.y * 50),
      ]) {
        expect(result).toEqual(clampView(result));
      }
    }
  });
});

describe("pixel for pixel", () => {
  const surface = { width: 801, height: 600 };

  it("lays the edges of the frame's pixels on edges of the screen's, after any turn and flip", () => {
    for (const { view } of cases(100)) {
      const pixels = { columns: 512, rows: 300, aspect: 300 / 512 };
      const actual = actualSize(surface, pixels, view);
      expect(isActualSize(surface, pixels, actual)).toBe(true);
      expect(isActualSize(surface, pixels, { ...actual, zoom: actual.zoom * 1.01 })).toBe(false);
      if ([0, 1].includes(actual.centerX) || [0, 1].includes(actual.centerY)) continue;
      expect(Math.abs(actual.centerX - view.centerX) * pixels.columns).toBeLessThan(1);
      const corner = toSurface(surface, pixels.aspect, actual, { x: 0, y: 0 });
      const next = toSurface(surface, pixels.aspect, actual, { x: 1 / 512, y: 1 / 300 });
      for (const value of [corner.x, corner.y]) expect(value).toBeCloseTo(Math.round(value), 6);
      expect(Math.abs(next.x - corner.x)).toBeCloseTo(1, 6);
      expect(Math.abs(next.y - corner.y)).toBeCloseTo(1, 6);
    }
  });

  it("counts columns where a pixel is not square", () => {
    // Twice as high as wide: 100 columns are 100 pixels wide, and 100 rows are 200 high.
    const actual = actualSize({ width: 400, height: 400 }, { columns: 100, rows: 100, aspect: 2 }, FIT);
    expect(actual.zoom).toBeCloseTo(0.5, 9);
  });

  it("is never said of a surface that has no size yet", () => {
    expect(isActualSize({ width: 0, height: 0 }, { columns: 1, rows: 1, aspect: 1 }, FIT)).toBe(false);
  });
});
