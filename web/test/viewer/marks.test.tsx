import { act, fireEvent, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClientMessage, MarkState } from "../../src/protocol";
import { PARVIS, shortcuts } from "../../src/viewer/shortcuts";
import type { Shown } from "../../src/viewer/viewing";
import { Rejected } from "../../src/wire";
import { showing, WELCOME } from "./fake-wire";
import { beginPage, endPage, resize, show } from "./page";
import { shown } from "./rig";

beforeEach(() => {
  beginPage();
  shortcuts.value = { keys: PARVIS, isOn: true };
});
afterEach(endPage);

const mark = (id: string, changes: Partial<MarkState> = {}): MarkState => ({
  mark: id,
  participant: "other",
  at: `2026-11-25T13:41:0${id.length}Z`,
  series: "s1",
  instance: "i1",
  frame: 1,
  shape: "arrow",
  points: [
    [0.25, 0.25],
    [0.5, 0.5],
  ],
  text: "",
  ...changes,
});
const length = { length: { value: 12.34, unit: "mm" as const, source: "patient" as const } };

/** Who draws with what is on show: a viewer of 600 by 600 pixels on a frame of one aspect, with what is loaded for marks. */
async function begin({ isStaff = true, presenter = "me", hosts = [] as string[], on = {} as Partial<Shown> } = {}) {
  const page = show(isStaff);
  const state = showing(5, shown(on), presenter);
  await page.viewStaff();
  page.tell(WELCOME);
  page.tell({ ...state, hosts });
  await page.settle();
  resize(600, 600);
  await page.picture({ revision: 5 });
  return { ...page, tellState: (changes: object) => page.tell({ ...state, hosts, revision: 6, ...changes }) };
}

const surface = () => document.querySelector<HTMLElement>(".viewer-surface") as HTMLElement;
const press = (key: string, more: KeyboardEventInit = {}) =>
  act(() => void fireEvent.keyDown(surface(), { key, ...more }));
const times = (n: number, f: () => void) => Array.from({ length: n }, f);
const marks = () => screen.queryAllByRole("img").map((each) => each.getAttribute("aria-label"));
const button = (name: string | RegExp) => screen.queryByRole("button", { name });
const click = (name: string | RegExp) => act(() => screen.getByRole("button", { name, hidden: true }).click());
const asked = (requests: unknown[], type: string) =>
  requests.filter((each) => (each as { type: string }).type === type) as Record<string, unknown>[];
const rounded = (request: Record<string, unknown> | undefined): number[][] => {
  const { points } = (request?.mark ?? { points: [] }) as { points: number[][] };
  return points.map((point) => point.map((value) => Number(value.toFixed(4))));
};

describe("the marks of a frame", () => {
  it("are drawn where that frame is on show, and said to screen readers with their author", async () => {
    const { tell, tellState } = await begin();
    tell({
      type: "marks",
      revision: 5,
      marks: [
        mark("a", { shape: "length", measured: length }),
        mark("b", { instance: "i2" }),
        mark("c", { frame: 2 }),
        mark("d", { participant: "me", text: "here" }),
        mark("e", { participant: "nobody known", shape: "number", number: 3, points: [[0.5, 0.5]] }),
      ],
    });
    expect(marks()).toEqual([
      "Length, by Dr Samir Haddad: 12.3\u00a0mm, in the patient",
      "Arrow, by you: here",
      "Number 3, by Somebody",
    ]);
    // Colour, letter and line tell authors apart.
    const looks = [...document.querySelectorAll(".mark[role=img]")].map((each) => each.getAttribute("class"));
    expect(looks).toEqual(["mark person-2", "mark person-1", "mark nobody"]);
    expect([...document.querySelectorAll(".viewer-marks .mark-letter")].map((each) => each.textContent)).toEqual([
      "S",
      "C",
      "?",
    ]);
    tellState({ hasMarks: false });
    expect(marks()).toEqual([]);
  });

  it("come, change and go one by one, and what is older than what is known is nothing", async () => {
    const { tell } = await begin();
    tell({ type: "marks", revision: 5, marks: [mark("a")] });
    tell({ type: "mark", revision: 6, mark: mark("b", { text: "new" }) });
    tell({ type: "mark", revision: 7, mark: mark("a", { text: "changed" }) });
    tell({ type: "mark", revision: 3, mark: mark("a", { text: "old" }) });
    expect(marks()).toEqual(["Arrow, by Dr Samir Haddad: changed", "Arrow, by Dr Samir Haddad: new"]);
    tell({ type: "mark_gone", revision: 8, mark: "a" });
    expect(marks()).toEqual(["Arrow, by Dr Samir Haddad: new"]);
    // The gateway has begun anew.
    tell(WELCOME);
    expect(marks()).toEqual([]);
    tell({ type: "marks", revision: 1, marks: [mark("c")] });
    expect(marks()).toHaveLength(1);
  });

  it("lie where the frame lies when it is turned and mirrored", async () => {
    const { tell } = await begin({ on: { quarterTurns: 1, isFlipped: true } });
    tell({
      type: "marks",
      revision: 5,
      marks: [
        mark("a", {
          shape: "rectangle",
          points: [
            [0, 0],
            [0.25, 0.5],
          ],
        }),
      ],
    });
    const d = document.querySelector(".mark .graphic-line")?.getAttribute("d");
    // A quarter turn and a mirror exchange columns and rows.
    expect(d).toBe("M0 0L300 0L300 150L0 150Z");
  });
});

