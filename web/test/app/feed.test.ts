import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Alarm, isAlarmHeld, readyAlarm, setAlarm } from "../../src/app/agenda/alarm";
import { AgendaFeed } from "../../src/app/agenda/feed";
import * as sound from "../../src/call/sound";
import { entry } from "./entries";

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  isClosed = false;
  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  readonly sent: string[] = [];
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.isClosed = true;
  }
}

let feed: AgendaFeed;
let asked: string[];
let answer: () => Promise<Response>;
const good = async () => new Response(JSON.stringify([entry()]), { headers: { "content-type": "application/json" } });
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(async () => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  asked = [];
  answer = good;
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    return answer();
  });
  feed = new AgendaFeed("2026-11-25", "ws://h/ws/agenda");
  await settle();
});
afterEach(() => {
  feed.close();
  vi.useRealTimers();
});

it("fetches the day once at the start, and again when it is told of a change", async () => {
  FakeSocket.all[0]?.onopen?.();
  await settle();
  expect(asked).toEqual(["/api/appointments?day=2026-11-25"]);
  expect(feed.entries.value).toHaveLength(1);
  FakeSocket.all[0]?.onmessage?.({ data: '{"type":"agenda_changed"}' });
  await settle();
  expect(asked).toHaveLength(2);
});

it("shows its ticket first, once the connection is there", () => {
  const [socket] = FakeSocket.all;
  expect(socket?.sent).toEqual([]);
  if (socket) socket.readyState = FakeSocket.OPEN;
  socket?.onopen?.();
  expect(socket?.sent).toEqual(['{"ticket":"t"}']);
});

it("carries out many changes during one fetch with one more", async () => {
  let give: (answer: Response) => void = () => undefined;
  answer = () =>
    new Promise((resolve) => {
      give = resolve;
    });
  for (let n = 0; n < 5; n += 1) FakeSocket.all[0]?.onmessage?.({ data: '{"type":"agenda_changed"}' });
  await settle();
  expect(asked).toHaveLength(2);
  give(await good());
  await settle();
  expect(asked).toHaveLength(3);
  give(await good());
  await settle();
  expect(asked).toHaveLength(3);
});

it("comes back by itself, says that the list may be old, and fetches what it has missed", async () => {
  FakeSocket.all[0]?.onopen?.();
  FakeSocket.all[0]?.onclose?.();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(FakeSocket.all).toHaveLength(2);
  FakeSocket.all[1]?.onclose?.();
  expect(feed.isStale.value).toBe(true);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(FakeSocket.all).toHaveLength(3);
  FakeSocket.all[2]?.onopen?.();
  await settle();
  expect(feed.isStale.value).toBe(false);
  expect(asked).toHaveLength(2);
});

it("keeps the last list and names the problem when the gateway does not answer", async () => {
  answer = async () => new Response(JSON.stringify({ status: 503, code: "unavailable", detail: "" }), { status: 503 });
  feed.fetch();
  await settle();
  expect(feed.problem.value).toBe("unavailable");
  expect(feed.entries.value).toHaveLength(1);
  answer = good;
  feed.fetch();
  await settle();
  expect(feed.problem.value).toBeUndefined();
});

it("stops for good when it is closed", async () => {
  feed.close();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(asked).toHaveLength(1);
  expect(FakeSocket.all).toHaveLength(1);
  expect(FakeSocket.all[0]?.isClosed).toBe(true);
});

it("rings only when it was asked to, and only for somebody new", () => {
  vi.spyOn(sound, "audio").mockReturnValue(undefined);
  const chime = vi.spyOn(sound, "playChime").mockResolvedValue();
  const alarm = new Alarm();
  setAlarm(true);
  alarm.update(["a"]);
  expect(chime).not.toHaveBeenCalled();
  alarm.update(["a", "b"]);
  alarm.update(["b"]);
  expect(chime).toHaveBeenCalledTimes(1);
  setAlarm(false);
  alarm.update(["b", "c"]);
  expect(chime).toHaveBeenCalledTimes(1);
});

it("says that the browser holds the sound back, and lets it play with the next click", () => {
  const audio = vi.spyOn(sound, "audio").mockReturnValue(undefined);
  setAlarm(true);
  sound.soundState.value = "suspended";
  expect(isAlarmHeld()).toBe(true);
  audio.mockClear();
  const stop = readyAlarm();
  expect(audio).toHaveBeenCalledTimes(1);
  dispatchEvent(new Event("click"));
  expect(audio).toHaveBeenCalledTimes(2);
  sound.soundState.value = "running";
  expect(isAlarmHeld()).toBe(false);
  stop();
  setAlarm(false);
});
