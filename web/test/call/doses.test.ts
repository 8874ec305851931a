import { describe, expect, it } from "vitest";
import { DOSE_MS, Doses } from "../../src/call/doses";

describe("Doses", () => {
  it("tells a thing once, however often it is said", () => {
    const doses = new Doses();
    doses.tell("a", "poor");
    doses.tell("a", "poor");
    expect(doses.take(0)).toBe("poor");
    doses.tell("a", "poor");
    expect([doses.take(1), doses.take(2 * DOSE_MS)]).toEqual(["", ""]);
  });
  it("waits out what comes and goes, and then tells only what has changed for good", () => {
    const doses = new Doses();
    doses.tell("a", "poor");
    doses.take(0);
    for (let now = 1_000; now < DOSE_MS; now += 1_000) {
      doses.tell("a", now % 2_000 === 0 ? "poor" : "good");
      expect(doses.take(now)).toBe("");
    }
    expect(doses.isWaiting).toBe(true);
    expect(doses.take(DOSE_MS)).toBe("good");
    expect(doses.isWaiting).toBe(false);
  });
  it("says nothing when all is as it was told before", () => {
    const doses = new Doses();
    doses.tell("a", "poor");
    doses.take(0);
    doses.tell("a", "good");
    doses.tell("a", "poor");
    expect(doses.take(DOSE_MS)).toBe("");
  });
  it("tells a thing again that had ended in between", () => {
    const doses = new Doses();
    doses.tell("a", "silent");
    doses.take(0);
    doses.tell("a", "");
    doses.take(DOSE_MS);
    doses.tell("a", "silent");
    expect(doses.take(DOSE_MS + 1)).toBe("silent");
  });
  it("takes back what was not told yet", () => {
    const doses = new Doses();
    doses.tell("a", "silent");
    doses.tell("a", "");
    expect([doses.take(0), doses.isWaiting]).toEqual(["", false]);
  });
  it("tells what is urgent at once and each time, and all that is due together", () => {
    const doses = new Doses();
    doses.tell("wire", "lost", 0);
    expect(doses.take(0)).toBe("lost");
    doses.tell("wire", "back", 0);
    doses.tell("b", "slow");
    expect(doses.take(1)).toBe("back slow");
    doses.tell("wire", "lost", 0);
    expect(doses.take(2)).toBe("lost");
  });
});