describe("by keys alone", () => {
  it("a length is measured: arrows and Enter place its ends, as far as they are seen to go", async () => {
    const { requests } = await begin();
    press("l");
    expect(surface().getAttribute("role")).toBe("application");
    expect(screen.getAllByText(/place the first point/).length).toBeGreaterThan(0);
    times(3, () => press("ArrowLeft"));
    press("Enter");
    expect(screen.getAllByText("Length: place point 2 of 2.").length).toBeGreaterThan(0);
    times(6, () => press("ArrowRight"));
    press("ArrowDown", { shiftKey: true });
    press("Enter");
    const [request, ...rest] = asked(requests, "add_mark");
    expect(rest).toEqual([]);
    expect(request).toMatchObject({ viewport: 0, index: 10, mark: { shape: "length", text: "" } });
    expect(rounded(request)).toEqual([
      [0.45, 0.5],
      [0.55, 0.5017],
    ]);
  });

  it("every shape is drawn", async () => {
    const { requests, settle } = await begin();
    const keys: [string, boolean, string, number][] = [
      ["a", false, "arrow", 2],
      ["u", false, "circle", 2],
      ["Y", true, "freehand", 2],
      ["X", true, "number", 1],
      ["l", false, "length", 2],
      ["A", true, "angle", 3],
      ["e", false, "ellipse", 2],
      ["E", true, "rectangle", 2],
      ["y", false, "probe", 1],
    ];
    for (const [key, shiftKey, shape, count] of keys) {
      requests.length = 0;
      press(key, { shiftKey });
      for (let n = 0; n < count; n += 1) {
        press("ArrowRight");
        press("ArrowDown");
        press("Enter");
      }
      // The same place twice ends a free line.
      if (shape === "freehand") press("Enter");
      await settle();
      const sent = asked(requests, "add_mark");
      expect(sent, shape).toHaveLength(1);
      expect(sent[0]?.mark).toMatchObject({ shape });
      expect(rounded(sent[0]), shape).toHaveLength(count);
      press("Escape");
    }
  });

  it("a text gets its words before it is sent, and none without", async () => {
    const { requests } = await begin();
    press("x");
    press("Enter");
    expect(asked(requests, "add_mark")).toEqual([]);
    const input = screen.getByLabelText("Text on the image") as HTMLInputElement;
    expect(document.activeElement).toBe(input);
    act(() => void fireEvent.input(input, { target: { value: "  here  " } }));
    act(() => void fireEvent.submit(input.form as HTMLFormElement));
    expect(asked(requests, "add_mark")[0]?.mark).toMatchObject({ shape: "text", text: "here" });
    press("Enter");
    click("Give up");
    expect(asked(requests, "add_mark")).toHaveLength(1);
  });

  it("Backspace takes the last point back, Escape gives up what is begun, and then the tool", async () => {
    const { requests } = await begin();
    press("a");
    press("Enter");
    press("Backspace");
    expect(screen.getAllByText(/place the first point/).length).toBeGreaterThan(0);
    press("Enter");
    press("Escape");
    expect(screen.getAllByText(/place the first point/).length).toBeGreaterThan(0);
    press("Escape");
    expect(screen.queryByText(/place the first point/)).toBeNull();
    expect(asked(requests, "add_mark")).toEqual([]);
  });

  it("Ctrl+Z and Ctrl+Y take back and do again, also when letters are no shortcuts", async () => {
    const { requests } = await begin();
    shortcuts.value = { keys: PARVIS, isOn: false };
    press("z", { ctrlKey: true });
    press("y", { ctrlKey: true });
    press("Z", { ctrlKey: true, shiftKey: true });
    press("z", { ctrlKey: true, altKey: true });
    expect(requests).toEqual([{ type: "undo_mark" }, { type: "redo_mark" }, { type: "redo_mark" }]);
    // What is only begun is taken back here.
    shortcuts.value = { keys: PARVIS, isOn: true };
    press("a");
    press("Enter");
    press("z", { ctrlKey: true });
    expect(requests).toHaveLength(3);
  });

  it("an own mark is chosen, moved point by point, and deleted", async () => {
    const { requests, tell } = await begin();
    tell({ type: "marks", revision: 5, marks: [mark("a", { participant: "me" })] });
    click("Choose: Arrow, by you");
    click("Move");
    press("ArrowRight");
    press("Enter");
    expect(asked(requests, "change_mark")[0]).toMatchObject({ mark: "a", text: "" });
    const [first, second] = (asked(requests, "change_mark")[0]?.points ?? []) as [number, number][];
    expect(first?.[0]).toBeCloseTo(0.25 + 10 / 600);
    expect(second).toEqual([0.5, 0.5]);
    press("Escape");
    press("Delete");
    expect(asked(requests, "delete_mark")).toEqual([{ type: "delete_mark", mark: "a" }]);
  });
});

