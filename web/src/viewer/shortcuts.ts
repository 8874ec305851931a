import { type Signal, signal } from "@preact/signals";
import { remember, remembered } from "../call/remembered";

/** What a key can do in the viewport, in the order in which the help lists it. */
export const ACTIONS = [
  "scroll.previous",
  "scroll.next",
  "scroll.pageBack",
  "scroll.pageOn",
  "scroll.first",
  "scroll.last",
  "cine.toggle",
  "cine.slower",
  "cine.faster",
  "pan.left",
  "pan.right",
  "pan.up",
  "pan.down",
  "zoom.in",
  "zoom.out",
  "zoom.fit",
  "zoom.actual",
  "tool.zoom",
  "tool.pan",
  "tool.window",
  "window.brighter",
  "window.darker",
  "window.narrower",
  "window.wider",
  "preset.1",
  "preset.2",
  "preset.3",
  "preset.4",
  "preset.5",
  "preset.6",
  "preset.7",
  "preset.8",
  "preset.9",
  "turn.left",
  "turn.right",
  "flip.across",
  "flip.over",
  "invert",
  "layers.overlays",
  "layers.shutters",
  "reset",
  "keep",
  "viewport.next",
  "viewport.previous",
  "tool.magnify",
  "point",
  "mark.arrow",
  "mark.circle",
  "mark.freehand",
  "mark.text",
  "mark.number",
  "mark.length",
  "mark.angle",
  "mark.ellipse",
  "mark.rectangle",
  "mark.probe",
  "mark.undo",
  "mark.redo",
  "mark.delete",
  "mark.hide",
  "help",
] as const;

export type Action = (typeof ACTIONS)[number];

/**
 * The keys of each action, by name: `r`, `?`, `Shift+t`, `ArrowUp`, `Shift+ArrowUp`, `Space`, `Ctrl+z`. Letters are small; signs
 * stand as they are written, whatever has to be held for them on a keyboard.
 */
export type Keys = Readonly<Record<Action, readonly string[]>>;

export interface Shortcuts {
  keys: Keys;
  /** Keys that write a sign do something. Without them arrows, pages and Space still do (WCAG 2.2, 2.1.4). */
  isOn: boolean;
}

/** M mutes the microphone, so it is no magnifier. */
export const PARVIS: Keys = {
  "scroll.previous": ["ArrowUp", "ArrowLeft"],
  "scroll.next": ["ArrowDown", "ArrowRight"],
  "scroll.pageBack": ["PageUp"],
  "scroll.pageOn": ["PageDown"],
  "scroll.first": ["Home"],
  "scroll.last": ["End"],
  "cine.toggle": ["Space", "c"],
  "cine.slower": ["<", ","],
  "cine.faster": [">", "."],
  "pan.left": ["Shift+ArrowLeft"],
  "pan.right": ["Shift+ArrowRight"],
  "pan.up": ["Shift+ArrowUp"],
  "pan.down": ["Shift+ArrowDown"],
  "zoom.in": ["+"],
  "zoom.out": ["-"],
  "zoom.fit": ["="],
  "zoom.actual": ["0"],
  "tool.zoom": ["z"],
  "tool.pan": ["Shift+z"],
  "tool.window": ["Shift+w"],
  "window.brighter": ["b"],
  "window.darker": ["d"],
  "window.narrower": ["n"],
  "window.wider": ["w"],
  "preset.1": ["1"],
  "preset.2": ["2"],
  "preset.3": ["3"],
  "preset.4": ["4"],
  "preset.5": ["5"],
  "preset.6": ["6"],
  "preset.7": ["7"],
  "preset.8": ["8"],
  "preset.9": ["9"],
  "turn.left": ["[", "Shift+t"],
  "turn.right": ["]", "t"],
  "flip.across": ["h"],
  "flip.over": ["v"],
  invert: ["i"],
  "layers.overlays": ["o"],
  "layers.shutters": ["s"],
  reset: ["r"],
  keep: ["k"],
  "viewport.next": ["F6"],
  "viewport.previous": ["Shift+F6"],
  "tool.magnify": ["g"],
  point: ["p"],
  "mark.arrow": ["a"],
  "mark.circle": ["u"],
  "mark.freehand": ["Shift+y"],
  "mark.text": ["x"],
  "mark.number": ["Shift+x"],
  "mark.length": ["l"],
  "mark.angle": ["Shift+a"],
  "mark.ellipse": ["e"],
  "mark.rectangle": ["Shift+e"],
  "mark.probe": ["y"],
  "mark.undo": ["Ctrl+z"],
  "mark.redo": ["Ctrl+y", "Ctrl+Shift+z"],
  "mark.delete": ["Delete", "Backspace"],
  "mark.hide": ["Shift+u"],
  help: ["?"],
};

