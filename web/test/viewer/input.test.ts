import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ClientMessage } from "../../src/protocol";
import { toFrame } from "../../src/viewer/geometry";
import type { Gestures } from "../../src/viewer/input";
import { listen } from "../../src/viewer/listen";
import { OHIF, PARVIS } from "../../src/viewer/shortcuts";
import { promptly } from "../../src/viewer/steering";
import type { Shown } from "../../src/viewer/viewing";
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
    expect(frame()).toEqual([{ type: "reset_view", viewport: 0 }]);
    key("?");
    expect(helps()).toBe(1);
  });

  it("choose presets by digit, also where digits stand above other signs", () => {
    const window = { center: -600, width: 1600 };
    const { key, sent, frame } = rig(shown({ alternatives: [{ explanation: "LUNG", window }] }));
    key("1", "Digit1");
    expect(sent.splice(0)).toEqual([{ type: "set_alternative", viewport: 0, alternative: 0 }]);
    key("é", "Digit2");
    expect(only(frame(), "set_window")).toMatchObject({ center: 40, width: 400 });
    // A digit without a window does nothing, here or in the browser.
    const few = rig(shown({ modality: "MG", alternatives: [{ explanation: "LUNG", window }] }));
    expect(few.key("9", "Digit9")).toBe(true);
    expect(few.frame()).toEqual([]);
  });

  it("turn, flip, and change the layers that there are", () => {
    const { key, frame } = rig(shown({ hasOverlays: true }));
    key("t");
    expect(only(frame(), "set_view")).toEqual({ ...viewOf(shown()), type: "set_view", viewport: 0, quarterTurns: 1 });
    key("T", "KeyT", { shift: true });
    expect(only(frame(), "set_view").quarterTurns).toBe(0);
    key("h");
    expect(only(frame(), "set_view").isFlipped).toBe(true);
    // Top and bottom on top of left and right is half a turn.
    key("v");
    expect(only(frame(), "set_view")).toMatchObject({ quarterTurns: 2, isFlipped: false });
    key("o");
    expect(frame()).toEqual([{ type: "set_layers", viewport: 0, isOverlaid: false, isShuttered: true }]);
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

  it("show pixel for pixel", () => {
    const { key, frame, gestures } = rig(shown({ columns: 300, rows: 300 }));
    // 600 CSS pixels are 1200 of the device.
    gestures.resize({ width: 600, height: 600 }, { width: 1200, height: 1200 });
    key("à", "Digit0");
    expect(only(frame(), "set_view")).toMatchObject({ zoom: 0.25, centerX: 0.5, centerY: 0.5 });
  });

  it("keep the image for whoever follows too, once however long the key is held", () => {
    const { key, kept, follow, gestures } = rig();
    expect(key("k")).toBe(true);
    gestures.key("k", "KeyK", { shift: false, control: false }, true);
    follow();
    expect(key("K")).toBe(true);
    expect(kept()).toBe(2);
  });

  it("are those that were chosen, without a change of what the others do", () => {
    const { key, frame, useShortcuts } = rig();
    useShortcuts({ keys: OHIF, isOn: true });
    key("r");
    expect(only(frame(), "set_view").quarterTurns).toBe(1);
    key(" ");
    expect(frame()).toEqual([{ type: "reset_view", viewport: 0 }]);
    key("ArrowDown");
    expect(only(frame(), "scroll").index).toBe(11);
  });

  it("that write a sign do nothing once they are switched off; arrows do", () => {
    const { key, frame, helps, useShortcuts } = rig();
    useShortcuts({ keys: PARVIS, isOn: false });
    for (const [sign, code] of [
      ["i", "KeyI"],
      ["T", "KeyT"],
      ["é", "Digit2"],
      ["?", "Slash"],
      ["p", "KeyP"],
    ] as const)
      expect(key(sign, code, { shift: sign === "T" })).toBe(false);
    expect(frame()).toEqual([]);
    expect(helps()).toBe(0);
    expect(key("ArrowDown")).toBe(true);
    expect(only(frame(), "scroll").index).toBe(11);
  });

  it("written with AltGr are no combinations of the browser: brackets stand there on French keyboards", () => {
    const element = document.createElement("div");
    const keys: [string, boolean][] = [];
    const gestures = { key: (key: string, _: string, { control }: { control: boolean }) => keys.push([key, control]) };
    const stop = listen(element, gestures as unknown as Gestures);
    const press = (key: string, ctrlKey: boolean, altKey: boolean, isAltGraph: boolean) => {
      const event = new KeyboardEvent("keydown", { key, ctrlKey, altKey });
      event.getModifierState = (name: string) => name === "AltGraph" && isAltGraph;
      element.dispatchEvent(event);
    };
    press("[", true, true, true);
    press("r", true, false, false);
    stop();
    expect(keys).toEqual([
      ["[", false],
      ["r", true],
    ]);
  });

  it("leave the browser's own combinations and other keys alone", () => {
    const { key, frame } = rig();
    expect(key("r", "KeyR", { control: true })).toBe(false);
    expect(key("Tab")).toBe(false);
    expect(key(" ")).toBe(false);
    expect(frame()).toEqual([]);
  });
});

