import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ClientMessage, Shown } from "../../src/protocol";
import { toFrame } from "../../src/viewer/geometry";
import { type Gestures, listen } from "../../src/viewer/input";
import { promptly } from "../../src/viewer/steering";
import { rig, shown } from "./rig";

const viewOf = ({ zoom, centerX, centerY, quarterTurns, isFlipped }: Shown) => ({
  zoom,
  centerX,
  centerY,
  quarterTurns,
  isFlipped,
});

const only = <T extends ClientMessage["type"]>(sent: ClientMessage[], type: T) => {
  expect(sent.map((message) => message.type)).toEqual([type]);
  return sent[0] as Extract<ClientMessage, { type: T }>;
};

describe("the mouse", () => {
  it("widens the window to the right and narrows it to the left, in proportion to its width", () => {
    for (const width of [4, 400, 4000]) {
      const { mouse, frame } = rig(shown({ window: { center: 0, width } }));
      mouse(0, [
        [100, 100],
        [150, 100],
      ]);
      const right = only(frame(), "set_window");
      expect(right.width / width).toBeCloseTo(Math.exp(50 / 250), 9);
      expect(right.center).toBe(0);
      mouse(0, [
        [150, 100],
        [50, 100],
      ]);
      expect(only(frame(), "set_window").width).toBeLessThan(width);
    }
  });

  it("makes the picture brighter upwards: the centre falls, or rises when greys are inverted", () => {
    const { mouse, frame } = rig();
    mouse(0, [
      [100, 100],
      [100, 75],
    ]);
    expect(only(frame(), "set_window").center).toBeCloseTo(0, 9);
    const inverted = rig(shown({ isInverted: true }));
    inverted.mouse(0, [
      [100, 100],
      [100, 75],
    ]);
    expect(only(inverted.frame(), "set_window").center).toBeCloseTo(80, 9);
  });

  it("leaves colour alone, which has no window", () => {
    const { window: _, ...colour } = shown();
    const { mouse, frame } = rig(colour);
    mouse(0, [
      [100, 100],
      [200, 50],
    ]);
    expect(frame()).toEqual([]);
  });

  it("zooms about the place where the right button went down", () => {
    const { mouse, frame } = rig();
    mouse(2, [
      [200, 400],
      [200, 300],
    ]);
    const view = only(frame(), "set_view");
    expect(view.zoom).toBeCloseTo(Math.exp(0.5), 9);
    const surface = { width: 600, height: 600 };
    const before = toFrame(surface, 1, shown(), { x: 200, y: 400 });
    const after = toFrame(surface, 1, view, { x: 200, y: 400 });
    expect(after.x).toBeCloseTo(before.x, 9);
    expect(after.y).toBeCloseTo(before.y, 9);
  });

  it("moves the picture with the middle button", () => {
    const { mouse, frame } = rig();
    mouse(1, [
      [300, 300],
      [360, 270],
    ]);
    const view = only(frame(), "set_view");
    expect([view.centerX, view.centerY]).toEqual([0.4, 0.55]);
  });

  it("scrolls one frame a notch, whatever a notch says, and by distance on a trackpad", () => {
    const { gestures, frame } = rig();
    const at = { x: 300, y: 300 };
    gestures.wheel(at, 120, 0, false);
    expect(only(frame(), "scroll").index).toBe(11);
    gestures.wheel(at, -3, 1, false);
    expect(only(frame(), "scroll").index).toBe(10);
    for (let n = 0; n < 9; n += 1) gestures.wheel(at, 10, 0, false);
    expect(only(frame(), "scroll").index).toBe(12);
  });

  it("zooms with the wheel and Ctrl", () => {
    const { gestures, frame } = rig();
    gestures.wheel({ x: 300, y: 300 }, -100, 0, true);
    expect(only(frame(), "set_view").zoom).toBeCloseTo(Math.exp(0.25), 9);
  });

  it("changes nothing for somebody who follows", () => {
    const { mouse, gestures, follow, frame, key } = rig();
    follow();
    mouse(0, [
      [100, 100],
      [200, 50],
    ]);
    gestures.wheel({ x: 1, y: 1 }, 120, 0, false);
    expect(key("ArrowDown")).toBe(false);
    expect(key("i")).toBe(false);
    expect(frame()).toEqual([]);
  });
});

