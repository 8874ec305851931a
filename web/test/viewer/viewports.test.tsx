import { act, fireEvent, screen, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ClientMessage } from "../../src/protocol";
import { chooseShortcuts, PARVIS } from "../../src/viewer/shortcuts";
import type { Arrangement, Shown } from "../../src/viewer/viewing";
import { Rejected } from "../../src/wire";
import { showing, WELCOME } from "./fake-wire";
import { beginPage, endPage, resize, show } from "./page";
import { shown } from "./rig";

beforeEach(beginPage);
afterEach(endPage);

/** What four viewports show, with the revision of their pictures. */
const four = (picture: number): (Shown | null)[] => [
  shown({ series: "a", title: "CT a", picture }),
  shown({ series: "b", title: "CT b", picture }),
  null,
  shown({ series: "d", title: "MR d", picture }),
];

const arranged = (revision: number, changes: Partial<Arrangement> = {}, presenter = "other") => ({
  ...showing(revision, null, presenter),
  layout: "four" as const,
  viewports: four(revision),
  ...changes,
});

const own = (revision: number, changes: Partial<Arrangement> = {}) => ({
  type: "own_view" as const,
  revision,
  arrangement: {
    layout: "one" as const,
    active: 0,
    isLinked: false,
    viewports: [shown({ picture: revision })],
    ...changes,
  },
});

const ports = () => [...document.querySelectorAll<HTMLElement>(".viewer-surface")];
const port = (viewport: number) => {
  const found = ports()[viewport];
  if (!found) throw new Error(`there is no viewport ${viewport}`);
  return found;
};
const of = <T extends ClientMessage["type"]>(sent: ClientMessage[], type: T) =>
  sent.filter((message): message is Extract<ClientMessage, { type: T }> => message.type === type);
const spoken = (kind: string) => document.querySelector(`[data-kind="${kind}"]`)?.textContent;
const press = (name: string | RegExp) => act(() => screen.getByRole("button", { name, hidden: true }).click());