describe("a tool that was chosen", () => {
  it("is what the left button does, until Escape", () => {
    const { mouse, key, frame, options, gestures } = rig();
    key("z");
    expect(options.tool()).toBe("zoom");
    mouse(0, [
      [200, 400],
      [200, 300],
    ]);
    expect(only(frame(), "set_view").zoom).toBeCloseTo(Math.exp(0.5), 9);
    gestures.up(1);
    key("Z", "KeyZ", { shift: true });
    mouse(0, [
      [300, 300],
      [360, 300],
    ]);
    expect(only(frame(), "set_view").centerX).toBeLessThan(0.5);
    gestures.up(1);
    expect(key("Escape")).toBe(true);
    mouse(0, [
      [100, 100],
      [150, 100],
    ]);
    only(frame(), "set_window");
  });

  it("lets one finger set the window, and one button scroll", () => {
    const { gestures, finger, mouse, frame, options } = rig();
    options.setTool("window");
    gestures.down(finger(1, 100, 100));
    gestures.move(finger(1, 150, 100));
    expect(only(frame(), "set_window").width).toBeCloseTo(400 * Math.exp(50 / 250), 9);
    gestures.up(1);
    options.setTool("scroll");
    mouse(0, [
      [300, 100],
      [300, 175],
    ]);
    expect(only(frame(), "scroll").index).toBe(15);
  });

  it("gives nobody who follows a hand on the view", () => {
    vi.useFakeTimers();
    const { gestures, finger, mouse, frame, options, follow } = rig();
    follow();
    options.setTool("zoom");
    mouse(0, [
      [200, 400],
      [200, 300],
    ]);
    gestures.down(finger(2, 100, 100));
    gestures.move(finger(2, 150, 150));
    expect(frame()).toEqual([]);
    vi.useRealTimers();
  });
});

describe("the magnifier", () => {
  it("is moved by the arrows as the picture is seen, and set by plus and minus, for followers too", () => {
    const { key, frame, follow, magnified, options } = rig(shown({ quarterTurns: 1 }));
    follow();
    key("g");
    expect(options.tool()).toBe("magnify");
    key("ArrowRight");
    // A frame turned to the right has its rows going down: to the right is backwards along them.
    const [moved] = magnified.splice(0) as { x: number; y: number }[];
    expect(moved?.x).toBeCloseTo(0, 9);
    expect(moved?.y).toBeCloseTo(-0.02, 9);
    key("+");
    key("-");
    expect(magnified).toEqual([{ by: 1.25 }, { by: 0.8 }]);
    key("g");
    expect(options.tool()).toBeUndefined();
    expect(key("+")).toBe(false);
    expect(frame()).toEqual([]);
  });

  it("goes with the mouse, pressed or not, and with one finger", () => {
    const { gestures, finger, magnified, options, frame, mouse } = rig();
    options.setTool("magnify");
    gestures.move({ id: 1, kind: "mouse", button: -1, x: 150, y: 300 });
    mouse(0, [
      [300, 300],
      [450, 300],
    ]);
    gestures.up(1);
    gestures.down(finger(2, 60, 300));
    gestures.move(finger(2, 120, 300));
    const spots = magnified as { x: number; y: number; isTouch: boolean }[];
    expect(spots.map(({ x, isTouch }) => [Math.round(x * 100), isTouch])).toEqual([
      [25, false],
      [50, false],
      [75, false],
      [10, true],
      [20, true],
    ]);
    expect(spots.every(({ y }) => y === 0.5)).toBe(true);
    expect(frame()).toEqual([]);
  });
});