describe("by hand", () => {
  const pointer = (type: string, x: number, y: number, more: PointerEventInit = {}) =>
    act(
      () =>
        void surface().dispatchEvent(
          new PointerEvent(type, { bubbles: true, cancelable: true, pointerId: 1, clientX: x, clientY: y, ...more }),
        ),
    );
  beforeEach(() => {
    HTMLElement.prototype.setPointerCapture ??= () => undefined;
  });

  it("a stroke draws, two presses do too, and a press on a mark chooses it", async () => {
    const { requests, tell, sent } = await begin();
    click(/^Marks/);
    click("Ellipse");
    pointer("pointerdown", 60, 60);
    pointer("pointermove", 180, 240);
    pointer("pointerup", 180, 240);
    expect(rounded(asked(requests, "add_mark")[0])).toEqual([
      [0.1, 0.1],
      [0.3, 0.4],
    ]);
    for (const [x, y] of [
      [60, 60],
      [180, 240],
    ] as const) {
      pointer("pointerdown", x, y);
      pointer("pointerup", x, y);
    }
    expect(asked(requests, "add_mark")).toHaveLength(2);
    // Nothing of that has set the window.
    expect(sent.filter(({ type }) => type === "set_window")).toEqual([]);
    press("Escape");
    tell({ type: "marks", revision: 5, marks: [mark("a", { text: "look" })] });
    pointer("pointerdown", 225, 228);
    pointer("pointerup", 225, 228);
    expect(document.querySelector(".mark.chosen")?.getAttribute("data-mark")).toBe("a");
    pointer("pointerdown", 500, 100);
    pointer("pointerup", 500, 100);
    expect(document.querySelector(".mark.chosen")).toBeNull();
  });

  it("a length shows what it would measure while it is drawn", async () => {
    await begin({ on: { calibrations: [{ widthMm: 0.5, heightMm: 0.5, source: "patient" }] } });
    press("l");
    pointer("pointerdown", 0, 300);
    pointer("pointermove", 300, 300);
    expect(document.querySelector(".sketch")?.textContent).toContain("128\u00a0mm");
  });

  it("what is begun on one frame is not drawn on another", async () => {
    const { requests, tellState, picture } = await begin();
    press("l");
    pointer("pointerdown", 60, 60);
    pointer("pointerup", 60, 60);
    tellState({ viewports: [shown({ index: 11, instance: "i2", picture: 6 })] });
    await picture({ revision: 6, sequence: 1 });
    pointer("pointerdown", 180, 240);
    pointer("pointerup", 180, 240);
    expect(asked(requests, "add_mark")).toEqual([]);
    pointer("pointerdown", 240, 240);
    pointer("pointerup", 240, 240);
    expect(asked(requests, "add_mark")).toMatchObject([{ index: 11 }]);
  });
});

