import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ContentHeader, PictureHeader } from "../src/protocol";
import type { Given } from "../src/ticket";
import { Rejected, Wire } from "../src/wire";
import { FakeSocket } from "./fake-socket";

const hello = () => ({ type: "hello", protocol: 4, language: "fr", link: "secret" }) as const;
let wire: Wire;

/** A binary message: length of the header, header, bytes. */
function binary(header: object, bytes: readonly number[]): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const message = new Uint8Array(4 + text.length + bytes.length);
  new DataView(message.buffer).setUint32(0, text.length, true);
  message.set(text, 4);
  message.set(bytes, 4 + text.length);
  return message.buffer;
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.install();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  wire = new Wire(hello, "ws://test/ws");
});
afterEach(() => {
  wire.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("Wire", () => {
  it("answers at once when it is asked whether it is still there: its timers may sleep", () => {
    const socket = FakeSocket.last;
    socket.welcome();
    const heard = vi.fn();
    wire.on("still_there", heard);
    socket.say({ type: "still_there" });
    socket.say({ type: "still_there" });
    expect(socket.of("ping")).toHaveLength(2);
    expect(heard).not.toHaveBeenCalled();
  });

  it("says hello first and is open with the welcome", () => {
    const socket = FakeSocket.last;
    socket.open();
    expect(socket.sent).toEqual([{ ...hello(), ticket: "t" }]);
    expect(wire.state.value).toBe("connecting");
    socket.welcome();
    expect(wire.state.value).toBe("open");
    expect(wire.welcome.value?.participant).toBe("p1");
  });

  it("tells the time by the gateway's clock", () => {
    vi.setSystemTime(Date.parse("2026-11-25T10:00:00.000Z"));
    FakeSocket.last.welcome();
    vi.advanceTimersByTime(2_000);
    expect(new Date(wire.now()).toISOString()).toBe("2026-11-25T13:25:02.000Z");
  });

  it("gives each request its own number and the right answer", async () => {
    const socket = FakeSocket.last;
    socket.welcome();
    const first = wire.request({ type: "enter" });
    const second = wire.request({ type: "leave" });
    const [enter] = socket.of("enter");
    const [leave] = socket.of("leave");
    expect(enter?.request).not.toBe(leave?.request);
    socket.say({ type: "accepted", request: leave?.request ?? 0 });
    socket.say({ type: "rejected", request: enter?.request ?? 0, code: "not_admitted", detail: "no" });
    await expect(second).resolves.toBeUndefined();
    await expect(first).rejects.toMatchObject({ code: "not_admitted" });
  });

  it("rejects what is under way when the connection breaks, and what is asked while it is down", async () => {
    FakeSocket.last.welcome();
    const waiting = wire.request({ type: "enter" });
    FakeSocket.last.drop();
    await expect(waiting).rejects.toBeInstanceOf(Rejected);
    await expect(wire.request({ type: "enter" })).rejects.toMatchObject({ code: "unavailable" });
  });

  it("comes back after a loss and says hello again", () => {
    FakeSocket.last.welcome();
    FakeSocket.last.drop();
    expect(wire.state.value).toBe("lost");
    vi.advanceTimersByTime(1_000);
    expect(FakeSocket.all).toHaveLength(2);
    FakeSocket.last.open();
    expect(FakeSocket.last.of("hello")).toHaveLength(1);
    FakeSocket.last.welcome("in_call");
    expect(wire.state.value).toBe("open");
  });

  it("shows its token to come back, and a ticket when the gateway has forgotten it", () => {
    FakeSocket.last.welcome();
    FakeSocket.last.drop();
    vi.advanceTimersByTime(1_000);
    FakeSocket.last.open();
    expect(FakeSocket.last.of("hello")).toEqual([{ ...hello(), resume: "again" }]);
    FakeSocket.last.say({ type: "problem", code: "ticket_needed", detail: "" });
    expect(FakeSocket.all).toHaveLength(3);
    FakeSocket.last.open();
    expect(FakeSocket.last.of("hello")).toEqual([{ ...hello(), ticket: "t" }]);
    FakeSocket.last.welcome();
    expect(wire.state.value).toBe("open");
  });

  it("says hello when both the ticket and the connection are there, and not on a socket that it gave up", () => {
    wire.close();
    const takes: ((given: Given) => void)[] = [];
    wire = new Wire(hello, "ws://test/ws", (_link, take) => takes.push(take));
    const first = FakeSocket.last;
    first.open();
    expect(first.sent).toEqual([]);
    first.drop();
    takes[0]?.({ ticket: "late" });
    expect(first.sent).toEqual([]);
    vi.advanceTimersByTime(2_000);
    const second = FakeSocket.last;
    expect(second).not.toBe(first);
    takes[1]?.({ ticket: "good" });
    expect(second.sent).toEqual([]);
    second.open();
    expect(second.sent).toEqual([{ ...hello(), ticket: "good" }]);
  });

  it("tries again for a ticket when nobody answers, and gives up when nobody is signed in", () => {
    wire.close();
    const takes: ((given: Given) => void)[] = [];
    wire = new Wire(hello, "ws://test/ws", (_link, take) => takes.push(take));
    takes[0]?.({ code: "unavailable" });
    vi.advanceTimersByTime(2_000);
    expect(takes).toHaveLength(2);
    takes[1]?.({ code: "sign_in_needed" });
    expect(wire.refusal.value).toBe("sign_in_needed");
    expect(wire.state.value).toBe("closed");
  });

  it("gives up a connection that is silent for 25 seconds, but not one that answers", () => {
    const socket = FakeSocket.last;
    socket.welcome();
    for (let n = 0; n < 6; n += 1) {
      vi.advanceTimersByTime(10_000);
      socket.say({ type: "pong" });
    }
    expect(socket.of("ping").length).toBeGreaterThanOrEqual(5);
    expect(wire.state.value).toBe("open");
    vi.advanceTimersByTime(27_000);
    expect(wire.state.value).toBe("lost");
  });

  it("keeps a connection that answers though the page runs only once a minute in the background", () => {
    let at = 0;
    vi.spyOn(performance, "now").mockImplementation(() => at);
    const socket = FakeSocket.last;
    socket.welcome();
    const minute = () => {
      at += 60_000;
      vi.advanceTimersByTime(500);
    };
    for (let minutes = 1; minutes <= 3; minutes++) {
      minute();
      expect(wire.state.value).toBe("open");
      expect(socket.of("ping")).toHaveLength(minutes);
      socket.say({ type: "pong" });
    }
    minute();
    expect(wire.state.value).toBe("open");
    // Asked once, and nothing came.
    minute();
    expect(wire.state.value).toBe("lost");
    vi.restoreAllMocks();
  });

  it("bears silence while an exact picture that was asked for comes over a slow line", () => {
    const socket = FakeSocket.last;
    socket.welcome();
    wire.send({ type: "full_quality", viewport: 0 });
    vi.advanceTimersByTime(90_000);
    expect(wire.state.value).toBe("open");
    const came = binary({ sequence: 1, viewport: 0, isLossless: true }, [1, 2, 3]);
    socket.onmessage?.({ data: came } as MessageEvent<ArrayBuffer>);
    vi.advanceTimersByTime(27_000);
    expect(wire.state.value).toBe("lost");
  });

  it("opens anew soon after media fell silent, if it hears nothing itself", () => {
    const socket = FakeSocket.last;
    socket.welcome();
    wire.check();
    vi.advanceTimersByTime(400);
    socket.say({ type: "pong" });
    vi.advanceTimersByTime(10_000);
    expect(FakeSocket.last).toBe(socket);
    for (let n = 0; n < 5; n += 1) {
      wire.check();
      vi.advanceTimersByTime(500);
    }
    expect(wire.state.value).toBe("lost");
    expect(FakeSocket.last).not.toBe(socket);
  });

  it("is closed for good by a refusal that no other try can change", () => {
    FakeSocket.last.open();
    FakeSocket.last.say({ type: "problem", code: "link_expired", detail: "" });
    expect(wire.refusal.value).toBe("link_expired");
    expect(wire.state.value).toBe("closed");
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("tries again when the gateway is only busy", () => {
    FakeSocket.last.open();
    FakeSocket.last.say({ type: "problem", code: "unavailable", detail: "" });
    FakeSocket.last.drop();
    vi.advanceTimersByTime(6_000);
    expect(wire.refusal.value).toBeUndefined();
    expect(FakeSocket.all.length).toBeGreaterThan(1);
  });

  it("does not come back after another window took over", () => {
    FakeSocket.last.welcome();
    const told = vi.fn();
    wire.on("taken_over", told);
    FakeSocket.last.say({ type: "taken_over" });
    expect(told).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("takes a picture and a file apart by their headers, and survives what is broken", () => {
    const pictures: [PictureHeader, number[]][] = [];
    const contents: [ContentHeader, number[]][] = [];
    wire.onPicture((header, bytes) => pictures.push([header, [...bytes]]));
    wire.onContent((header, bytes) => contents.push([header, [...bytes]]));
    const picture = { sequence: 7, revision: 3, index: 0, width: 2, height: 1, format: "png", isLossless: true };
    const content = { revision: 4, index: 1, mediaType: "application/pdf" };
    FakeSocket.last.welcome();
    FakeSocket.last.sayBytes(new Uint8Array([255, 255, 255, 255]).buffer);
    FakeSocket.last.sayBytes(binary(picture, [8, 9]));
    FakeSocket.last.sayBytes(binary(content, [1]));
    expect(pictures).toEqual([[picture, [8, 9]]]);
    expect(contents).toEqual([[content, [1]]]);
  });

  it("tells a document to who listens", () => {
    const titles: string[] = [];
    wire.on("document", ({ document }) => titles.push(document.title));
    FakeSocket.last.welcome();
    FakeSocket.last.say({
      type: "document",
      viewport: 0,
      isOwn: false,
      revision: 1,
      index: 0,
      document: { title: "CR", facts: [], sections: [] },
    });
    expect(titles).toEqual(["CR"]);
  });

  it("ignores what a newer gateway says and what is no JSON", () => {
    FakeSocket.last.welcome();
    FakeSocket.last.onmessage?.({ data: '{"type":"weather"}' });
    FakeSocket.last.onmessage?.({ data: "{" });
    expect(wire.state.value).toBe("open");
  });
});
