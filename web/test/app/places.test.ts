import { describe, expect, it } from "vitest";
import { kept, placeNamed, shown } from "../../src/app/messages/places";

describe("the places in a text", () => {
  const text = "Le {when}\u00a0: {link}. {hospital}, {telephone} {code} {minutes} {was} {time} {nobody} { } {";

  it("are called in French on a French page, and go back as the gateway knows them", () => {
    const french = shown(text, "fr");
    expect(french).toContain("{quand}\u00a0: {lien}. {hôpital}, {téléphone}");
    expect(french).not.toContain("{link}");
    expect(kept(french, "fr")).toBe(text);
    expect(kept(shown(text, "en"), "en")).toBe(text);
  });

  it("that nobody knows stay as they were typed", () => {
    expect(placeNamed("nobody", "fr")).toBe("{nobody}");
    expect(kept("{Lien} {lien perso} {lié}", "fr")).toBe("{link} {lien perso} {lié}");
  });
});
