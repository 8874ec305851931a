import type { ClientMessage } from "../../src/protocol";
import type { Tool } from "../../src/viewer/actions";
import { Gestures, type InputOptions, type MarkHand } from "../../src/viewer/input";
import { presetsOf } from "../../src/viewer/presets";
import { PARVIS, type Shortcuts } from "../../src/viewer/shortcuts";
import { Steering } from "../../src/viewer/steering";
import type { Shown } from "../../src/viewer/viewing";

export const shown = (changes: Partial<Shown> = {}): Shown => ({
  series: "s1",
  modality: "CT",
  title: "CT thorax",
  index: 10,
  picture: 0,
  instance: "i1",
  frame: 1,
  count: 40,
  content: "pictures",
  columns: 512,
  rows: 512,
  aspect: 1,
  window: { center: 40, width: 400 },
  alternatives: [],
  isInverted: false,
  hasOverlays: false,
  isOverlaid: true,
  hasShutters: false,
  isShuttered: true,
  zoom: 1,
  centerX: 0.5,
  centerY: 0.5,
  quarterTurns: 0,
  isFlipped: false,
  laterality: "",
  viewPosition: "",
  calibrations: [],
  isBurnedIn: false,
  stacks: [{ first: 0, count: 40, gaps: 0, duplicates: 0 }],
  states: [],
  graphics: [],
  ...changes,
});

/** Gestures on a surface of 600 by 600 pixels, with frames and a clock that the test moves. */
export function rig(state: Shown = shown()) {
  const sent: ClientMessage[] = [];
  let planned: (() => void)[] = [];
  let nowMs = 0;
  let isPresenting = true;
  let mayPoint = true;
  let tool: Tool | undefined;
  const magnified: unknown[] = [];
  const gone: number[] = [];
  let marks: MarkHand | undefined;
  let shortcuts: Shortcuts = { keys: PARVIS, isOn: true };
  let helps = 0;
  let kept = 0;
  const cine: string[] = [];
  const steering = new Steering(
    (message) => sent.push(message),
    0,
    (f) => planned.push(f),
    () => nowMs,
  );
  const options: InputOptions = {
    isSteering: () => isPresenting,
    mayPoint: () => mayPoint,
    magnifier: {
      place: (at, isTouch) => magnified.push({ ...at, isTouch }),
      moveBy: (x, y) => magnified.push({ x, y }),
      zoomBy: (by) => magnified.push({ by }),
    },
    goTo: (by) => gone.push(by) > 0,
    tool: () => tool,
    setTool: (to) => {
      tool = to;
    },
    shortcuts: () => shortcuts,
    presets: () => presetsOf(state),
    openHelp: () => {
      helps += 1;
    },
    keep: () => {
      kept += 1;
      return true;
    },
    togglePlaying: () => state.cine !== undefined && cine.push("toggle") > 0,
    changeSpeed: (by) => cine.push(by > 0 ? "faster" : "slower"),
    marks: () => marks,
    onPoint: () => undefined,
  };
  const gestures = new Gestures(steering, options);
  gestures.resize({ width: 600, height: 600 });
  steering.adopt(state);
  const none: { shift: boolean; control: boolean; command?: boolean } = { shift: false, control: false };
  return {
    /** What has been sent and not been taken by `frame`. */
    sent,
    steering,
    gestures,
    options,
    /** The next frame of the screen; gives what it has sent. */
    frame(): ClientMessage[] {
      const now = planned;
      planned = [];
      for (const f of now) f();
      return sent.splice(0);
    },
    wait: (ms: number) => {
      nowMs += ms;
    },
    follow: () => {
      isPresenting = false;
    },
    lookAlone: () => {
      mayPoint = false;
    },
    /** What was asked of the magnifier, and of the way to other viewports. */
    magnified,
    gone,
    mouse: (button: number, path: readonly (readonly [number, number])[]) => {
      const hand = ([x, y]: readonly [number, number]) => ({ id: 1, kind: "mouse" as const, button, x, y });
      const [first, ...rest] = path;
      if (first) gestures.down(hand(first));
      for (const place of rest) gestures.move(hand(place));
    },
    finger: (id: number, x: number, y: number) => ({ id, kind: "touch" as const, button: 0, x, y }),
    key: (key: string, code = "", modifiers: Partial<typeof none> = {}) =>
      gestures.key(key, code, { ...none, ...modifiers }, false),
    helps: () => helps,
    kept: () => kept,
    /** Gives the hands something that draws. */
    draw: (hand: MarkHand) => {
      marks = hand;
    },
    useShortcuts: (to: Shortcuts) => {
      shortcuts = to;
    },
    /** What was asked of the player. */
    cine,
  };
}
