import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Debounce, INTERPRETER, Watching, watchOf } from "../../src/call/watched";
import type { Person } from "../../src/protocol";

const prefs = { isSavingData: false, isVideoOff: false };
const interpreter = { participant: "i", role: "interpreter", place: { state: "in_call" } } as const;
const camera = (participant: string, width: number, height: number) =>
  ({ participant, source: "camera", width, height }) as const;

describe("watchOf", () => {
  it("names what is shown, with the larger of two pictures of one person", () => {
    const watch = watchOf([camera("b", 100, 75), camera("a", 640, 480), camera("b", 320, 240)], [], "b", prefs);
    expect(watch.tracks).toEqual([
      { ...camera("a", 640, 480), isPinned: false },
      { ...camera("b", 320, 240), isPinned: true },
    ]);
  });
  it("leaves out what is not shown", () => {
    expect(watchOf([camera("a", 0, 0)], [], undefined, prefs).tracks).toEqual([]);
  });
  it("keeps an interpreter readable, shown small or not at all", () => {
    const small = watchOf([camera("i", 90, 60)], [interpreter], undefined, prefs);
    const hidden = watchOf([], [interpreter], undefined, prefs);
    for (const { tracks } of [small, hidden]) expect(tracks).toMatchObject([{ participant: "i", ...INTERPRETER }]);
    const large = watchOf([camera("i", 1_280, 720)], [interpreter], undefined, prefs);
    expect(large.tracks[0]?.width).toBe(1_280);
  });
});

describe("Debounce", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  it("does it once, after all has been quiet", () => {
    const f = vi.fn();
    const debounce = new Debounce(200, f);
    debounce.touch();
    vi.advanceTimersByTime(150);
    debounce.touch();
    vi.advanceTimersByTime(150);
    expect(f).not.toHaveBeenCalled();
    vi.advanceTimersByTime(50);
    expect(f).toHaveBeenCalledTimes(1);
  });
});

describe("Watching", () => {
  beforeEach(() => {
    localStorage.clear();
    vi.useFakeTimers();
  });
  afterEach(() => void vi.useRealTimers());
  const people: Person[] = [];

  it("tells a change once and nothing twice", () => {
    const send = vi.fn();
    const watching = new Watching(() => people, send);
    const element = document.createElement("div");
    Object.defineProperty(element, "clientWidth", { value: 320 });
    Object.defineProperty(element, "clientHeight", { value: 240 });
    const stop = watching.follow(element, "a", "camera");
    vi.advanceTimersByTime(200);
    watching.touch();
    vi.advanceTimersByTime(200);
    expect(send).toHaveBeenCalledTimes(1);
    expect(send.mock.calls[0]?.[0].tracks).toMatchObject([camera("a", 320, 240)]);
    stop();
    vi.advanceTimersByTime(200);
    expect(send.mock.calls[1]?.[0].tracks).toEqual([]);
  });

  it("remembers on this device that data are to be saved", () => {
    new Watching(() => people, vi.fn()).saveData(true);
    expect(new Watching(() => people, vi.fn()).isSavingData.value).toBe(true);
    new Watching(() => people, vi.fn()).saveData(false);
    expect(new Watching(() => people, vi.fn()).isSavingData.value).toBe(false);
  });
});
