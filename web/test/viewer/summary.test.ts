// @vitest-environment node
import { readFileSync } from "node:fs";
import { getDocument, VerbosityLevel } from "pdfjs-dist/legacy/build/pdf.mjs";
import { describe, expect, it } from "vitest";

/** What the gateway makes for the patient (fixtures/summary), opened by the reader of PDF that the page uses. */
async function opened(language: string) {
  const data = new Uint8Array(readFileSync(new URL(`../../../fixtures/summary/${language}.pdf`, import.meta.url)));
  const pdf = await getDocument({ data, verbosity: VerbosityLevel.ERRORS, disableFontFace: true }).promise;
  const pages: string[] = [];
  const alternatives: string[] = [];
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    pages.push(items.map((item) => ("str" in item ? item.str : "")).join(""));
    const walk = (node: object) => {
      if ("alt" in node && typeof node.alt === "string") {
        alternatives.push(node.alt);
      }
      if ("children" in node && Array.isArray(node.children)) {
        node.children.forEach(walk);
      }
    };
    walk((await page.getStructTree()) ?? {});
  }
  const { info } = await pdf.getMetadata();
  return { pages, alternatives, info: info as Record<string, unknown> };
}

describe("the summary for the patient", () => {
  it("opens in French, with accents, and says on each page that it is not for diagnosis", async () => {
    const { pages, alternatives, info } = await opened("fr");
    const text = pages.join(" ");
    for (const words of [
      "Résumé de votre consultation",
      "Hôpital Saint-Michel",
      "déjà là l'année dernière",
      "Les mots expliqués",
      "Épanchement",
    ]) {
      expect(text).toContain(words);
    }
    for (const page of pages) {
      expect(page).toContain("Elles ne servent pas à poser un diagnostic.");
    }
    expect(alternatives).toEqual([
      "Image\u00a01 (Scanner)\u00a0: Le nodule, vue 1",
      "Image\u00a02 (Scanner)\u00a0: Le nodule, vue 2",
    ]);
    expect(info.Language).toBe("fr");
    expect(info.Title).toBe("Résumé de votre consultation");
    expect(info.Author).toBeUndefined();
  });

  it("opens in English", async () => {
    const { pages, info } = await opened("en");
    expect(pages.join(" ")).toContain("There is a small cyst in the left kidney.");
    expect(pages.join(" ")).toContain("not for diagnosis");
    expect(info.Language).toBe("en");
  });
});