describe("viewports", () => {
  it("are as many as the layout has, each with a surface of its own", () => {
    const { view, tell, sent, later } = show(false);
    view();
    tell(arranged(1));
    expect(ports()).toHaveLength(4);
    resize(400, 300);
    later(200);
    expect(of(sent, "surface")).toEqual(
      [0, 1, 2, 3].map((viewport) => ({ type: "surface", viewport, width: 800, height: 600 })),
    );
    expect(screen.getByText("CT a")).toBeTruthy();
    expect(screen.getByText("View 3: empty")).toBeTruthy();
    tell(arranged(2, { layout: "side_by_side", viewports: four(2).slice(0, 2) }));
    expect(ports()).toHaveLength(2);
  });

  it("take the pictures that are theirs, and those of no viewport are acknowledged all the same", async () => {
    const { view, tell, picture, sent } = show(false);
    view();
    tell(arranged(1));
    await picture({ viewport: 1, sequence: 0, revision: 1 });
    await picture({ viewport: 0, sequence: 1, revision: 1 });
    const hidden = () => ports().map((each) => each.querySelector("canvas")?.className === "hidden");
    expect(hidden()).toEqual([false, false, true, false]);
    expect(of(sent, "drawn").map(({ sequence }) => sequence)).toEqual([0, 1]);
    tell(showing(2, shown({ series: "a" }), "other"));
    await picture({ viewport: 3, sequence: 2, revision: 1 });
    await picture({ viewport: 9, sequence: 3, revision: 1 });
    expect(of(sent, "drawn").map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3]);
  });

  it("tell how fresh each picture is by the revision of what is rendered there, not by that of the viewing", async () => {
    const { view, tell, picture, later } = show(false);
    view();
    tell(arranged(1));
    for (const viewport of [0, 1, 3]) await picture({ viewport, sequence: viewport, revision: 1 });
    // Somebody else gets the lead, and a link is made: no picture follows, and none is waited for.
    tell(arranged(5, { isLinked: true, viewports: four(1) }, "me"));
    later(2_000);
    expect(screen.queryByText(/Getting the image ready/)).toBeNull();
    tell(arranged(6, { viewports: [shown({ series: "a", picture: 6 }), ...four(1).slice(1)] }));
    later(1_100);
    expect(screen.getAllByText(/Getting the image ready/)).toHaveLength(1);
  });

  it("are steered by the keys of the one with the focus, which becomes the active one for everybody", async () => {
    const { viewStaff, tell, sent, settle } = show();
    await viewStaff();
    tell(arranged(1, {}, "me"));
    sent.splice(0);
    act(() => port(1).focus());
    fireEvent.keyDown(port(1), { key: "ArrowDown" });
    await settle();
    expect(sent).toEqual([
      { type: "set_active", viewport: 1 },
      { type: "scroll", viewport: 1, index: 11 },
    ]);
    // Once is enough, also before the gateway has said so.
    act(() => port(1).blur());
    act(() => port(1).focus());
    expect(of(sent, "set_active")).toHaveLength(1);
    expect(port(1).getAttribute("aria-current")).toBe("true");
  });

  it("fall back to the active one of the gateway when it has not followed", async () => {
    const { viewStaff, tell, later } = show();
    await viewStaff();
    tell(arranged(1, {}, "me"));
    act(() => port(1).focus());
    expect(port(1).getAttribute("aria-current")).toBe("true");
    later(800);
    expect(port(1).getAttribute("aria-current")).toBeNull();
    expect(port(0).getAttribute("aria-current")).toBe("true");
  });

  it("are gone through with F6, and change nothing for whoever follows", () => {
    const { view, tell, sent } = show(false);
    view();
    tell(arranged(1));
    act(() => port(0).focus());
    fireEvent.keyDown(port(0), { key: "F6" });
    expect(document.activeElement).toBe(port(1));
    fireEvent.keyDown(port(1), { key: "F6", shiftKey: true });
    expect(document.activeElement).toBe(port(0));
    fireEvent.keyDown(port(0), { key: "ArrowDown" });
    expect(sent.filter(({ type }) => type !== "surface")).toEqual([]);
  });

  it("say which key opens the help, if there is one", () => {
    const { view, tell } = show();
    view();
    tell(showing(1, shown(), "me"));
    expect(port(0).getAttribute("aria-label")).toBe("Image. Press ? for help.");
    act(() => chooseShortcuts({ keys: PARVIS, isOn: false }));
    expect(port(0).getAttribute("aria-label")).toBe("Image.");
    act(() => chooseShortcuts({ keys: PARVIS, isOn: true }));
  });

  it("are left with F6 and made active from a document, too", async () => {
    vi.useRealTimers();
    const { view, tell, sent } = show();
    view();
    const text = shown({ series: "t", content: "text", index: 0, count: 1, picture: 1 });
    tell(arranged(1, { active: 1, viewports: [text, ...four(1).slice(1)] }, "me"));
    const document_ = { title: "Report", facts: [], sections: [] };
    tell({ type: "document", viewport: 0, isOwn: false, revision: 1, index: 0, document: document_ });
    const box = await screen.findByRole("region", { name: "CT thorax" });
    act(() => box.focus());
    expect(of(sent, "set_active")).toEqual([{ type: "set_active", viewport: 0 }]);
    fireEvent.keyDown(box, { key: "F6" });
    expect(document.activeElement).toBe(port(1));
    fireEvent.keyDown(port(1), { key: "F6", shiftKey: true });
    expect(document.activeElement).toBe(box);
  });

  it("point where the hand is, and show the pointers of others there alone", () => {
    const { view, tell } = show(false);
    view();
    tell(arranged(1));
    resize(600, 600);
    tell({ type: "pointer", participant: "other", viewport: 1, x: 0.5, y: 0.5 });
    const pointers = () => ports().map((each) => each.querySelectorAll(".pointer:not(.gone)").length);
    expect(pointers()).toEqual([0, 1, 0, 0]);
    tell({ type: "pointer", participant: "other", viewport: 3, x: 0.5, y: 0.5 });
    expect(pointers()).toEqual([0, 0, 0, 1]);
  });

  it("are laid out, linked and emptied by whoever presents", async () => {
    const { viewStaff, tell, sent, requests, settle } = show();
    await viewStaff();
    tell(arranged(1, { active: 1 }, "me"));
    sent.splice(0);
    press(/^Layout/);
    press("Side by side");
    expect(screen.getByRole("button", { name: "Four views" }).getAttribute("aria-pressed")).toBe("true");
    const linked = screen.getByRole<HTMLInputElement>("checkbox", { name: "Scroll together" });
    act(() => linked.click());
    press("Empty view 2");
    await settle();
    expect(sent).toEqual([
      { type: "set_layout", layout: "side_by_side" },
      { type: "set_linked", isLinked: true },
    ]);
    expect(requests).toEqual([{ type: "clear_viewport", viewport: 1 }]);
    // It shows what is, not what was asked for.
    expect(linked.checked).toBe(false);
    tell(arranged(2, { isLinked: true }, "me"));
    expect(linked.checked).toBe(true);
    tell(arranged(3));
    expect(screen.queryByRole("button", { name: /^Layout/ })).toBeNull();
  });

  it("are too many for a phone: one of them may be made large there", () => {
    const { view, tell } = show(false);
    view();
    tell(arranged(1));
    resize(360, 400, ".viewer-grid");
    press("Enlarge view 2");
    const large = () => [...document.querySelectorAll(".viewer-port")].map((each) => each.classList.contains("large"));
    expect(large()).toEqual([false, true, false, false]);
    press("See all views again");
    expect(large()).toEqual([false, false, false, false]);
    resize(1_000, 700, ".viewer-grid");
    expect(screen.queryByRole("button", { name: /Enlarge/ })).toBeNull();
  });
});

