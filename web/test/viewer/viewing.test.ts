import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ServerMessage } from "../../src/protocol";
import { markInWords } from "../../src/viewer/marks/values";
import { activeOf, viewingOf } from "../../src/viewer/viewing";
import { fakeWire, showing, WELCOME } from "./fake-wire";
import { shown } from "./rig";

const DOCUMENT_AT = { type: "document", viewport: 0, isOwn: false } as const;
const DOCUMENT = { title: "CR", facts: [], sections: [] };

function rig() {
  const fake = fakeWire();
  return { ...fake, viewing: viewingOf(fake.wire) };
}

describe("what is shown and no picture", () => {
  it("belongs to its place, and is there again on the way back: it is sent once", () => {
    const { viewing, tell } = rig();
    tell(showing(1, shown({ content: "awaited", index: 0 })));
    expect(viewing.content(0)).toBeUndefined();
    tell({ ...DOCUMENT_AT, revision: 1, index: 0, document: DOCUMENT });
    tell(showing(2, shown({ content: "text", index: 0 })));
    expect(viewing.content(0)).toEqual({ document: DOCUMENT });
    tell(showing(3, shown({ content: "pictures", index: 1 })));
    expect(viewing.content(0)).toBeUndefined();
    tell(showing(4, shown({ content: "text", index: 0 })));
    expect(viewing.content(0)).toEqual({ document: DOCUMENT });
  });

  it("never shows up in another series", () => {
    const { viewing, tell, content } = rig();
    tell(showing(1, shown({ series: "a", index: 0 })));
    tell(showing(2, shown({ series: "b", index: 0 })));
    content({ revision: 1, index: 0, mediaType: "application/pdf" });
    expect(viewing.content(0)).toBeUndefined();
    content({ revision: 2, index: 0, mediaType: "audio/wav" }, new Uint8Array([1]));
    expect(viewing.content(0)).toEqual({ mediaType: "audio/wav", bytes: new Uint8Array([1]) });
  });

  it("is forgotten with the connection that brought it: the next one brings it again", () => {
    const { viewing, tell } = rig();
    tell(showing(9, shown({ index: 0 })));
    tell({ ...DOCUMENT_AT, revision: 9, index: 0, document: DOCUMENT });
    tell(WELCOME);
    tell(showing(2, shown({ index: 0 })));
    expect(viewing.content(0)).toBeUndefined();
    tell({ ...DOCUMENT_AT, revision: 2, index: 0, document: DOCUMENT });
    expect(viewing.content(0)).toBeDefined();
  });
});

describe("what is told once", () => {
  const { modality, title, count, stacks, states, graphics: _, cine: __, ...step } = shown();
  const series = { type: "series_shown" as const, series: step.series, modality, title, count, stacks, states };
  const cine = { frameMs: 40, framesMs: [40, 60], isSweep: false, first: 0, last: 2 };
  const mark = { shape: "points" as const, points: [[0, 0] as [number, number]], isOnScreen: false, isFilled: false };

  const at = { viewport: 0, isOwn: false };
  /** As the gateway tells it: without its large parts. */
  const stepped = (revision: number, changes: { index?: number } = {}) =>
    ({ ...showing(revision, null), viewports: [{ ...step, picture: revision, ...changes }] }) as never;

  it("holds from step to step until it is told again", () => {
    const { viewing, tell } = rig();
    tell(series);
    tell({ type: "cine", ...at, cine });
    tell({ type: "graphics", ...at, graphics: [mark] });
    tell(stepped(1));
    tell(stepped(2, { index: 11 }));
    expect(activeOf(viewing.state.value)).toMatchObject({ title, count, index: 11, cine, graphics: [mark] });
    tell({ type: "graphics", ...at, graphics: [] });
    tell({ type: "cine", ...at });
    tell(stepped(3, { index: 12 }));
    expect(activeOf(viewing.state.value)?.graphics).toEqual([]);
    expect(activeOf(viewing.state.value)?.cine).toBeUndefined();
    // What was drawn before is still known with its revision.
    expect(viewing.at(0, 2)?.graphics).toEqual([mark]);
  });

  it("is forgotten with the connection, and a series that was not told is not on show", () => {
    const { viewing, tell } = rig();
    tell(series);
    tell(stepped(1));
    tell(WELCOME);
    tell(stepped(1));
    expect(viewing.state.value).toMatchObject({ revision: 1, viewports: [null] });
    tell(series);
    tell(stepped(1));
    expect(activeOf(viewing.state.value)?.title).toBe(title);
  });

  it("belongs to its viewport, and not to what somebody looks at alone", () => {
    const { viewing, tell, content } = rig();
    tell(series);
    tell({ type: "cine", viewport: 1, isOwn: false, cine });
    tell({ type: "graphics", viewport: 1, isOwn: true, graphics: [mark] });
    const both = [0, 1].map((index) => ({ ...step, index, picture: 1 }));
    tell({ ...showing(1, null), layout: "side_by_side", active: 1, viewports: both } as never);
    expect(viewing.state.value?.viewports.map((each) => each?.cine)).toEqual([undefined, cine]);
    expect(activeOf(viewing.state.value)).toMatchObject({ index: 1, graphics: [] });
    content({ revision: 1, index: 1, mediaType: "audio/wav" });
    expect([viewing.content(0), viewing.content(1)]).toEqual([undefined, undefined]);
  });
});

