import { describe, expect, it } from "vitest";
import { waitMs } from "../../src/call/backoff";
import { Repair, SILENT_MS } from "../../src/call/repair";

/** A connection through which packets have come until `nowMs`. */
function flowing(nowMs: number): Repair {
  const repair = new Repair(0);
  repair.path(0, "connected");
  for (let at = 0; at <= nowMs; at += 500) repair.sample(at, at, true);
  return repair;
}

describe("waitMs", () => {
  it("doubles from half a second to five seconds", () => {
    expect([0, 1, 2, 3, 4, 20].map((tries) => waitMs(tries, 1))).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });
  it("spreads the upper half and is never shorter than half a second", () => {
    expect(waitMs(3, 0)).toBe(2_000);
    expect(waitMs(0, 0)).toBe(500);
  });
});

describe("Repair", () => {
  it("does nothing while packets come", () => {
    expect(flowing(10_000).due(10_000)).toBeUndefined();
  });

  it("restarts after silence, and not before", () => {
    const repair = flowing(2_000);
    repair.sample(3_500, 2_000, true);
    expect(repair.due(3_700)).toBeUndefined();
    repair.sample(4_000, 2_000, true);
    expect(repair.due(2_000 + SILENT_MS)).toBe("restart");
  });

  it("takes no silence for a fault while nobody sends", () => {
    const repair = flowing(2_000);
    for (let at = 2_500; at < 20_000; at += 500) repair.sample(at, 2_000, false);
    expect(repair.due(20_000)).toBeUndefined();
    // From the moment on that somebody should be heard the silence counts.
    repair.sample(20_500, 2_000, true);
    expect(repair.due(20_500)).toBeUndefined();
    expect(repair.due(21_400)).toBe("restart");
  });

  it("waits longer between tries that do not help", () => {
    const repair = flowing(0);
    const at: number[] = [];
    for (let now = 0; now < 40_000; now += 100) {
      repair.sample(now, 0, true);
      if (repair.due(now)) at.push(now);
    }
    expect(at.slice(1).map((now, place) => now - (at[place] ?? 0))).toEqual([1_200, 2_400, 4_800, 9_600, 15_000]);
  });

  it("begins with short waits again once packets have come", () => {
    const repair = flowing(0);
    expect([repair.due(2_000), repair.due(4_000), repair.due(8_000)]).toEqual(["restart", "restart", "restart"]);
    repair.sample(9_000, 50, true);
    repair.sample(17_000, 50, true);
    expect(repair.due(17_000)).toBe("restart");
    expect(repair.due(19_000)).toBe("restart");
  });

  it("gives a path that the browser calls lost a second to come back", () => {
    const repair = flowing(1_000);
    repair.path(1_000, "lost");
    expect(repair.due(1_900)).toBeUndefined();
    expect(repair.due(2_000)).toBe("restart");
  });

  it("begins anew when a lost path does not come back by restarts", () => {
    const repair = flowing(0);
    repair.path(0, "lost");
    const remedies = [];
    for (let now = 0; now < 60_000; now += 500) {
      const remedy = repair.due(now);
      if (remedy) remedies.push(remedy);
      if (remedy === "anew") break;
    }
    expect(remedies).toEqual(["restart", "restart", "restart", "restart", "anew"]);
  });

  it("restarts at once on another network, and once", () => {
    const repair = flowing(1_000);
    repair.networkChanged();
    expect(repair.due(1_001)).toBe("restart");
    expect(repair.due(5_000)).toBe("restart");
    const calm = flowing(1_000);
    calm.networkChanged();
    calm.due(1_001);
    for (let at = 1_500; at < 6_000; at += 500) calm.sample(at, at, true);
    expect(calm.due(6_000)).toBeUndefined();
  });

  it("does not wait for ever for a connection that does not come about", () => {
    const repair = new Repair(0);
    expect(repair.due(60_000)).toBeUndefined();
    repair.path(60_000, "connecting");
    expect(repair.due(69_000)).toBeUndefined();
    expect(repair.due(70_000)).toBe("restart");
  });
});
