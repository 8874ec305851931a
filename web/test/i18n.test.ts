import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage, locale } from "../src/i18n";
import { problemsEn as staffEn } from "../src/i18n/app.en";
import { problemsFr as staffFr } from "../src/i18n/app.fr";
import { problems as problemsEn } from "../src/i18n/common.en";
import { problems as problemsFr } from "../src/i18n/common.fr";
import { en } from "../src/i18n/join.en";
import { fr } from "../src/i18n/join.fr";
import { dayInWords, momentInWords, stopwatch, timeOfDay } from "../src/i18n/time";
import { restInWords, sentenceOf } from "../src/join/words";

beforeEach(() => chooseLanguage("fr"));

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

describe("the patient's words", () => {
  it("are the same set in both languages, with the same holes", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(fr).sort());
    for (const [key, text] of Object.entries(fr))
      expect([key, holes(en[key as keyof typeof en])]).toEqual([key, holes(text)]);
  });

  it("have a sentence for every code that a guest can meet, and those of staff for all that the gateway knows", () => {
    const protocol = readFileSync("src/protocol.ts", "utf8");
    const line = /export type ProblemCode = ([^;]+);/.exec(protocol)?.[1] ?? "";
    const codes = [...line.matchAll(/"(\w+)"/g)].map((found) => found[1] ?? "");
    expect(codes.length).toBeGreaterThan(40);
    for (const table of [staffFr, staffEn]) expect(Object.keys(table).sort()).toEqual([...codes].sort());
    for (const table of [problemsFr, problemsEn]) {
      expect(codes).toEqual(expect.arrayContaining(Object.keys(table)));
      for (const code of ["internal", "not_allowed", "consultation_over"]) expect(table).toHaveProperty(code);
      for (const sentence of Object.values(table)) expect(sentence).toMatch(/\.$/);
    }
  });

  it("never show a code or a word of machines", () => {
    for (const sentence of [...Object.values(fr), ...Object.values(en), ...Object.values(problemsFr)])
      expect(sentence).not.toMatch(/erreur \d|\berror\b|WebSocket|undefined/i);
  });

  it("say something for a code of a newer gateway", () => {
    expect(sentenceOf("moon" as never)).toBe(problemsFr.internal);
  });
});

describe("times", () => {
  it("are said as people say them, in the hospital's zone", () => {
    expect(dayInWords("2026-11-25T23:30:00Z", "Europe/Paris")).toBe("jeudi 26 novembre");
    expect(timeOfDay("2026-11-25T08:05:00Z", "Europe/Paris")).toBe("9\u00a0h\u00a005");
    // The first hour of a year in Paris is still of the old one in UTC.
    expect(momentInWords("2026-12-31T23:30:00Z", "Europe/Paris")).toBe("vendredi 1 janvier 2027, 0\u00a0h\u00a030");
    expect(restInWords(61_000)).toBe("2 minutes");
    expect(restInWords(1)).toBe("1 minute");
    expect(restInWords(3 * 3_600_000)).toBe("3 heures");
    expect(restInWords(72 * 3_600_000)).toBe("3 jours");
    chooseLanguage("en");
    expect(locale.value).toBe("en");
    expect(timeOfDay("2026-11-25T08:05:00Z", "Europe/Paris")).toBe("09:05");
    expect(stopwatch(3_661_000)).toBe("1:01:01");
  });
});
