import { describe, expect, it } from "vitest";
import { frontOf, IMAGES } from "../../src/call/feeds";

describe("frontOf", () => {
  it("brings what was begun last to the front", () => {
    expect(frontOf("", [], [IMAGES])).toBe(IMAGES);
    expect(frontOf(IMAGES, [IMAGES], [IMAGES, "d screen"])).toBe("d screen");
    expect(frontOf("d screen", ["d screen"], [IMAGES, "d screen"])).toBe(IMAGES);
  });
  it("keeps what the person chose until it goes", () => {
    expect(frontOf(IMAGES, [IMAGES, "d screen"], [IMAGES, "d screen"])).toBe(IMAGES);
    expect(frontOf("d screen", [IMAGES, "d screen"], [IMAGES])).toBe(IMAGES);
    expect(frontOf(IMAGES, [IMAGES], [])).toBe("");
  });
});
