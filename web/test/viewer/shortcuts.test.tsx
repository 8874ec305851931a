import { signal } from "@preact/signals";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage } from "../../src/i18n";
import { Help } from "../../src/viewer/Help";
import {
  ACTIONS,
  actionOf,
  chooseShortcuts,
  conflictsOf,
  nameOf,
  OHIF,
  PARVIS,
  readShortcuts,
  schemeOf,
  shortcuts,
  withKey,
  withoutKey,
} from "../../src/viewer/shortcuts";
import { actionInWords, keyInWords } from "../../src/viewer/shortcuts.words";

const press = (key: string, code = "", isShift = false) => ({ key, code, isShift });
const ON = { keys: PARVIS, isOn: true };

beforeEach(() => {
  chooseLanguage("en");
  localStorage.removeItem("parvis.shortcuts");
  shortcuts.value = ON;
});
afterEach(cleanup);

describe("the sets of keys", () => {
  it("give no key to two actions", () => {
    for (const keys of [PARVIS, OHIF]) expect([...conflictsOf(keys)]).toEqual([]);
  });

  it("have words for every action and key in both languages", () => {
    for (const language of ["fr", "en"] as const) {
      chooseLanguage(language);
      for (const action of ACTIONS) {
        expect(actionInWords(action)).toMatch(/\S/);
        for (const key of PARVIS[action]) expect(keyInWords(key)).toMatch(/\S/);
      }
    }
    chooseLanguage("fr");
    expect(keyInWords("Shift+ArrowUp")).toBe("Maj + ↑");
    expect(keyInWords("t")).toBe("T");
    expect(actionInWords("preset.3")).toBe("fenêtre 3 de la liste");
  });
});

describe("a press", () => {
  it("is looked up as it is written, then by the place of its digit", () => {
    expect(actionOf(ON, press("é", "Digit2"))).toBe("preset.2");
    expect(actionOf(ON, press("2", "Digit2", true))).toBe("preset.2");
    expect(actionOf(ON, press("-", "Digit6"))).toBe("zoom.out");
    expect(actionOf({ keys: withKey(PARVIS, "invert", "é"), isOn: true }, press("é", "Digit2"))).toBe("invert");
    expect(actionOf(ON, press("9", "Numpad9"))).toBe("preset.9");
  });

  it("tells small letters from large ones by Shift alone", () => {
    expect(actionOf(ON, press("T", "KeyT", true))).toBe("turn.left");
    // With the lock of capitals.
    expect(actionOf(ON, press("T", "KeyT"))).toBe("turn.right");
    expect(actionOf(ON, press("?", "Comma", true))).toBe("help");
    expect(actionOf(ON, press("j"))).toBeUndefined();
  });

  it("of Tab, Escape, Enter or Shift alone is never a shortcut", () => {
    for (const key of ["Tab", "Escape", "Enter", "Shift", "Dead"]) expect(nameOf(press(key))).toBeUndefined();
    expect(nameOf(press("F4"))).toBe("F4");
    expect(nameOf(press("J", "KeyJ", true))).toBe("Shift+j");
  });
});

describe("keys that a hand has changed", () => {
  it("may fall on another action, and are named with it, the first of the list first", () => {
    const keys = withKey(PARVIS, "reset", "i");
    expect([...conflictsOf(keys)]).toEqual([["i", ["invert", "reset"]]]);
    expect(actionOf({ keys, isOn: true }, press("i"))).toBe("invert");
    const freed = withoutKey(keys, "invert", "i");
    expect(actionOf({ keys: freed, isOn: true }, press("i"))).toBe("reset");
    expect([schemeOf(PARVIS), schemeOf(OHIF), schemeOf(freed)]).toEqual(["parvis", "ohif", undefined]);
  });

  it("are remembered on the device; the usual ones need no memory", () => {
    const keys = withKey(PARVIS, "reset", "j");
    chooseShortcuts({ keys, isOn: false });
    expect(readShortcuts(localStorage.getItem("parvis.shortcuts") ?? undefined)).toEqual({ keys, isOn: false });
    chooseShortcuts(ON);
    expect(localStorage.getItem("parvis.shortcuts")).toBeNull();
  });

  it("are as they come where the memory is broken, old or from somebody else", () => {
    for (const text of [undefined, "", "{", "null", "7", '{"keys":7}', '{"keys":{"reset":7,"moon":["x"]}}'])
      expect(readShortcuts(text)).toEqual(ON);
    expect(readShortcuts('{"keys":{"reset":["j"]}}').keys).toEqual({ ...PARVIS, reset: ["j"] });
    expect(readShortcuts('{"keys":{"reset":[]}}').keys.reset).toEqual([]);
    expect(readShortcuts(JSON.stringify({ keys: { reset: ["j", ""] } })).keys.reset).toEqual(["r"]);
  });
});