describe("the own view of a member of staff", () => {
  it("is theirs to steer, and takes the pictures that are its own", async () => {
    const { viewStaff, tell, picture, sent, settle, requests } = show();
    await viewStaff();
    tell(showing(1, shown({ index: 3 }), "other"));
    await picture({ sequence: 0, revision: 1 });
    press("Look by myself");
    expect(requests).toEqual([{ type: "follow", isFollowing: false }]);
    tell(own(2));
    expect(screen.getByText("You are looking by yourself. Nobody else sees it.")).toBeTruthy();
    await picture({ sequence: 1, revision: 9 });
    await picture({ sequence: 2, revision: 2, isOwn: true, index: 10 });
    expect(of(sent, "drawn").map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expect(screen.getByText(/slice 11\/40/)).toBeTruthy();
    sent.splice(0);
    fireEvent.keyDown(port(0), { key: "ArrowDown" });
    await settle();
    expect(sent).toEqual([{ type: "scroll", viewport: 0, index: 11 }]);
  });

  it("points nowhere, and shows nobody's pointer", async () => {
    const { viewStaff, tell, sent } = show();
    await viewStaff();
    tell(showing(1, shown(), "other"));
    tell({ type: "pointer", participant: "other", viewport: 0, x: 0.5, y: 0.5 });
    expect(document.querySelector(".pointer")).toBeTruthy();
    tell(own(2));
    tell({ type: "pointer", participant: "other", viewport: 0, x: 0.6, y: 0.5 });
    expect(document.querySelector(".pointer")).toBeNull();
    fireEvent.keyDown(port(0), { key: "p" });
    expect(of(sent, "point")).toEqual([]);
    expect(screen.queryByRole("button", { name: "Point" })).toBeNull();
  });

  it("ends with the shared one on the screen, even when its pictures are of older revisions", async () => {
    const { viewStaff, tell, picture, requests } = show();
    await viewStaff();
    tell(showing(1, shown({ index: 3 }), "other"));
    await picture({ sequence: 0, revision: 1, index: 3 });
    tell(own(2));
    tell(own(9, { viewports: [shown({ index: 30, picture: 9 })] }));
    await picture({ sequence: 1, revision: 9, isOwn: true, index: 30 });
    expect(screen.getByText(/slice 31\/40/)).toBeTruthy();
    press("Follow again");
    expect(requests.at(-1)).toEqual({ type: "follow", isFollowing: true });
    tell({ type: "own_view", revision: 10 });
    expect(screen.getByText(/slice 4\/40/)).toBeTruthy();
    await picture({ sequence: 2, revision: 1, index: 3 });
    expect(screen.getByText(/slice 4\/40/)).toBeTruthy();
    expect(port(0).querySelector("canvas")?.className).toBe("");
    expect(screen.queryByText(/looking by yourself/)).toBeNull();
  });

  it("is shown to everybody at once by a host, and on request by others", async () => {
    const { viewStaff, tell, requests } = show();
    await viewStaff();
    tell({ ...showing(1, shown(), "other"), hosts: ["me"] });
    tell(own(2));
    press("Show my view to everybody");
    expect(requests).toEqual([{ type: "ask_to_present", isAsking: true }]);
    tell(showing(3, shown(), "other"));
    press("Ask to show my view");
    expect(requests).toHaveLength(2);
    tell({ ...showing(4, shown(), "other"), asking: ["me"] });
    press("Stop asking for the lead");
    expect(requests.at(-1)).toEqual({ type: "ask_to_present", isAsking: false });
  });

  it("is told to the presenter by name", async () => {
    const { viewStaff, tell } = show();
    await viewStaff();
    tell({ ...showing(1, shown(), "me"), ownViews: ["third"] });
    press(/^Sharing/);
    expect(screen.getByText("Looking by themselves: Dr Ines Lindqvist.")).toBeTruthy();
  });
});

describe("the lead", () => {
  it("is asked for by whoever is no host, and given or declined by the presenter", async () => {
    const { viewStaff, tell, requests } = show();
    await viewStaff();
    tell({ ...showing(1, shown(), "other"), hosts: ["other"] });
    expect(screen.queryByRole("button", { name: "Take over" })).toBeNull();
    press("Ask for the lead");
    expect(requests).toEqual([{ type: "ask_to_present", isAsking: true }]);
    tell({ ...showing(2, shown(), "me"), asking: ["third"] });
    press("Give the lead to Dr Ines Lindqvist");
    press("Do not give the lead to Dr Ines Lindqvist");
    expect(requests.slice(1)).toEqual([
      { type: "give_presenting", participant: "third" },
      { type: "decline_asking", participant: "third" },
    ]);
  });

  it("is given without being asked for to staff in the call, and to nobody else", async () => {
    const { viewStaff, tell, requests } = show();
    await viewStaff();
    tell(showing(1, shown(), "me"));
    press(/^Sharing/);
    const group = within(screen.getByRole("group", { name: "Give the lead" }));
    expect(group.getAllByRole("button").map((each) => each.textContent)).toEqual([
      "Dr Samir Haddad",
      "Dr Ines Lindqvist",
    ]);
    press("Give the lead to Dr Samir Haddad");
    expect(requests).toEqual([{ type: "give_presenting", participant: "other" }]);
  });

  it("says who was first when two have taken it at once", async () => {
    const { viewStaff, tell, wire, settle } = show();
    await viewStaff();
    tell(showing(1, shown()));
    wire.request = () => Promise.reject(new Rejected("not_presenter", ""));
    press("Take over");
    await settle();
    expect(screen.getByRole("alert").textContent).toBe("Somebody else has just taken the lead.");
  });

  it("is news for three seconds, and guests hear of it in plain words no more often than that", () => {
    const { view, tell, later } = show(false);
    view();
    tell(showing(1, shown(), "other"));
    expect(spoken("lead")).toBe("");
    tell(showing(2, shown(), "third"));
    expect(spoken("lead")).toBe("Dr Ines Lindqvist is now showing you the images.");
    later(500);
    tell(showing(3, shown(), "other"));
    tell(showing(4, shown(), "third"));
    tell(showing(5, shown(), "other"));
    later(2_000);
    expect(spoken("lead")).toBe("Dr Ines Lindqvist is now showing you the images.");
    later(600);
    expect(spoken("lead")).toBe("Dr Samir Haddad is now showing you the images.");
    expect(document.querySelector(".viewer-notes[aria-hidden]")?.textContent).toMatch(/Dr Samir Haddad/);
    later(3_000);
    expect(document.querySelector(".viewer-notes[aria-hidden]")).toBeNull();
  });

  it("is kept for whoever lost the connection, and everybody is told", () => {
    const { view, tell } = show(false);
    view();
    tell(showing(1, shown(), "other"));
    tell({ ...showing(2, shown(), "other"), isPresenterLost: true });
    expect(spoken("lead")).toBe("Dr Samir Haddad has lost the connection. The image stays.");
  });
});

describe("images that are taken back", () => {
  it("are said to be, to guests as well", () => {
    const { view, tell, later } = show(false);
    view();
    tell(showing(1, shown(), "other"));
    tell({ type: "series_withdrawn", series: ["s1"] });
    expect(spoken("lead")).toBe("These images have been taken back.");
    expect(document.querySelector(".viewer-notes[aria-hidden]")?.textContent).toBe(
      "These images have been taken back.",
    );
    later(3_000);
    expect(document.querySelector(".viewer-notes[aria-hidden]")).toBeNull();
  });
});

describe("what is said of the images", () => {
  it("stands below them for everybody with its author, and is told once", () => {
    const { view, tell } = show(false);
    const { container } = view();
    tell({ ...showing(1, shown(), "other"), description: { text: "the nodule", participant: "other" } });
    expect(container.querySelector(".viewer-description")?.textContent).toBe("Dr Samir Haddad: the nodule");
    expect(spoken("description")).toBe("Dr Samir Haddad: the nodule");
    tell({ ...showing(2, shown({ index: 11 }), "other") });
    expect(container.querySelector(".viewer-description")).toBeNull();
  });

  it("is written by the presenter, as are the names that guests see", async () => {
    const { viewStaff, tell, requests, sent, settle } = show();
    await viewStaff();
    tell(showing(1, shown(), "me"));
    press(/^Sharing/);
    const field = screen.getByRole<HTMLInputElement>("textbox", { name: "What is to be seen" });
    fireEvent.input(field, { target: { value: "  the nodule " } });
    fireEvent.submit(field.form as HTMLFormElement);
    await settle();
    expect(requests).toEqual([{ type: "describe", text: "the nodule" }]);
    sent.splice(0);
    act(() => screen.getByRole("checkbox", { name: "Show the patient’s name to guests" }).click());
    expect(sent).toEqual([{ type: "set_named", isNamed: true }]);
    tell({ ...showing(2, shown({ patient: "Petit Jeanne, 1961-04-23" }), "me"), isNamed: true });
    expect(screen.getByText(/with the patient’s name/)).toBeTruthy();
    expect(screen.getByText("Petit Jeanne, 1961-04-23")).toBeTruthy();
  });

  it("is told of layout, slice and window in regions of their own", () => {
    const { view, tell, later } = show(false);
    view();
    tell(showing(1, shown(), "other"));
    later(1_100);
    expect([spoken("layout"), spoken("slice"), spoken("window")]).toEqual([
      "",
      "Slice 11 of 40.",
      "Window 400, centre 40.",
    ]);
    tell(arranged(2, { isLinked: true, active: 1 }));
    expect(spoken("layout")).toBe("Layout: four views. The views scroll together. View 2.");
    later(1_100);
    tell(arranged(3, { isLinked: true, active: 3 }));
    expect(spoken("layout")).toBe("View 4.");
    later(1_100);
    tell(showing(4, shown(), "other"));
    expect(spoken("layout")).toBe("Layout: one view.");
  });
});

describe("a slow line", () => {
  it("offers the exact picture once a reduced one has stayed", async () => {
    const { view, tell, picture, later, sent } = show(false);
    view();
    tell(showing(1, shown(), "other"));
    await picture({ sequence: 0, revision: 1, isLossless: false });
    expect(screen.queryByRole("button", { name: "Full quality now" })).toBeNull();
    later(1_600);
    press("Full quality now");
    expect(of(sent, "full_quality")).toEqual([{ type: "full_quality", viewport: 0 }]);
    expect(screen.queryByRole("button", { name: "Full quality now" })).toBeNull();
  });

  it("tells staff which quality they see", async () => {
    const { view, tell, picture } = show();
    view();
    tell(showing(1, shown(), "other"));
    expect(screen.queryByText("Full quality")).toBeNull();
    await picture({ sequence: 0, revision: 1, isLossless: false });
    expect(screen.getByText("Quality reduced while moving")).toBeTruthy();
    await picture({ sequence: 1, revision: 1 });
    expect(screen.getByText("Full quality")).toBeTruthy();
  });
});

describe("places that cannot be shown", () => {
  it("are marked along the slider, and said", async () => {
    const { viewStaff, tell } = show();
    const { container } = await viewStaff();
    tell({ type: "frames_failed", series: "s1", places: [0, 39] });
    tell(showing(1, shown({ index: 39 }), "me"));
    const marks = [...container.querySelectorAll<HTMLElement>(".viewer-failed > span")];
    expect(marks.map((mark) => mark.style.insetInlineStart)).toEqual(["0%", "100%"]);
    expect(screen.getByText("2 slices cannot be shown")).toBeTruthy();
    const slider = screen.getByRole("slider", { name: "Slice" });
    expect(slider.getAttribute("aria-valuetext")).toBe("40 of 40, cannot be shown");
    tell({ type: "frames_failed", series: "s1", places: [0] });
    expect(slider.getAttribute("aria-valuetext")).toBe("40 of 40");
    tell(WELCOME);
    tell(showing(2, shown(), "me"));
    expect(container.querySelector(".viewer-failed")).toBeNull();
  });
});

describe("the magnifier", () => {
  const box = () => document.querySelector<HTMLElement>(".magnifier");

  it("is everybody's: by button and arrows, with pictures of its own", async () => {
    const { view, tell, picture, sent, settle } = show(false);
    view();
    tell(showing(1, shown(), "other"));
    resize(600, 600);
    press("Magnifier");
    await settle();
    expect(of(sent, "magnify")).toEqual([
      { type: "magnify", viewport: 0, x: 0.5, y: 0.5, factor: 3, width: 440, height: 440 },
    ]);
    expect(box()?.style.transform).toBe("translate(190px, 190px)");
    expect(box()?.textContent).toContain("Getting the magnifier ready");
    await picture({ sequence: 0, revision: 1, isMagnified: true });
    expect(box()?.textContent).toBe("× 3");
    expect(of(sent, "drawn")).toHaveLength(1);
    // The picture behind it has not been touched.
    expect(screen.queryByText("Full quality")).toBeNull();
    fireEvent.keyDown(port(0), { key: "ArrowRight" });
    fireEvent.keyDown(port(0), { key: "+" });
    await act(async () => void (await vi.advanceTimersByTimeAsync(50)));
    expect(of(sent, "magnify").at(-1)).toMatchObject({ x: 0.52, y: 0.5, factor: 3.75 });
    expect(sent.some(({ type }) => type === "set_view" || type === "scroll")).toBe(false);
    press("Weaker magnifier");
    press("Weaker magnifier");
    await act(async () => void (await vi.advanceTimersByTimeAsync(50)));
    expect(of(sent, "magnify").at(-1)).toMatchObject({ factor: expect.closeTo(2.4, 6) });
    fireEvent.keyDown(port(0), { key: "Escape" });
    expect(box()).toBeNull();
    expect(screen.queryByRole("button", { name: "Weaker magnifier" })).toBeNull();
    expect(sent.at(-1)).toEqual({ type: "stop_magnifying" });
  });

  it("follows the mouse without a press, and stands beside a finger", async () => {
    const { view, tell, sent } = show(false);
    view();
    tell(showing(1, shown(), "other"));
    resize(600, 600);
    fireEvent.keyDown(port(0), { key: "g" });
    const hand = (type: string, pointerType: string, x: number, y: number) =>
      act(() => {
        port(0).dispatchEvent(
          new PointerEvent(type, { pointerId: 1, pointerType, clientX: x, clientY: y, bubbles: true }),
        );
      });
    hand("pointermove", "mouse", 150, 300);
    await act(async () => void (await vi.advanceTimersByTimeAsync(50)));
    expect(of(sent, "magnify").at(-1)).toMatchObject({ x: 0.25, y: 0.5 });
    expect(box()?.style.transform).toBe("translate(40px, 190px)");
    port(0).setPointerCapture = () => undefined;
    hand("pointerdown", "touch", 300, 450);
    // 150 px above the finger; and below it where there is no room above.
    expect(box()?.style.transform).toBe("translate(190px, 190px)");
    hand("pointermove", "touch", 300, 100);
    expect(box()?.style.transform).toBe("translate(190px, 140px)");
  });

  it("asks again after a new connection, and ends with what it looked at", async () => {
    const { view, tell, sent, settle } = show(false);
    view();
    tell(showing(1, shown(), "other"));
    press("Magnifier");
    await settle();
    sent.splice(0);
    tell(WELCOME);
    tell(showing(1, shown(), "other"));
    await act(async () => void (await vi.advanceTimersByTimeAsync(50)));
    expect(of(sent, "magnify")).toHaveLength(1);
    tell(showing(2, shown({ series: "s2" }), "other"));
    expect(box()).toBeNull();
    expect(screen.getByRole("button", { name: "Magnifier" }).getAttribute("aria-pressed")).toBe("false");
  });
});