describe("the own view", () => {
  const arrangement = (shownThere: ReturnType<typeof shown> | null) => ({
    layout: "one" as const,
    active: 0,
    isLinked: false,
    viewports: [shownThere],
  });

  it("is what is seen as long as there is one, with large parts of its own", () => {
    const { viewing, tell } = rig();
    tell(showing(1, shown({ index: 3 }), "other"));
    expect([viewing.isOwn.value, viewing.seen.value?.viewports[0]?.index]).toEqual([false, 3]);
    const mark = { shape: "points" as const, points: [[0, 0] as [number, number]], isOnScreen: false, isFilled: false };
    tell({
      type: "own_view",
      revision: 2,
      arrangement: arrangement(shown({ index: 7, picture: 2, graphics: [mark] })),
    });
    tell(showing(3, shown({ index: 4 }), "other"));
    expect([viewing.isOwn.value, viewing.seen.value?.viewports[0]?.index]).toEqual([true, 7]);
    expect(viewing.at(0, 2)?.graphics).toEqual([mark]);
    expect(viewing.at(0, 3)).toBeUndefined();
    tell({ type: "own_view", revision: 4 });
    expect(viewing.seen.value?.viewports[0]).toMatchObject({ index: 4, graphics: [] });
    expect(viewing.at(0, 3)?.index).toBe(4);
  });

  it("has contents of its own", () => {
    const { viewing, tell } = rig();
    tell(showing(1, shown({ content: "text", index: 0 }), "other"));
    tell({ type: "own_view", revision: 2, arrangement: arrangement(shown({ content: "text", index: 0, picture: 2 })) });
    tell({ type: "document", viewport: 0, isOwn: false, revision: 1, index: 0, document: DOCUMENT });
    expect(viewing.content(0)).toBeUndefined();
    tell({
      type: "document",
      viewport: 0,
      isOwn: true,
      revision: 2,
      index: 0,
      document: { ...DOCUMENT, title: "own" },
    });
    expect(viewing.content(0)).toHaveProperty("document.title", "own");
    tell({ type: "own_view", revision: 3 });
    expect(viewing.content(0)).toHaveProperty("document.title", DOCUMENT.title);
  });

  it("is not taken in an older form, and not for granted on a new connection", () => {
    const { viewing, tell } = rig();
    tell(showing(1, shown(), "other"));
    tell({ type: "own_view", revision: 5, arrangement: arrangement(shown({ index: 7, picture: 5 })) });
    tell({ type: "own_view", revision: 4, arrangement: arrangement(shown({ index: 6, picture: 4 })) });
    expect(viewing.seen.value?.viewports[0]?.index).toBe(7);
    tell(WELCOME);
    tell(showing(0, shown({ index: 1 }), "other"));
    expect(viewing.isOwn.value).toBe(false);
    tell({ type: "own_view", revision: 1, arrangement: arrangement(shown({ index: 2, picture: 1 })) });
    expect(viewing.seen.value?.viewports[0]?.index).toBe(2);
  });
});

describe("the examples of the protocol", () => {
  it("are all taken, and the newest state and its content are on show", () => {
    const { viewing, tell } = rig();
    const folder = join(import.meta.dirname, "../../../fixtures/protocol/server");
    const messages = readdirSync(folder)
      .sort()
      .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as ServerMessage);
    const of = (type: ServerMessage["type"]) => messages.filter((message) => message.type === type);
    expect(of("viewing").length).toBeGreaterThan(1);
    // A welcome begins anew, whatever was told before it.
    for (const message of of("welcome")) tell(message);
    for (const message of messages) if (message.type !== "viewing" && message.type !== "welcome") tell(message);
    const states = of("viewing") as Extract<ServerMessage, { type: "viewing" }>[];
    for (const state of states.sort((a, b) => a.revision - b.revision)) tell(state);
    expect(activeOf(viewing.state.value)?.graphics).toHaveLength(2);
    for (const document of of("document"))
      tell({ ...document, index: activeOf(viewing.state.value)?.index ?? -1 } as never);
    expect(viewing.content(0)).toHaveProperty("document.title", "Compte rendu");
    // All marks come after the single ones, by their revisions.
    const [all] = of("marks") as Extract<ServerMessage, { type: "marks" }>[];
    expect(all?.marks.length).toBeGreaterThan(3);
    expect([...viewing.marks.known.value.all.values()]).toEqual(all?.marks);
    for (const mark of all?.marks ?? []) expect(markInWords(mark, "Dr Martin", false)).toMatch(/Dr Martin/);
  });
});
