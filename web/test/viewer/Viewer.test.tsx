import { signal } from "@preact/signals";
import { act, cleanup, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Call } from "../../src/call/call";
import { chooseLanguage } from "../../src/i18n";
import type { Person } from "../../src/protocol";
import { Viewer } from "../../src/viewer/Viewer";
import { viewingOf } from "../../src/viewer/viewing";
import { fakeWire, WELCOME } from "./fake-wire";
import { shown } from "./rig";

const people = signal<Person[]>([
  { participant: "me", role: "practitioner", name: "Dr Claire Martin", place: { state: "in_call" }, muted: [] },
  { participant: "other", role: "practitioner", name: "Dr Samir Haddad", place: { state: "in_call" }, muted: [] },
]);

let resize: (width: number, height: number) => void = () => undefined;

beforeEach(() => {
  chooseLanguage("en");
  vi.useFakeTimers();
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(tell: (entries: unknown[]) => void) {
        resize = (width, height) => act(() => tell([{ contentRect: { width, height } }]));
      }
      observe() {}
      disconnect() {}
    },
  );
  vi.stubGlobal("createImageBitmap", async () => ({ width: 8, height: 8, close: () => undefined }));
  vi.stubGlobal("devicePixelRatio", 3);
  HTMLCanvasElement.prototype.getContext = (() => ({
    drawImage: () => undefined,
    clearRect: () => undefined,
  })) as unknown as HTMLCanvasElement["getContext"];
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function show(mayPresent = true) {
  const fake = fakeWire();
  const view = () =>
    render(
      <Viewer wire={fake.wire} call={undefined as unknown as Call} self="me" mayPresent={mayPresent} people={people} />,
    );
  return {
    ...fake,
    view,
    tell: (...of: Parameters<typeof fake.tell>) => act(() => fake.tell(...of)),
    picture: async (...of: Parameters<typeof fake.picture>) => {
      fake.picture(...of);
      await act(async () => {
        await vi.advanceTimersByTimeAsync(0);
      });
    },
    later: (ms: number) => act(() => void vi.advanceTimersByTime(ms)),
  };
}