/** Where the keys of OHIF 3 are others (platform/core/src/defaults/hotkeyBindings.js); what it has no key for stays as it is. */
export const OHIF: Keys = {
  ...PARVIS,
  "scroll.previous": ["ArrowUp"],
  "scroll.next": ["ArrowDown"],
  "cine.toggle": ["c"],
  "turn.left": ["l"],
  "turn.right": ["r"],
  reset: ["Space"],
  "viewport.next": ["F6", "ArrowRight"],
  "viewport.previous": ["Shift+F6", "ArrowLeft"],
  "mark.length": ["Shift+l"],
};

const REMEMBERED_AS = "parvis.shortcuts";
/** More keys than these for one action are a broken memory. */
const MAX_KEYS = 8;

/** Names of keys that the browser, the page or the keyboard itself needs. */
const TAKEN: ReadonlySet<string> = new Set([
  "Tab",
  "Escape",
  "Enter",
  "Shift",
  "Control",
  "Alt",
  "AltGraph",
  "Meta",
  "CapsLock",
  "Dead",
  "Process",
  "Unidentified",
]);

const isLetter = (key: string) => key.toLowerCase() !== key.toUpperCase();

/** What an event of the keyboard says: `key` and `code` as in KeyboardEvent. */
export interface Press {
  key: string;
  code: string;
  isShift: boolean;
  /** Ctrl is held, or the key that stands for it. */
  isControl?: boolean;
}

/**
 * The names under which a press is looked up, the nearest first. On French keyboards the digits stand above other signs: the
 * place of the key counts too.
 */
export function namesOf({ key, code, isShift, isControl }: Press): string[] {
  const base = key === " " ? "Space" : key.length === 1 ? key.toLowerCase() : key;
  // A sign is what it is, with Shift or without: only letters and keys with a name have two faces.
  const names = [isShift && (base.length > 1 || isLetter(base)) ? `Shift+${base}` : base];
  if (isControl) return names.map((name) => `Ctrl+${name}`);
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(code)?.[1];
  if (digit !== undefined && !names.includes(digit) && !isShift) names.push(digit);
  return names;
}

/** The name under which a press can be given to an action; undefined when it cannot. */
export function nameOf(press: Press): string | undefined {
  return TAKEN.has(press.key) ? undefined : namesOf(press)[0];
}

const writesSign = (name: string) => name.replace(/^Shift\+/, "").length === 1;

/** What a press does. Of two actions on one key the first of the list counts. */
export function actionOf({ keys, isOn }: Shortcuts, press: Press): Action | undefined {
  for (const name of namesOf(press)) {
    if (!isOn && writesSign(name)) continue;
    const action = ACTIONS.find((each) => keys[each].includes(name));
    if (action) return action;
  }
  return undefined;
}

/** Keys that several actions have, with these in the order of the list. */
export function conflictsOf(keys: Keys): ReadonlyMap<string, readonly Action[]> {
  const users = new Map<string, Action[]>();
  for (const action of ACTIONS)
    for (const key of new Set(keys[action])) users.set(key, [...(users.get(key) ?? []), action]);
  for (const [key, actions] of users) if (actions.length < 2) users.delete(key);
  return users;
}

export const withKey = (keys: Keys, action: Action, key: string): Keys =>
  keys[action].includes(key) ? keys : { ...keys, [action]: [...keys[action], key] };

export const withoutKey = (keys: Keys, action: Action, key: string): Keys => ({
  ...keys,
  [action]: keys[action].filter((each) => each !== key),
});

/** Which of the two sets of keys this is; undefined when a hand has changed it. */
export function schemeOf(keys: Keys): "parvis" | "ohif" | undefined {
  const isLike = (other: Keys) =>
    ACTIONS.every(
      (action) =>
        keys[action].length === other[action].length && keys[action].every((key) => other[action].includes(key)),
    );
  return isLike(PARVIS) ? "parvis" : isLike(OHIF) ? "ohif" : undefined;
}

/** Reads what was remembered. What is not understood is as it comes: an older page may have written it. */
export function readShortcuts(text: string | undefined): Shortcuts {
  let told: unknown;
  try {
    told = JSON.parse(text ?? "null");
  } catch {
    told = null;
  }
  const { keys, isOn } = (typeof told === "object" && told !== null ? told : {}) as { keys?: unknown; isOn?: unknown };
  const known = (typeof keys === "object" && keys !== null ? keys : {}) as Record<string, unknown>;
  const read = (action: Action): readonly string[] => {
    const list = known[action];
    if (!Array.isArray(list) || list.length > MAX_KEYS) return PARVIS[action];
    return list.every((key) => typeof key === "string" && key !== "" && key.length < 24) ? list : PARVIS[action];
  };
  return {
    keys: Object.fromEntries(ACTIONS.map((action) => [action, read(action)])) as unknown as Keys,
    isOn: isOn !== false,
  };
}

/** The keys of this device. */
export const shortcuts: Signal<Shortcuts> = signal(readShortcuts(remembered(REMEMBERED_AS)));

/** Takes keys into use and remembers them on this device. */
export function chooseShortcuts(to: Shortcuts): void {
  shortcuts.value = to;
  const isUsual = to.isOn && schemeOf(to.keys) === "parvis";
  remember(REMEMBERED_AS, isUsual ? undefined : JSON.stringify(to));
}
