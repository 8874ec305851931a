import { beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage } from "../../src/i18n";
import type { MarkState, MeasuredState } from "../../src/protocol";
import { labelOf, markInWords, measuredInWords } from "../../src/viewer/marks/values";

const words = (measured: MeasuredState) =>
  measuredInWords(measured).join(" · ").replaceAll("\u00a0", " ").replaceAll("\u202f", " ");
const mm = (value: number) => ({ value, unit: "mm" as const, source: "ultrasound" as const });
const mark = (changes: Partial<MarkState>): MarkState => ({
  mark: "m1",
  participant: "p1",
  at: "2026-11-25T13:41:07.250Z",
  series: "s1",
  instance: "i1",
  frame: 1,
  shape: "length",
  points: [],
  text: "",
  ...changes,
});

beforeEach(() => chooseLanguage("fr"));

describe("a measure is said with what it rests on", () => {
  it("a length", () => {
    expect(words({ length: mm(12.34) })).toBe("12,3 mm · dans la zone de l’échographe");
    expect(words({ length: { value: 41.2, unit: "px" } })).toBe("41 px, non calibré");
    expect(words({ length: mm(0.456) })).toMatch(/^0,46 mm/);
    expect(words({ length: mm(0.0123) })).toMatch(/^12,3 µm/);
    expect(words({ length: mm(0) })).toMatch(/^0 mm/);
    chooseLanguage("en");
    expect(words({ length: mm(12.34) })).toBe("12.3 mm · in the ultrasound region");
  });

  it("values, with a true minus sign", () => {
    const region = { mean: 38.2, sd: 12.4, min: -20, max: 61, unit: "hu" as const, pixels: 300 };
    expect(words({ region })).toBe("38 ± 12 HU (min \u221220, max 61)");
    const area = { value: 1576.3, unit: "mm" as const, source: "patient" as const };
    expect(words({ region: { ...region, area } })).toBe(
      "38 ± 12 HU (min \u221220, max 61) · 15,8 cm² · dans le patient",
    );
    expect(words({ region: { ...region, unit: "stored" } })).toBe(
      "38 ± 12 (min \u221220, max 61) · valeurs du fichier",
    );
    expect(words({ region: { ...region, mean: 0.512, sd: 0.0131, min: 0.4, max: 0.6, unit: "stored" } })).toMatch(
      /^0,512 ± 0,013 \(min 0,4, max 0,6\)/,
    );
    expect(words({ value: { values: [12, 30, 41], unit: "stored" } })).toBe("12 / 30 / 41 · valeurs du fichier");
    expect(words({ value: { values: [-1024], unit: "hu" } })).toBe("\u22121024 HU");
    expect(words({ angleDegrees: 53.24 })).toBe("53,2°");
  });

  it("or why there is none", () => {
    const px = { value: 50, unit: "px" as const };
    expect(words({ length: px, refused: "different_regions" })).toBe(
      "50 px · d’une zone de l’image à l’autre : pas de longueur en mm",
    );
    for (const refused of ["no_length_here", "colour", "outside_frame", "clip", "frame_failed"] as const)
      for (const language of ["fr", "en"] as const) {
        chooseLanguage(language);
        expect(words({ refused })).toMatch(/\S{3}/);
        expect(words({ refused })).not.toMatch(/undefined/);
      }
  });
});

describe("a mark is said", () => {
  it("with its words first, and what it measures below", () => {
    expect(labelOf(mark({ text: "à contrôler", measured: { length: mm(12.34) } }))).toEqual([
      "à contrôler",
      "12,3\u00a0mm",
      "dans la zone de l’échographe",
    ]);
    expect(labelOf(mark({}))).toEqual(["mesure en cours…"]);
    expect(labelOf(mark({ shape: "arrow" }))).toEqual([]);
  });

  it("with its author, to whoever hears it", () => {
    const told = (changes: Partial<MarkState>, isOwn = false) =>
      markInWords(mark(changes), "Dr Martin", isOwn).replaceAll("\u00a0", " ");
    expect(told({ measured: { length: mm(12.34) } })).toBe(
      "Longueur, de Dr Martin : 12,3 mm, dans la zone de l’échographe",
    );
    expect(told({ shape: "arrow" }, true)).toBe("Flèche, de vous");
    expect(told({ shape: "number", number: 3, text: "ici" })).toBe("Numéro 3, de Dr Martin : ici");
    expect(told({})).toBe("Longueur, de Dr Martin : mesure en cours…");
  });
});
