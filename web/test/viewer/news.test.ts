import { beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage } from "../../src/i18n";
import { type Lead, newsOfLead } from "../../src/viewer/news";

const lead = (changes: Partial<Lead> = {}): Lead => ({
  presenter: "a",
  isPresenterLost: false,
  asking: [],
  ...changes,
});
const { presenter: _, ...nobody } = lead();
const staff = {
  self: "me",
  isStaff: true,
  mayAnswer: false,
  hasWithdrawn: false,
  nameOf: (who: string) => who.toUpperCase(),
};
const guest = { ...staff, isStaff: false };

beforeEach(() => chooseLanguage("en"));

describe("news of the lead", () => {
  it("is nothing at the beginning, and nothing while it stays where it is", () => {
    expect(newsOfLead(undefined, lead(), staff)).toBeUndefined();
    expect(newsOfLead(lead(), lead(), staff)).toBeUndefined();
  });

  it("is where it goes, in plainer words for guests", () => {
    expect(newsOfLead(lead(), lead({ presenter: "b" }), staff)).toBe("B has the lead.");
    expect(newsOfLead(lead(), lead({ presenter: "b" }), guest)).toBe("B is now showing you the images.");
    expect(newsOfLead(lead(), lead({ presenter: "me" }), staff)).toBe("It is your turn to show the images.");
    expect(newsOfLead(lead(), nobody, guest)).toBe("Nobody is showing the images just now.");
    expect(newsOfLead(nobody, lead({ presenter: "b" }), staff)).toBe("B has the lead.");
  });

  it("is who lost the connection and came back, but not to whom it happened", () => {
    expect(newsOfLead(lead(), lead({ isPresenterLost: true }), staff)).toMatch(/^A has lost the connection/);
    expect(newsOfLead(lead({ isPresenterLost: true }), lead(), guest)).toBe("A is back.");
    const own = lead({ presenter: "me" });
    expect(newsOfLead(own, { ...own, isPresenterLost: true }, staff)).toBeUndefined();
  });

  it("is who asks, to whoever answers; and the answer, to whoever asked", () => {
    expect(newsOfLead(lead(), lead({ asking: ["b"] }), { ...staff, mayAnswer: true })).toBe("B asks for the lead.");
    expect(newsOfLead(lead(), lead({ asking: ["b"] }), staff)).toBeUndefined();
    expect(newsOfLead(lead(), lead({ asking: ["b"] }), { ...guest, mayAnswer: true })).toBeUndefined();
    expect(newsOfLead(lead({ asking: ["me"] }), lead(), staff)).toBe("You were not given the lead.");
    expect(newsOfLead(lead({ asking: ["me"] }), lead(), { ...staff, hasWithdrawn: true })).toBeUndefined();
    expect(newsOfLead(lead({ asking: ["me"] }), lead({ presenter: "me" }), staff)).toMatch(/your turn/);
  });
});