describe("other viewports", () => {
  it("are a key away for everybody, and the key is the browser's where there is no other", () => {
    const { key, gone, options, follow } = rig();
    follow();
    expect(key("F6")).toBe(true);
    expect(key("F6", "", { shift: true })).toBe(true);
    expect(gone).toEqual([1, -1]);
    options.goTo = () => false;
    expect(key("F6")).toBe(false);
  });
});

describe("pointing", () => {
  it("is not for whoever looks by themself: nobody would see it", () => {
    vi.useFakeTimers();
    const { key, gestures, finger, frame, lookAlone } = rig();
    lookAlone();
    expect(key("p")).toBe(false);
    gestures.down(finger(1, 150, 150));
    vi.advanceTimersByTime(1_000);
    expect(frame()).toEqual([]);
    vi.useRealTimers();
  });

  it("goes to the right as it is seen, whatever the turn", () => {
    const { key, frame } = rig(shown({ isFlipped: true }));
    key("p");
    frame();
    key("ArrowRight");
    expect(only(frame(), "point").x).toBeCloseTo(0.48, 9);
  });

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
    options.setTool("point");
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

describe("hands that draw", () => {
  const drawing = () => {
    const all = rig();
    const heard: string[] = [];
    const at = ({ x, y }: { x: number; y: number }) => `${x},${y}`;
    all.draw({
      down: (px) => heard.push(`down ${at(px)}`),
      move: (px) => heard.push(`move ${at(px)}`),
      up: () => heard.push("up"),
      drop: () => heard.push("drop"),
      tap: (px) => heard.push(`tap ${at(px)}`) > 0,
      key: (key) => heard.push(`key ${key}`) < 0,
      perform: (action) => heard.push(action) > 0,
    });
    return { ...all, heard };
  };

  it("steer nothing, and a mouse that hovers shows where the next point would be", () => {
    const { options, gestures, mouse, heard, frame, follow } = drawing();
    follow();
    options.setTool("mark.length");
    gestures.move({ id: 1, kind: "mouse", button: 0, x: 1, y: 2 });
    mouse(0, [
      [10, 20],
      [30, 40],
    ]);
    gestures.up(1);
    expect(heard).toEqual(["move 1,2", "down 10,20", "move 30,40", "up"]);
    expect(frame()).toEqual([]);
  });

  it("are not meant when a second finger comes, or the browser takes them", () => {
    const { options, gestures, finger, heard } = drawing();
    options.setTool("mark.arrow");
    gestures.down(finger(1, 10, 10));
    gestures.down(finger(2, 90, 90));
    gestures.up(2);
    gestures.up(1);
    gestures.down(finger(3, 10, 10));
    gestures.cancel(3);
    expect(heard).toEqual(["down 10,10", "drop", "down 10,10", "drop"]);
  });

  it("choose what lies under a press that moves nothing, and nothing with a drag or another tool", () => {
    const { options, gestures, mouse, heard, finger } = drawing();
    mouse(0, [[10, 20]]);
    gestures.up(1);
    mouse(0, [
      [10, 20],
      [30, 20],
    ]);
    gestures.up(1);
    mouse(2, [[10, 20]]);
    gestures.up(1);
    options.setTool("zoom");
    mouse(0, [[10, 20]]);
    gestures.up(1);
    options.setTool(undefined);
    gestures.down(finger(7, 50, 60));
    gestures.up(7);
    expect(heard).toEqual(["tap 10,20", "tap 50,60"]);
  });

  it("hear their keys, and those with Ctrl only where a shortcut says so", () => {
    const { key, heard } = drawing();
    expect(key("l")).toBe(true);
    expect(key("z", "KeyZ", { control: true, command: true })).toBe(true);
    expect(key("c", "KeyC", { control: true, command: true })).toBe(false);
    expect(key("z", "KeyZ", { control: true })).toBe(false);
    expect(heard).toEqual(["key l", "mark.length", "mark.undo"]);
  });
});

describe("one pixel a pixel", () => {
  const zoomOf = (sent: readonly ClientMessage[]) => sent.map((message) => message.type === "set_view" && message.zoom);

  it("counts those of this surface, or of the window where the images are looked at", () => {
    const { steering, frame } = rig();
    steering.actualSize();
    expect(zoomOf(frame())).toEqual([expect.closeTo(512 / 600, 6)]);
    steering.pixelsElsewhere = () => ({ width: 1024, height: 768 });
    steering.actualSize();
    expect(zoomOf(frame())).toEqual([expect.closeTo(512 / 768, 6)]);
  });
});
