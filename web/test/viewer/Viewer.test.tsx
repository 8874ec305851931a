import { act, cleanup, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { viewingOf } from "../../src/viewer/viewing";
import { showing, WELCOME } from "./fake-wire";
import { beginPage, endPage, resize, show } from "./page";
import { shown } from "./rig";

const FAILED = {
  type: "frame_failed",
  viewport: 0,
  isOwn: false,
  series: "s1",
  index: 11,
  detail: "the code stream ends early",
} as const;

beforeEach(beginPage);
afterEach(endPage);

describe("the viewer", () => {
  it("says the size of its surface in device pixels, at most two of them a pixel, once a resize has ended", () => {
    const { view, sent, later, tell } = show();
    view();
    resize(800, 600);
    later(0);
    expect(sent).toEqual([{ type: "surface", viewport: 0, width: 1600, height: 1200 }]);
    resize(700, 600);
    resize(600, 600);
    later(149);
    expect(sent).toHaveLength(1);
    later(1);
    expect(sent[1]).toEqual({ type: "surface", viewport: 0, width: 1200, height: 1200 });
    tell(WELCOME);
    expect(sent[2]).toEqual({ type: "surface", viewport: 0, width: 1200, height: 1200 });
  });

  it("shows what was shared before it was there", async () => {
    const { viewStaff, wire, tell } = show();
    viewingOf(wire);
    tell(showing(3, shown(), "other"));
    await viewStaff();
    expect(screen.getByText(/Dr Samir Haddad is showing: CT thorax/)).toBeTruthy();
    expect(screen.getByText("Preview, not for primary diagnosis")).toBeTruthy();
  });

  it("describes the picture on the screen, not the one that is on its way", async () => {
    const { view, tell, picture, sent } = show();
    view();
    tell(showing(1, shown({ index: 10 }), "other"));
    await picture({ sequence: 0, revision: 1, index: 10 });
    expect(sent.at(-1)).toEqual({ type: "drawn", sequence: 0 });
    tell(showing(2, shown({ index: 20 }), "other"));
    expect(screen.getByText(/slice 11\/40/)).toBeTruthy();
    await picture({ sequence: 1, revision: 2, index: 20, isLossless: false });
    expect(screen.getByText(/slice 21\/40/)).toBeTruthy();
    expect(screen.getByText("Quality reduced while moving")).toBeTruthy();
    await picture({ sequence: 2, revision: 2, index: 20 });
    expect(screen.queryByText("Quality reduced while moving")).toBeNull();
  });

  it("says in words that a picture takes long, and stops when it is there", async () => {
    const { view, tell, picture, later } = show();
    view();
    tell(showing(1, shown(), "other"));
    later(900);
    expect(screen.queryByText(/Getting the image ready/)).toBeNull();
    later(200);
    expect(screen.getByText(/Getting the image ready/)).toBeTruthy();
    await picture({ revision: 1 });
    expect(screen.queryByText(/Getting the image ready/)).toBeNull();
    later(5_000);
    expect(screen.queryByText(/Getting the image ready/)).toBeNull();
  });

  it("does not call it slow while pictures keep coming, each a little behind", async () => {
    const { view, tell, picture, later } = show();
    view();
    for (let revision = 1; revision < 6; revision += 1) {
      tell(showing(revision, shown({ index: revision }), "other"));
      await picture({ sequence: revision, revision: revision - 1 });
      later(600);
      expect(screen.queryByText(/Getting the image ready/)).toBeNull();
    }
    later(600);
    expect(screen.getByText(/Getting the image ready/)).toBeTruthy();
  });

  it("never leaves an old picture in the place of one that cannot be shown", async () => {
    const { view, tell, picture } = show();
    const { container } = view();
    tell(showing(1, shown(), "other"));
    await picture({ revision: 1 });
    tell(showing(2, shown({ index: 11 }), "other"));
    tell({ ...FAILED, revision: 2 });
    expect(screen.getByText(/This image cannot be shown/)).toBeTruthy();
    expect(screen.getByText("the code stream ends early")).toBeTruthy();
    expect(container.querySelector("canvas")?.className).toBe("hidden");
    tell(showing(3, shown({ index: 12 }), "other"));
    await picture({ sequence: 1, revision: 3 });
    expect(screen.queryByText(/This image cannot be shown/)).toBeNull();
    expect(container.querySelector("canvas")?.className).toBe("");
  });

  it("keeps the gateway's technical words from guests", () => {
    const { view, tell } = show(false);
    view();
    tell(showing(2, shown(), "other"));
    tell({ ...FAILED, revision: 2 });
    expect(screen.getByText(/Your doctor can show another one/)).toBeTruthy();
    expect(screen.queryByText("the code stream ends early")).toBeNull();
    expect(screen.queryByRole("button", { name: "Take over" })).toBeNull();
  });

  it("takes no older state for a newer one, but any after a new connection", () => {
    const { view, tell } = show();
    view();
    tell(showing(5, shown({ title: "new" }), "other"));
    tell(showing(4, shown({ title: "old" }), "other"));
    expect(screen.getByText("new")).toBeTruthy();
    tell(WELCOME);
    tell(showing(0, null));
    expect(screen.getByText("No images are being shown.")).toBeTruthy();
  });

  it("draws the pointers of others until two seconds after their last sign", () => {
    const { view, tell, later } = show();
    const { container } = view();
    resize(600, 600);
    tell(showing(1, shown(), "other"));
    tell({ type: "pointer", participant: "other", viewport: 0, x: 0.25, y: 0.5 });
    const pointer = () => container.querySelector(".pointer");
    expect(pointer()?.getAttribute("transform")).toBe("translate(150.0 300.0)");
    expect(pointer()?.textContent).toContain("Dr Samir Haddad");
    later(1_500);
    tell({ type: "pointer", participant: "other", viewport: 0, x: 0.25, y: 0.5 });
    later(1_500);
    expect(pointer()?.classList.contains("gone")).toBe(false);
    later(600);
    expect(pointer()?.classList.contains("gone")).toBe(true);
    later(2_000);
    expect(pointer()).toBeNull();
  });

  it("lets whoever presents stop, and a host take over", async () => {
    const { viewStaff, tell, requests } = show();
    await viewStaff();
    tell({ ...showing(1, shown(), "other"), hosts: ["me"] });
    act(() => screen.getByRole("button", { name: "Take over" }).click());
    tell(showing(2, shown(), "me"));
    expect(screen.getByText(/You are showing: CT thorax. Everybody in the call sees it/)).toBeTruthy();
    act(() => screen.getByRole("button", { name: "Stop" }).click());
    expect(requests).toEqual([{ type: "present" }, { type: "stop_sharing" }]);
  });

  const seen = (changes: Parameters<typeof shown>[0], { mayPresent = true, presenter = "other" } = {}) => {
    const rig = show(mayPresent);
    const { container } = rig.view();
    resize(600, 600);
    rig.tell(showing(1, shown(changes), presenter));
    return { ...rig, container };
  };

  it("names the sides of the body at the edges, as the gateway turned them", () => {
    const { container } = seen({ edges: { left: "P", right: "A", top: "R", bottom: "" }, quarterTurns: 1 });
    const letters = [...container.querySelectorAll(".viewer-letter")].map((each) => each.textContent);
    expect(letters).toEqual(["Top of the image: R", "Left of the image: P", "Right of the image: A"]);
    expect(screen.getByText(/turned by 90°/)).toBeTruthy();
  });

  it("says to everybody that left and right are exchanged", () => {
    seen({ isFlipped: true }, { mayPresent: false });
    expect(screen.getByText(/Mirror image/)).toBeTruthy();
  });

  it("draws a scale with what it rests on, and none without a calibration", () => {
    const calibrations = [{ widthMm: 0.5, heightMm: 0.5, source: "detector" as const }];
    const { container, tell } = seen({ calibrations });
    expect(container.querySelector(".viewer-scale")?.textContent).toBe(
      "Scale: 5\u00a0cm at the detector, larger than in the patient",
    );
    tell(showing(2, shown(), "other"));
    expect(container.querySelector(".viewer-scale")).toBeNull();
  });

  it("marks loss with how much and how, as far as that is known", () => {
    const { tell } = seen({ lossySource: { ratio: 12.5, method: "ISO_10918_1" } });
    expect(screen.getByText("Image compressed 12.5:1 with loss (JPEG)")).toBeTruthy();
    tell(showing(2, shown({ lossySource: { method: "" } }), "other"));
    expect(screen.getByText("Image compressed with loss")).toBeTruthy();
  });

  it("marks damage: staff read what is missing, guests that something is", () => {
    seen({ damage: "rows from 300 on are missing" });
    expect(screen.getByText("rows from 300 on are missing")).toBeTruthy();
    cleanup();
    seen({ damage: "rows from 300 on are missing" }, { mayPresent: false });
    expect(screen.getByText("A part of this image is missing.")).toBeTruthy();
    expect(screen.queryByText("rows from 300 on are missing")).toBeNull();
  });

  it("does not take what a presentation leaves out for damage", () => {
    seen({ stateNotice: "the magnification that it asks for" });
    expect(screen.getByText("The presentation is not applied completely.")).toBeTruthy();
    expect(screen.getByText("the magnification that it asks for")).toBeTruthy();
    expect(screen.queryByText("Image incomplete.")).toBeNull();
  });

  it("tells staff the stack, and what is missing or twice in it", () => {
    const stacks = [
      { first: 0, count: 8, gaps: 0, duplicates: 0 },
      { first: 8, count: 32, stepMm: 2.5, gaps: 2, duplicates: 1 },
    ];
    const { tell } = seen({ stacks, index: 10 });
    expect(screen.getByText("stack 2/2: 3/32")).toBeTruthy();
    expect(screen.getByText(/^2 larger steps between slices: .* · 1 slice is there twice$/)).toBeTruthy();
    tell(showing(2, shown({ stacks, index: 7 }), "other"));
    expect(screen.getByText("stack 1/2: 8/8")).toBeTruthy();
    expect(screen.queryByText(/larger step/)).toBeNull();
    cleanup();
    seen({ stacks, index: 10 }, { mayPresent: false });
    expect(screen.queryByText(/larger step/)).toBeNull();
  });

  it("warns whoever presents, and only them, of a name in the picture, and claims no more that it is hidden", async () => {
    seen({ isBurnedIn: true }, { presenter: "me" });
    expect(screen.getByText(/itself may show the patient’s name/)).toBeTruthy();
    expect(screen.queryByText(/without the patient’s name/)).toBeNull();
    cleanup();
    seen({ isBurnedIn: true });
    expect(screen.queryByText(/itself may show/)).toBeNull();
  });

  it("draws the graphics of a presentation state where the picture shows their places", () => {
    const { container } = seen({
      quarterTurns: 1,
      graphics: [
        {
          shape: "polyline",
          points: [
            [0, 0],
            [1, 0],
          ],
          isOnScreen: false,
          isFilled: false,
        },
      ],
    });
    expect(container.querySelector(".graphic-line")?.getAttribute("d")).toBe("M600 0L600 600");
  });

  it("shows a text in the place of pictures, and the pictures again after it", async () => {
    vi.useRealTimers();
    const { container, tell } = seen({ content: "awaited", index: 0, count: 1 });
    const surface = () => container.querySelector<HTMLElement>(".viewer-surface");
    tell({
      type: "document",
      viewport: 0,
      isOwn: false,
      revision: 1,
      index: 0,
      document: {
        title: "Report",
        facts: [],
        sections: [{ heading: "Findings", text: "None.", images: 0, sections: [] }],
      },
    });
    tell(showing(2, shown({ content: "text", index: 0, count: 1 }), "other"));
    expect(await screen.findByRole("heading", { name: "Findings" })).toBeTruthy();
    expect(surface()?.hidden).toBe(true);
    expect(screen.queryByRole("button", { name: "Point" })).toBeNull();
    tell(showing(3, shown({ series: "s2" }), "other"));
    expect(screen.queryByRole("heading", { name: "Findings" })).toBeNull();
    expect(surface()?.hidden).toBe(false);
  });

  it("gives whoever presents a tool for all that the object offers, and no other", async () => {
    vi.useRealTimers();
    const { sent, tell } = seen(
      {
        hasOverlays: true,
        alternatives: [{ explanation: "TABLE" }],
        states: [
          { state: "a", label: "NODULE" },
          { state: "b", label: "" },
        ],
        cine: { frameMs: 40, framesMs: [], isSweep: true, first: 0, last: 39 },
      },
      { presenter: "me" },
    );
    const button = async (name: string | RegExp) => await screen.findByRole("button", { name, hidden: true });
    const press = async (name: string | RegExp) => {
      sent.splice(0);
      const found = await button(name);
      act(() => found.click());
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return sent.filter((message) => message.type !== "surface");
    };
    expect(await press("Turn right")).toMatchObject([{ type: "set_view", quarterTurns: 1, isFlipped: false }]);
    expect(await press("Mirror left and right")).toMatchObject([
      { type: "set_view", quarterTurns: 1, isFlipped: true },
    ]);
    expect(await press("The object’s annotations")).toEqual([
      { type: "set_layers", viewport: 0, isOverlaid: false, isShuttered: true },
    ]);
    expect(screen.queryByRole("button", { name: "The object’s shutters", hidden: true })).toBeNull();
    expect((await button("Forth and back")).getAttribute("aria-pressed")).toBe("true");
    const states = screen.getByRole<HTMLSelectElement>("combobox", { name: "Presentation" });
    expect([...states.options].map((each) => each.text)).toEqual(["No presentation", "NODULE", "Presentation 2"]);
    const choose = (select: HTMLSelectElement, value: string) => {
      sent.splice(0);
      act(() => {
        select.value = value;
        select.dispatchEvent(new Event("change", { bubbles: true }));
      });
      return sent[0];
    };
    expect(choose(states, "b")).toEqual({ type: "set_state", viewport: 0, state: "b" });
    expect(choose(states, "")).toEqual({ type: "set_state", viewport: 0 });
    expect(choose(screen.getByRole("combobox", { name: "Window" }), "0")).toEqual({
      type: "set_alternative",
      viewport: 0,
      alternative: 0,
    });
    tell(showing(9, shown({ count: 1, index: 0 }), "me"));
    expect(screen.queryByRole("button", { name: "Play" })).toBeNull();
    expect(screen.queryByRole("combobox", { name: "Presentation" })).toBeNull();
  });
});