describe("the viewer", () => {
  it("says the size of its surface in device pixels, at most two of them a pixel, once a resize has ended", () => {
    const { view, sent, later, tell } = show();
    view();
    resize(800, 600);
    later(0);
    expect(sent).toEqual([{ type: "surface", width: 1600, height: 1200 }]);
    resize(700, 600);
    resize(600, 600);
    later(149);
    expect(sent).toHaveLength(1);
    later(1);
    expect(sent[1]).toEqual({ type: "surface", width: 1200, height: 1200 });
    tell(WELCOME);
    expect(sent[2]).toEqual({ type: "surface", width: 1200, height: 1200 });
  });

  it("shows what was shared before it was there", () => {
    const { view, wire, tell } = show();
    viewingOf(wire);
    tell({ type: "viewing", revision: 3, presenter: "other", shown: shown() });
    view();
    expect(screen.getByText(/Dr Samir Haddad is showing: CT thorax/)).toBeTruthy();
    expect(screen.getByText("Preview, not for primary diagnosis")).toBeTruthy();
  });

  it("describes the picture on the screen, not the one that is on its way", async () => {
    const { view, tell, picture, sent } = show();
    view();
    tell({ type: "viewing", revision: 1, presenter: "other", shown: shown({ index: 10 }) });
    await picture({ sequence: 0, revision: 1, index: 10 });
    expect(sent.at(-1)).toEqual({ type: "drawn", sequence: 0 });
    tell({ type: "viewing", revision: 2, presenter: "other", shown: shown({ index: 20 }) });
    expect(screen.getByText(/slice 11\/40/)).toBeTruthy();
    await picture({ sequence: 1, revision: 2, index: 20, isLossless: false });
    expect(screen.getByText(/slice 21\/40/)).toBeTruthy();
    expect(screen.getByText("Shown with loss")).toBeTruthy();
    await picture({ sequence: 2, revision: 2, index: 20 });
    expect(screen.queryByText("Shown with loss")).toBeNull();
  });

  it("says in words that a picture takes long, and stops when it is there", async () => {
    const { view, tell, picture, later } = show();
    view();
    tell({ type: "viewing", revision: 1, presenter: "other", shown: shown() });
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
      tell({ type: "viewing", revision, presenter: "other", shown: shown({ index: revision }) });
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
    tell({ type: "viewing", revision: 1, presenter: "other", shown: shown() });
    await picture({ revision: 1 });
    tell({ type: "viewing", revision: 2, presenter: "other", shown: shown({ index: 11 }) });
    tell({ type: "frame_failed", revision: 2, detail: "the code stream ends early" });
    expect(screen.getByText(/This image cannot be shown/)).toBeTruthy();
    expect(screen.getByText("the code stream ends early")).toBeTruthy();
    expect(container.querySelector("canvas")?.className).toBe("hidden");
    tell({ type: "viewing", revision: 3, presenter: "other", shown: shown({ index: 12 }) });
    await picture({ sequence: 1, revision: 3 });
    expect(screen.queryByText(/This image cannot be shown/)).toBeNull();
    expect(container.querySelector("canvas")?.className).toBe("");
  });

  it("keeps the gateway's technical words from guests", () => {
    const { view, tell } = show(false);
    view();
    tell({ type: "viewing", revision: 2, presenter: "other", shown: shown() });
    tell({ type: "frame_failed", revision: 2, detail: "the code stream ends early" });
    expect(screen.getByText(/Your doctor can show another one/)).toBeTruthy();
    expect(screen.queryByText("the code stream ends early")).toBeNull();
    expect(screen.queryByRole("button", { name: "Take over" })).toBeNull();
  });

  it("takes no older state for a newer one, but any after a new connection", () => {
    const { view, tell } = show();
    view();
    tell({ type: "viewing", revision: 5, presenter: "other", shown: shown({ title: "new" }) });
    tell({ type: "viewing", revision: 4, presenter: "other", shown: shown({ title: "old" }) });
    expect(screen.getByText("new")).toBeTruthy();
    tell(WELCOME);
    tell({ type: "viewing", revision: 0 });
    expect(screen.getByText("No images are being shown.")).toBeTruthy();
  });

  it("draws the pointers of others until two seconds after their last sign", () => {
    const { view, tell, later } = show();
    const { container } = view();
    resize(600, 600);
    tell({ type: "viewing", revision: 1, presenter: "other", shown: shown() });
    tell({ type: "pointer", participant: "other", x: 0.25, y: 0.5 });
    const pointer = () => container.querySelector(".pointer");
    expect(pointer()?.getAttribute("transform")).toBe("translate(150.0 300.0)");
    expect(pointer()?.textContent).toContain("Dr Samir Haddad");
    later(1_500);
    tell({ type: "pointer", participant: "other", x: 0.25, y: 0.5 });
    later(1_500);
    expect(pointer()?.classList.contains("gone")).toBe(false);
    later(600);
    expect(pointer()?.classList.contains("gone")).toBe(true);
    later(2_000);
    expect(pointer()).toBeNull();
  });

  it("lets whoever presents stop, and everybody else on the staff take over", () => {
    const { view, tell, requests } = show();
    view();
    tell({ type: "viewing", revision: 1, presenter: "other", shown: shown() });
    act(() => screen.getByRole("button", { name: "Take over" }).click());
    tell({ type: "viewing", revision: 2, presenter: "me", shown: shown() });
    expect(screen.getByText(/You are showing: CT thorax. Everybody in the call sees it/)).toBeTruthy();
    act(() => screen.getByRole("button", { name: "Stop" }).click());
    expect(requests).toEqual([{ type: "present" }, { type: "stop_sharing" }]);
  });

  const seen = (changes: Parameters<typeof shown>[0], { mayPresent = true, presenter = "other" } = {}) => {
    const rig = show(mayPresent);
    const { container } = rig.view();
    resize(600, 600);
    rig.tell({ type: "viewing", revision: 1, presenter, shown: shown(changes) });
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
    tell({ type: "viewing", revision: 2, presenter: "other", shown: shown() });
    expect(container.querySelector(".viewer-scale")).toBeNull();
  });

  it("marks loss with how much and how, as far as that is known", () => {
    const { tell } = seen({ lossySource: { ratio: 12.5, method: "ISO_10918_1" } });
    expect(screen.getByText("Image compressed 12.5:1 with loss (JPEG)")).toBeTruthy();
    tell({ type: "viewing", revision: 2, presenter: "other", shown: shown({ lossySource: { method: "" } }) });
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

  it("warns whoever presents, and only them, of a name in the picture, and claims no more that it is hidden", () => {
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
      revision: 1,
      index: 0,
      document: {
        title: "Report",
        facts: [],
        sections: [{ heading: "Findings", text: "None.", images: 0, sections: [] }],
      },
    });
    tell({ type: "viewing", revision: 2, presenter: "other", shown: shown({ content: "text", index: 0, count: 1 }) });
    expect(await screen.findByRole("heading", { name: "Findings" })).toBeTruthy();
    expect(surface()?.hidden).toBe(true);
    expect(screen.queryByRole("button", { name: "Point" })).toBeNull();
    tell({ type: "viewing", revision: 3, presenter: "other", shown: shown({ series: "s2" }) });
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
      { type: "set_layers", isOverlaid: false, isShuttered: true },
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
    expect(choose(states, "b")).toEqual({ type: "set_state", state: "b" });
    expect(choose(states, "")).toEqual({ type: "set_state" });
    expect(choose(screen.getByRole("combobox", { name: "Window" }), "0")).toEqual({
      type: "set_alternative",
      alternative: 0,
    });
    tell({ type: "viewing", revision: 9, presenter: "me", shown: shown({ count: 1, index: 0 }) });
    expect(screen.queryByRole("button", { name: "Play" })).toBeNull();
    expect(screen.queryByRole("combobox", { name: "Presentation" })).toBeNull();
  });
});
