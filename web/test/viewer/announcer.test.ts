import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Announcer } from "../../src/viewer/announcer";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Counts what is said of a kind, sentence by sentence. */
function listening(announcer: Announcer, kind: Parameters<Announcer["spoken"]>[0]) {
  const heard: string[] = [];
  announcer.spoken(kind).subscribe((text) => {
    if (text !== "") heard.push(text);
  });
  return heard;
}

describe("what screen readers are told", () => {
  it("is the newest slice once a second, however fast somebody scrolls", () => {
    const announcer = new Announcer();
    const heard = listening(announcer, "slice");
    for (let slice = 1; slice <= 100; slice += 1) {
      announcer.say("slice", `slice ${slice}`);
      vi.advanceTimersByTime(30);
    }
    vi.advanceTimersByTime(2_000);
    expect(heard.length).toBeLessThanOrEqual(4);
    expect(heard.at(-1)).toBe("slice 100");
  });

  it("is at once who has the lead, and then no more often than every three seconds", () => {
    const announcer = new Announcer((kind) => (kind === "lead" ? 3_000 : 1_000));
    const heard = listening(announcer, "lead");
    announcer.say("lead", "A");
    expect(heard).toEqual(["A"]);
    vi.advanceTimersByTime(500);
    announcer.say("lead", "B");
    announcer.say("lead", "C");
    vi.advanceTimersByTime(2_400);
    expect(heard).toEqual(["A"]);
    vi.advanceTimersByTime(200);
    expect(heard).toEqual(["A", "C"]);
    announcer.say("lead", "D");
    vi.advanceTimersByTime(2_800);
    expect(heard).toEqual(["A", "C"]);
    vi.advanceTimersByTime(200);
    expect(heard).toEqual(["A", "C", "D"]);
  });

  it("says nothing twice that went and came back in the time of a rest", () => {
    const announcer = new Announcer();
    const heard = listening(announcer, "layout");
    announcer.say("layout", "one");
    announcer.say("layout", "four");
    announcer.say("layout", "one");
    vi.advanceTimersByTime(5_000);
    expect(heard).toEqual(["one"]);
  });

  it("of one kind does not wait for another", () => {
    const announcer = new Announcer();
    const [lead, layout] = [listening(announcer, "lead"), listening(announcer, "layout")];
    announcer.say("lead", "A");
    announcer.say("layout", "four");
    expect([lead, layout]).toEqual([["A"], ["four"]]);
  });
});