describe("messages", () => {
  it("go out once a frame of the screen and count from what was sent, not from what has come back", () => {
    const { mouse, gestures, steering, frame, wait } = rig();
    mouse(0, [
      [100, 100],
      [110, 100],
      [120, 100],
      [130, 100],
    ]);
    const first = only(frame(), "set_window");
    expect(first.width).toBeCloseTo(400 * Math.exp(30 / 250), 6);
    // The gateway's answer to an earlier message comes while the hand is still moving.
    wait(200);
    steering.adopt(shown({ window: { center: 40, width: 405 } }));
    gestures.move({ id: 1, kind: "mouse", button: 0, x: 140, y: 100 });
    expect(only(frame(), "set_window").width).toBeCloseTo(400 * Math.exp(40 / 250), 6);
  });

  it("begin from the gateway's state again when the hand has rested", () => {
    const { gestures, steering, frame, wait } = rig();
    gestures.wheel({ x: 0, y: 0 }, 120, 0, false);
    frame();
    steering.adopt(shown({ index: 30 }));
    wait(1000);
    gestures.wheel({ x: 0, y: 0 }, 120, 0, false);
    expect(only(frame(), "scroll").index).toBe(31);
  });

  it("stay inside the stack and are not sent at its ends", () => {
    const { key, frame } = rig();
    key("End");
    expect(only(frame(), "scroll").index).toBe(39);
    key("PageDown");
    expect(frame()).toEqual([]);
    key("Home");
    expect(only(frame(), "scroll").index).toBe(0);
  });

  it("of an earlier series do not reach the next", () => {
    const { gestures, steering, frame } = rig();
    gestures.wheel({ x: 0, y: 0 }, 120, 0, false);
    steering.adopt(shown({ series: "s2", index: 0, count: 3 }));
    expect(frame()).toEqual([]);
    expect(steering.current?.index).toBe(0);
  });
});

describe("the moment of a message", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is the end of the task, and the next frame when one has just gone out", async () => {
    const schedule = promptly();
    const out: string[] = [];
    schedule(() => out.push("first"));
    expect(out).toEqual([]);
    await Promise.resolve();
    expect(out).toEqual(["first"]);
    schedule(() => out.push("second"));
    await Promise.resolve();
    expect(out).toEqual(["first"]);
    vi.advanceTimersByTime(17);
    expect(out).toEqual(["first", "second"]);
    vi.advanceTimersByTime(17);
    schedule(() => out.push("third"));
    await Promise.resolve();
    expect(out).toEqual(["first", "second", "third"]);
  });
});

describe("a browser that tells movements at once", () => {
  const listening = () => {
    const element = document.createElement("div");
    const moves: number[] = [];
    const stop = listen(element, { move: (hand: { x: number }) => moves.push(hand.x) } as unknown as Gestures);
    const tell = (type: string, clientX: number, buttons: number) =>
      element.dispatchEvent(new PointerEvent(type, { clientX, buttons }));
    return { moves, stop, tell };
  };

  it("is listened to while a button is down", () => {
    const { moves, stop, tell } = listening();
    tell("pointerrawupdate", 5, 1);
    tell("pointerrawupdate", 6, 0);
    tell("pointermove", 7, 0);
    stop();
    tell("pointerrawupdate", 8, 1);
    expect(moves).toEqual([5, 7]);
  });

  it("may say a movement twice", () => {
    const { gestures, frame } = rig();
    const hand = (x: number) => ({ id: 1, kind: "mouse" as const, button: 0, x, y: 100 });
    gestures.down(hand(100));
    gestures.move(hand(150));
    expect(only(frame(), "set_window").width).toBeCloseTo(400 * Math.exp(50 / 250), 9);
    gestures.move(hand(150));
    expect(frame()).toEqual([]);
  });
});

describe("keys", () => {
  it("do what the help says", () => {
    const { key, frame, helps } = rig();
    expect(key("ArrowDown")).toBe(true);
    expect(only(frame(), "scroll").index).toBe(11);
    key("PageUp");
    expect(only(frame(), "scroll").index).toBe(1);
    key("+");
    expect(only(frame(), "set_view").zoom).toBeCloseTo(1.25, 9);
    key("=");
    expect(only(frame(), "set_view")).toMatchObject({ zoom: 1, centerX: 0.5, centerY: 0.5 });
    key("ArrowLeft", "", { shift: true });
    expect(only(frame(), "set_view").centerX).toBeCloseTo(0.6, 9);
    key("i");
    expect(only(frame(), "set_inverted").isInverted).toBe(true);
    key("r");
    expect(frame()).toEqual([{ type: "reset_view" }]);
    key("?");
    expect(helps()).toBe(1);
  });

  it("choose presets by digit, also where digits stand above other signs", () => {
    const window = { center: -600, width: 1600 };
    const { key, sent, frame } = rig(shown({ alternatives: [{ explanation: "LUNG", window }] }));
    key("1", "Digit1");
    expect(sent.splice(0)).toEqual([{ type: "set_alternative", alternative: 0 }]);
    key("é", "Digit2");
    expect(only(frame(), "set_window")).toMatchObject({ center: 40, width: 400 });
    expect(key("9", "Digit9")).toBe(true);
    expect(frame()).toEqual([]);
  });

  it("turn, flip, and change the layers that there are", () => {
    const { key, frame } = rig(shown({ hasOverlays: true }));
    key("t");
    expect(only(frame(), "set_view")).toEqual({ ...viewOf(shown()), type: "set_view", quarterTurns: 1 });
    key("T", "KeyT", { shift: true });
    expect(only(frame(), "set_view").quarterTurns).toBe(0);
    key("f");
    expect(only(frame(), "set_view").isFlipped).toBe(true);
    key("o");
    expect(frame()).toEqual([{ type: "set_layers", isOverlaid: false, isShuttered: true }]);
    // There are no shutters to lift.
    key("s");
    expect(frame()).toEqual([]);
  });

  it("turn to the right as it is seen, also when it is flipped", () => {
    const { key, frame } = rig(shown({ isFlipped: true }));
    key("]");
    expect(only(frame(), "set_view")).toMatchObject({ quarterTurns: 3, isFlipped: true });
  });

  it("keep turn and flip when the whole frame is fitted", () => {
    const { key, frame } = rig(shown({ zoom: 4, centerX: 0.2, quarterTurns: 2, isFlipped: true }));
    key("=");
    expect(only(frame(), "set_view")).toMatchObject({ zoom: 1, centerX: 0.5, quarterTurns: 2, isFlipped: true });
  });

  it("play a stack that can be played, faster and slower", () => {
    const { key, cine } = rig(shown({ cine: { frameMs: 40, framesMs: [], isSweep: false, first: 0, last: 39 } }));
    expect(key(" ")).toBe(true);
    key("<");
    key(">");
    expect(cine).toEqual(["toggle", "slower", "faster"]);
  });

  it("leave the browser's own combinations and other keys alone", () => {
    const { key, frame } = rig();
    expect(key("r", "KeyR", { control: true })).toBe(false);
    expect(key("Tab")).toBe(false);
    expect(key(" ")).toBe(false);
    expect(frame()).toEqual([]);
  });
});

