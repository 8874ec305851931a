import { describe, expect, it } from "vitest";
import { safeReturn } from "../../src/app/SignIn";
import { en, problemsEn } from "../../src/i18n/app.en";
import { fr, problemsFr } from "../../src/i18n/app.fr";

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe("the words of staff", () => {
  it("have the same holes in both languages", () => {
    for (const key of Object.keys(fr) as (keyof typeof fr)[])
      expect([key, holes(en[key])]).toEqual([key, holes(fr[key])]);
  });

  it("say something for every problem, and never call it an error", () => {
    for (const sentences of [problemsFr, problemsEn])
      for (const [code, sentence] of Object.entries(sentences)) {
        expect([code, sentence.length > 10]).toEqual([code, true]);
        expect(sentence).not.toMatch(/erreur|error|code/i);
      }
  });

  it("keep French signs from standing alone at the start of a line", () => {
    for (const sentence of [...Object.values(fr), ...Object.values(problemsFr)])
      expect(sentence).not.toMatch(/ [:;?!»]/);
  });
});

describe("the way back after signing in", () => {
  it("stays within the staff pages", () => {
    expect(safeReturn("/app/consultation/a1?admit=p1")).toBe("/app/consultation/a1?admit=p1");
    for (const way of [
      undefined,
      "",
      "https://evil.example/app",
      "//evil.example",
      "/application",
      "/logout",
      "\\\\evil",
    ])
      expect(safeReturn(way)).toBe("/app");
  });
});