describe("what went wrong", () => {
  it("is said, and what may pass can be tried again without drawing it anew", async () => {
    const { requests, wire, settle } = await begin();
    const answer = wire.request;
    wire.request = async () => {
      throw new Rejected("unavailable", "");
    };
    press("y");
    press("Enter");
    await settle();
    expect(screen.getByRole("alert").textContent).toContain("That could not be done.");
    wire.request = answer;
    // Not the one in the panel, which is closed.
    act(() => screen.getByRole("button", { name: "Try again" }).click());
    expect(asked(requests, "add_mark")).toHaveLength(1);
    await settle();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("is a sentence for each reason", async () => {
    const { wire, settle } = await begin();
    for (const [code, sentence] of [
      ["out_of_order", "nothing to undo"],
      ["too_many", "too many marks"],
      ["not_allowed", "not yours"],
      ["not_found", "not there any more"],
    ] as const) {
      wire.request = async () => {
        throw new Rejected(code, "");
      };
      press("z", { ctrlKey: true });
      await settle();
      expect(screen.getByRole("alert").textContent).toContain(sentence);
      expect(button("Try again")).toBeNull();
    }
  });
});

describe("a delete is offered", () => {
  const list = [mark("a"), mark("b", { participant: "me" })];
  const offered = () =>
    screen.queryAllByRole("button", { name: /^Delete: / }).map((each) => each.getAttribute("aria-label"));

  it("to the author", async () => {
    const { tell } = await begin();
    tell({ type: "marks", revision: 5, marks: list });
    click(/^Marks/);
    expect(offered()).toEqual(["Delete: Arrow, by you"]);
    press("Delete");
    click("Choose: Arrow, by Dr Samir Haddad");
    expect(button("Delete this mark")).toBeNull();
    expect(button("Move")).toBeNull();
  });

  it("and to hosts for every mark, who still cannot change what others drew", async () => {
    const { tell, requests } = await begin({ hosts: ["me"] });
    tell({ type: "marks", revision: 5, marks: list });
    click(/^Marks/);
    expect(offered()).toEqual(["Delete: Arrow, by Dr Samir Haddad", "Delete: Arrow, by you"]);
    click("Choose: Arrow, by Dr Samir Haddad");
    expect(button("Move")).toBeNull();
    expect(screen.queryByLabelText("Text beside it")).toBeNull();
    click("Delete this mark");
    expect(asked(requests, "delete_mark")).toEqual([{ type: "delete_mark", mark: "a" }]);
  });
});

describe("guests", () => {
  it("see marks and draw none, until the presenter lets them", async () => {
    const { tell, requests, tellState, settle } = await begin({ isStaff: false, presenter: "other" });
    tell({ type: "marks", revision: 5, marks: [mark("a")] });
    expect(marks()).toHaveLength(1);
    expect(button(/^Marks/)).toBeNull();
    press("a");
    press("z", { ctrlKey: true });
    expect(requests).toEqual([]);
    tellState({ guests: { mayMark: true, mayMeasure: false } });
    await settle();
    await settle();
    click(/^Marks/);
    expect(button("Arrow")).not.toBeNull();
    expect(button("Length")).toBeNull();
    press("l");
    press("Enter");
    press("ArrowLeft");
    press("Enter");
    expect(requests).toEqual([]);
    press("a");
    press("Enter");
    press("ArrowLeft");
    press("Enter");
    expect(asked(requests, "add_mark")).toHaveLength(1);
    // The list is for staff.
    expect(screen.queryByText("All marks")).toBeNull();
    tellState({ revision: 7, guests: { mayMark: false, mayMeasure: false } });
    expect(button(/^Marks/)).toBeNull();
    expect(document.querySelector(".viewer-surface.marking")).toBeNull();
  });
});

describe("the list", () => {
  const of = <T extends ClientMessage["type"]>(sent: ClientMessage[], type: T) =>
    sent.filter((message) => message.type === type);

  it("shows or hides marks for everybody, lets guests draw, and saves, for whoever presents", async () => {
    const { tell, sent, requests, settle } = await begin();
    tell({ type: "marks", revision: 5, marks: [mark("a")] });
    click(/^Marks/);
    act(() => screen.getByLabelText("Show the marks").click());
    expect(of(sent, "show_marks")).toEqual([{ type: "show_marks", isShown: false }]);
    act(() => screen.getByLabelText("Guests may draw").click());
    act(() => screen.getByLabelText("Guests may measure").click());
    expect(of(sent, "set_guest_tools")).toEqual([
      { type: "set_guest_tools", mayMark: true, mayMeasure: false },
      { type: "set_guest_tools", mayMark: false, mayMeasure: true },
    ]);
    click("Save the marks");
    await settle();
    expect(asked(requests, "save_marks")).toHaveLength(1);
    expect(screen.getByText("The marks are saved with the images.")).toBeTruthy();
  });

  it("says that what is drawn while marks are hidden is not seen yet", async () => {
    const { tellState } = await begin();
    tellState({ hasMarks: false });
    press("a");
    expect(screen.getAllByText(/The marks are hidden for everybody/).length).toBeGreaterThan(0);
  });

  it("has no switches for who follows", async () => {
    const { tell } = await begin({ presenter: "other" });
    tell({ type: "marks", revision: 5, marks: [mark("a")] });
    click(/^Marks/);
    expect((screen.getByLabelText("Show the marks") as HTMLInputElement).disabled).toBe(true);
    expect(screen.queryByLabelText("Guests may draw")).toBeNull();
    expect(button("Arrow")).not.toBeNull();
  });

  it("goes to the frame of a mark whose place was seen, and says where the others are", async () => {
    const { tell, tellState, picture, settle, sent } = await begin();
    tell({
      type: "marks",
      revision: 5,
      marks: [mark("a"), mark("bb", { instance: "i9" }), mark("ccc", { series: "s9", instance: "i8" })],
    });
    tellState({ viewports: [shown({ index: 20, instance: "i3", picture: 6 })] });
    await picture({ revision: 6, sequence: 1 });
    click(/^Marks/);
    const where = [...document.querySelectorAll(".mark-list .muted")].map((each) => each.textContent);
    expect(where).toEqual(["on another image", "on another image", "in a series that is not shown"]);
    expect(screen.getAllByRole("button", { name: /^Go to the image of/ })).toHaveLength(1);
    click(/^Go to the image of/);
    await settle();
    expect(of(sent, "scroll").at(-1)).toEqual({ type: "scroll", viewport: 0, index: 10 });
  });

  it("goes to the frame of a mark that was never on show, where the gateway tells its place", async () => {
    const { tell, settle, sent } = await begin();
    tell({ type: "marks", revision: 5, marks: [mark("a", { instance: "i9", index: 33 })] });
    click(/^Marks/);
    click(/^Go to the image of/);
    await settle();
    expect(of(sent, "scroll").at(-1)).toEqual({ type: "scroll", viewport: 0, index: 33 });
  });
});

describe("news of marks", () => {
  const spoken = () => document.querySelector('[data-kind="mark"]')?.textContent;

  it("are said in doses, a measure with its number, and nothing of what was there before or is not on the screen", async () => {
    const { tell, later } = await begin();
    tell({ type: "marks", revision: 5, marks: [mark("a")] });
    later(1_500);
    expect(spoken()).toBe("");
    tell({ type: "mark", revision: 6, mark: mark("b", { shape: "length" }) });
    later(1_500);
    expect(spoken()).toBe("");
    tell({ type: "mark", revision: 6, mark: mark("b", { shape: "length", measured: length }) });
    later(1_000);
    expect(spoken()).toBe("Dr Samir Haddad has added a measurement: 12.3\u00a0mm, in the patient.");
    tell({ type: "mark", revision: 7, mark: mark("c", { participant: "me" }) });
    later(1_000);
    expect(spoken()).toBe("You have added an arrow.");
    tell({ type: "mark_gone", revision: 8, mark: "a" });
    later(1_000);
    expect(spoken()).toBe("Gone from the image: Arrow, by Dr Samir Haddad.");
    later(3_000);
    later(1_500);
    expect(spoken()).toBe("");
    tell({ type: "mark", revision: 9, mark: mark("d", { instance: "i7" }) });
    later(2_000);
    expect(spoken()).toBe("");
    // All of them, because something else is looked at.
    tell({ type: "marks", revision: 10, marks: [mark("e"), mark("f")] });
    later(2_000);
    expect(spoken()).toBe("");
  });

  it("say that marks are hidden", async () => {
    const { tell, tellState, later } = await begin();
    tell({ type: "marks", revision: 5, marks: [mark("a")] });
    tellState({ hasMarks: false });
    later(1_500);
    expect(spoken()).toBe("The marks are hidden.");
  });
});

describe("a panel", () => {
  it("is closed by Escape wherever the focus has gone, which stays there", async () => {
    await begin();
    click(/^Marks/);
    const opener = screen.getByRole("button", { name: /^Marks/ });
    act(() => surface().focus());
    press("Escape");
    expect(opener.getAttribute("aria-expanded")).toBe("false");
    expect(document.activeElement).toBe(surface());
    click(/^Marks/);
    act(() => screen.getByRole("button", { name: "Angle" }).focus());
    act(() => void fireEvent.keyDown(document.activeElement as Element, { key: "Escape" }));
    expect(document.activeElement).toBe(opener);
  });
});