describe("pointing", () => {
  it("lasts as long as P is held, for followers too, and moves with the mouse", () => {
    const { key, gestures, follow, frame } = rig();
    follow();
    gestures.move({ id: 1, kind: "mouse", button: -1, x: 150, y: 300 });
    expect(frame()).toEqual([]);
    key("p");
    expect(only(frame(), "point")).toMatchObject({ x: 0.25, y: 0.5 });
    gestures.move({ id: 1, kind: "mouse", button: -1, x: 300, y: 300 });
    expect(only(frame(), "point")).toMatchObject({ x: 0.5, y: 0.5 });
    gestures.keyUp("p");
    expect(frame()).toEqual([{ type: "unpoint" }]);
  });

  it("works with keys alone", () => {
    const { key, gestures, frame } = rig();
    key("p");
    frame();
    key("ArrowRight");
    expect(only(frame(), "point").x).toBeCloseTo(0.52, 9);
    gestures.keyUp("p");
    frame();
  });

  it("stops outside the frame", () => {
    const { gestures, options, frame } = rig(shown({ aspect: 2 }));
    options.setPointing(true);
    gestures.move({ id: 1, kind: "mouse", button: -1, x: 300, y: 300 });
    only(frame(), "point");
    gestures.move({ id: 1, kind: "mouse", button: -1, x: 20, y: 300 });
    expect(frame()).toEqual([{ type: "unpoint" }]);
  });
});

describe("fingers", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("scroll with one, the whole of a short stack in one stroke", () => {
    const { gestures, finger, frame } = rig();
    gestures.down(finger(1, 300, 100));
    gestures.move(finger(1, 300, 175));
    expect(only(frame(), "scroll").index).toBe(15);
  });

  it("zoom and move with two, about the middle between them", () => {
    const { gestures, finger, frame } = rig();
    gestures.down(finger(1, 250, 300));
    gestures.down(finger(2, 350, 300));
    gestures.move(finger(2, 450, 300));
    const view = only(frame(), "set_view");
    expect(view.zoom).toBeCloseTo(2, 9);
    // What lay under the middle of the fingers (300) lies under their new middle (350).
    const before = toFrame({ width: 600, height: 600 }, 1, shown(), { x: 300, y: 300 });
    const after = toFrame({ width: 600, height: 600 }, 1, view, { x: 350, y: 300 });
    expect(after.x).toBeCloseTo(before.x, 9);
    gestures.up(2);
    gestures.move(finger(1, 250, 380));
    expect(frame()).toEqual([]);
  });

  it("point after a long press, until they are lifted", () => {
    const { gestures, finger, frame, follow } = rig();
    follow();
    gestures.down(finger(1, 150, 150));
    vi.advanceTimersByTime(600);
    expect(only(frame(), "point")).toMatchObject({ x: 0.25, y: 0.25 });
    gestures.move(finger(1, 300, 150));
    expect(only(frame(), "point")).toMatchObject({ x: 0.5, y: 0.25 });
    // A finger that rests is told again, so that the others still see it.
    vi.advanceTimersByTime(1000);
    expect(only(frame(), "point")).toMatchObject({ x: 0.5, y: 0.25 });
    gestures.up(1);
    expect(frame()).toEqual([{ type: "unpoint" }]);
  });

  it("that move at once do not point", () => {
    const { gestures, finger, frame, follow } = rig();
    follow();
    gestures.down(finger(1, 150, 150));
    gestures.move(finger(1, 150, 200));
    vi.advanceTimersByTime(1000);
    expect(frame()).toEqual([]);
  });
});