describe("the help", () => {
  function open() {
    HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
      this.setAttribute("open", "");
    };
    return render(<Help screens={{ isHelpOpen: signal(true) }} />);
  }
  const line = (words: string) => screen.getByText(words).closest("div,li") as HTMLElement;
  const toKeys = () => act(() => screen.getByRole("button", { name: /Change the keys/ }).click());

  it("is made of the keys in force", () => {
    open();
    expect(line("reset all").querySelector("dt")?.textContent).toBe("R");
    expect(line("windows 1 to 9 of the list").querySelector("dt")?.textContent).toBe("1 2 3 4 5 6 7 8 9");
    act(() => chooseShortcuts({ keys: { ...PARVIS, reset: ["j", "F4"] }, isOn: true }));
    expect(line("reset all").querySelector("dt")?.textContent).toBe("J or F4");
    act(() => chooseShortcuts({ keys: { ...PARVIS, reset: ["j", "F4"] }, isOn: false }));
    expect(line("reset all").querySelector("dt")?.textContent).toBe("F4");
    expect(line("zoom in").querySelector("dt")?.textContent).toBe("no key");
  });

  it("takes a key that is pressed, says what else has it, and lets go of one", () => {
    open();
    toKeys();
    const add = () => screen.getByRole("button", { name: /^(Add a|Press the) key for: reset all/ });
    act(() => add().click());
    expect(add().getAttribute("aria-pressed")).toBe("true");
    fireEvent.keyDown(add(), { key: "Shift" });
    fireEvent.keyDown(add(), { key: "i", code: "KeyI" });
    expect(shortcuts.value.keys.reset).toEqual(["r", "i"]);
    expect(add().getAttribute("aria-pressed")).toBe("false");
    expect(screen.getByText("I is also for: reset all. It does what is written here.")).toBeTruthy();
    expect(screen.getByText("I is already for: invert greys. It does nothing here.")).toBeTruthy();
    act(() => screen.getByRole("button", { name: "Remove the key I from: invert greys" }).click());
    expect(screen.queryByText(/is already for/)).toBeNull();
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Add a key for: invert greys");
    expect(screen.getByRole<HTMLSelectElement>("combobox", { name: "Set of keys" }).value).toBe("own");
  });

  it("gives up with Escape, which stays in the dialog, and refuses keys that the page needs", () => {
    const { container } = open();
    toKeys();
    const add = () => screen.getByRole("button", { name: /^(Add a|Press the) key for: this help/ });
    let escaped = 0;
    container.addEventListener("keydown", () => {
      escaped += 1;
    });
    act(() => add().click());
    fireEvent.keyDown(add(), { key: "Enter" });
    expect(screen.getByText("This key cannot be a shortcut.")).toBeTruthy();
    fireEvent.keyDown(add(), { key: "Escape" });
    expect(add().getAttribute("aria-pressed")).toBe("false");
    expect(escaped).toBe(0);
    expect(shortcuts.value).toEqual(ON);
  });

  it("changes to the keys of OHIF and back, and switches signs off", () => {
    open();
    toKeys();
    const scheme = screen.getByRole<HTMLSelectElement>("combobox", { name: "Set of keys" });
    fireEvent.change(scheme, { target: { value: "ohif" } });
    expect(shortcuts.value.keys).toEqual(OHIF);
    act(() => screen.getByRole("checkbox").click());
    expect(shortcuts.value.isOn).toBe(false);
    fireEvent.change(scheme, { target: { value: "parvis" } });
    expect(shortcuts.value).toEqual({ keys: PARVIS, isOn: false });
  });
});
