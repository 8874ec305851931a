import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { laidOver } from "../../src/viewer/changes";
import { viewingOf } from "../../src/viewer/viewing";
import { fakeWire, showing, WELCOME } from "./fake-wire";
import { shown } from "./rig";

interface Case {
  what: string;
  old: unknown;
  new: unknown;
  changes: unknown;
}

const file = join(import.meta.dirname, "../../../fixtures/viewing/changes.json");
const cases = JSON.parse(readFileSync(file, "utf8")) as Case[];

describe("what is another of a state", () => {
  for (const { what, old, new: state, changes } of cases)
    it(`makes the new one: ${what}`, () => {
      const before = structuredClone(old);
      expect(laidOver(old, changes)).toEqual(state);
      expect(old).toEqual(before);
    });
});

describe("a viewing of which changes are told", () => {
  const scrolled = (revision: number, index: number) => ({
    type: "viewing_changed" as const,
    changes: { revision, viewports: { 0: { index, picture: revision } } },
  });

  it("is at the place that was told, with the rest as it was", () => {
    const { wire, tell } = fakeWire();
    const viewing = viewingOf(wire);
    tell(WELCOME);
    tell(showing(1, shown({ index: 4, zoom: 2 })));
    tell(scrolled(2, 5));
    tell(scrolled(3, 6));
    expect(viewing.state.value?.viewports[0]).toMatchObject({ index: 6, picture: 3, zoom: 2, title: "CT thorax" });
    expect(viewing.at(0, 2)?.index).toBe(5);
  });

  it("takes no change that was told to an older connection", () => {
    const { wire, tell } = fakeWire();
    const viewing = viewingOf(wire);
    tell(WELCOME);
    tell(showing(1, shown({ index: 4 })));
    tell(WELCOME);
    tell(scrolled(2, 5));
    expect(viewing.state.value?.viewports[0]?.index).toBe(4);
    tell(showing(3, shown({ index: 7 })));
    tell(scrolled(4, 8));
    expect(viewing.state.value?.viewports[0]?.index).toBe(8);
  });
});
