import { signal } from "@preact/signals";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SecondScreens, type Word } from "../../src/app/view/beside";
import { SecondScreenButton, SecondScreenNotes } from "../../src/app/view/SecondScreen";
import { View } from "../../src/app/view/View";
import { SecondWindow } from "../../src/app/view/view";
import { PROTOCOL, type ServerMessage } from "../../src/protocol";
import { shortcuts } from "../../src/viewer/shortcuts";
import { FakeSocket } from "../fake-socket";
import { showing } from "../viewer/fake-wire";
import { beginPage, endPage, resize } from "../viewer/page";

/** Channels between pages, of which all are in this one. */
class FakeChannel {
  static all = new Set<FakeChannel>();
  onmessage: ((event: { data: Word }) => void) | null = null;
  constructor(readonly name: string) {
    FakeChannel.all.add(this);
  }
  postMessage(data: Word): void {
    for (const other of [...FakeChannel.all])
      if (other !== this && other.name === this.name) other.onmessage?.({ data });
  }
  close(): void {
    FakeChannel.all.delete(this);
  }
}

/** Another page of the same consultation, and what it has heard. */
function page(appointment = "a1") {
  const channel = new FakeChannel(`parvis second windows of ${appointment}`);
  const heard: Word[] = [];
  channel.onmessage = ({ data }) => heard.push(data);
  return { heard, say: (word: Word) => act(() => channel.postMessage(word)) };
}

const say = (message: ServerMessage) => act(() => FakeSocket.last.say(message));
const welcomed = () => act(() => FakeSocket.last.welcome("in_call"));
const refuse = (code: "not_allowed" | "too_many" | "not_found") => {
  act(() => FakeSocket.last.open());
  say({ type: "problem", code, detail: "" });
};

beforeEach(() => {
  beginPage();
  FakeSocket.install();
  FakeChannel.all.clear();
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  for (const method of ["warn", "info"] as const) vi.spyOn(console, method).mockImplementation(() => undefined);
  window.name = "";
});
afterEach(() => {
  endPage();
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("a second window", () => {
  it("says which window it is, and where the keyboard is", () => {
    const main = page();
    const again = vi.fn();
    vi.spyOn(document, "hasFocus").mockReturnValue(true);
    const second = new SecondWindow("a1", again);
    FakeSocket.last.open();
    expect(FakeSocket.last.sent).toEqual([
      { type: "hello", protocol: PROTOCOL, language: "en", ticket: "t", appointment: "a1", window: "second" },
    ]);
    expect(main.heard).toEqual([]);
    FakeSocket.last.welcome("in_call");
    const name = window.name;
    expect(main.heard).toEqual([{ is: "here", window: name, hasKeyboard: true }]);
    dispatchEvent(new Event("blur"));
    expect(main.heard.at(-1)).toEqual({ is: "here", window: name, hasKeyboard: false });
    // It answers whoever asks who is there, and only in its own consultation.
    page("another").say({ is: "who" });
    expect(main.heard).toHaveLength(2);
    main.say({ is: "who" });
    expect(main.heard).toHaveLength(3);
    expect(again).not.toHaveBeenCalled();
    second.close();
    expect(main.heard.at(-1)).toEqual({ is: "gone", window: name });
    expect(second.wire.state.value).toBe("closed");
  });

  it("ends with the page it is beside, and comes back with it", () => {
    for (const [word, why] of [
      [{ type: "place", place: { state: "left" } }, "left"],
      [{ type: "taken_over" }, "taken_over"],
      [{ type: "ended", status: { state: "fulfilled" } }, "ended"],
    ] as unknown as [ServerMessage, string][]) {
      const main = page();
      const again = vi.fn();
      const second = new SecondWindow("a1", again);
      FakeSocket.last.welcome("in_call");
      // A main page whose connection is lost may come back.
      FakeSocket.last.say({ type: "place", place: { state: "lost" } });
      expect(second.closed.value).toBeUndefined();
      FakeSocket.last.say(word);
      expect(second.closed.value?.why).toBe(why);
      expect(main.heard.at(-1)?.is).toBe("gone");
      const sockets = FakeSocket.all.length;
      vi.advanceTimersByTime(60_000);
      expect(FakeSocket.all).toHaveLength(sockets);
      main.say({ is: "who" });
      expect(again).toHaveBeenCalledTimes(why === "ended" ? 0 : 1);
      second.close();
    }
  });

  it("says why it is refused, and what to do", async () => {
    for (const [code, text] of [
      ["not_allowed", /not in the call/],
      ["too_many", /two second screens already/],
      ["not_found", /does not open/],
    ] as const) {
      const view = render(<View appointment="a1" />);
      refuse(code);
      expect(screen.getByRole("heading").textContent).toMatch(text);
      // It is tried again by hand; nothing goes on by itself.
      const sockets = FakeSocket.all.length;
      act(() => void vi.advanceTimersByTime(30_000));
      expect(FakeSocket.all).toHaveLength(sockets);
      fireEvent.click(screen.getByRole("button", { name: "Try again" }));
      expect(FakeSocket.all).toHaveLength(sockets + 1);
      view.unmount();
    }
  });

  it("opens by itself when the main page has come into the call", () => {
    render(<View appointment="a1" />);
    refuse("not_allowed");
    const sockets = FakeSocket.all.length;
    page().say({ is: "who" });
    expect(FakeSocket.all).toHaveLength(sockets + 1);
    welcomed();
    expect(screen.getByRole("heading").textContent).toBe("Second screen");
  });
});

describe("the page of a second window", () => {
  async function shown() {
    const requests = { enter: vi.fn(async () => undefined), leave: vi.fn(async () => undefined) };
    let element: Element | null = null;
    const set = (is: boolean) => {
      element = is ? document.documentElement : null;
      document.dispatchEvent(new Event("fullscreenchange"));
    };
    Object.defineProperty(document, "fullscreenElement", { configurable: true, get: () => element });
    Object.defineProperty(document, "fullscreenEnabled", { configurable: true, value: true });
    document.documentElement.requestFullscreen = requests.enter;
    document.exitFullscreen = requests.leave;
    render(<View appointment="a1" />);
    welcomed();
    say({ ...showing(1, null, "p1") } as unknown as ServerMessage);
    await vi.dynamicImportSettled();
    await act(async () => {
      await vi.advanceTimersByTimeAsync(0);
    });
    return { ...requests, set: (is: boolean) => act(() => set(is)) };
  }

  it("tells the gateway and the main page its own surface, and nothing of the call", async () => {
    const main = page();
    await shown();
    resize(640, 480);
    act(() => void vi.advanceTimersByTime(200));
    expect(FakeSocket.last.of("surface").at(-1)).toEqual({ type: "surface", viewport: 0, width: 1280, height: 960 });
    const told = main.heard.at(-1);
    expect(told?.is === "here" && told.surfaces?.[0]).toEqual({ width: 1280, height: 960 });
    const kinds = new Set(FakeSocket.last.sent.map(({ type }) => type));
    for (const kind of ["publish_offer", "subscribe_answer", "watch", "mute", "quality", "enter", "chat"] as const)
      expect(kinds).not.toContain(kind);
    expect(screen.getByRole("region", { name: "Medical images" })).toBeTruthy();
  });

  it("goes to full screen by F and by its button, and leaves the images alone there", async () => {
    const full = await shown();
    fireEvent.keyDown(document.body, { key: "f" });
    expect(full.enter).toHaveBeenCalledTimes(1);
    expect(document.querySelector(".share, .viewer-tools, fieldset, details")).not.toBeNull();
    full.set(true);
    expect(document.querySelector(".share, .viewer-tools, fieldset, details")).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Leave full screen (F)" }));
    expect(full.leave).toHaveBeenCalledTimes(1);
    full.set(false);
    // Not of somebody who writes, nor of another key's meaning, nor where letters do nothing.
    const field = document.body.appendChild(document.createElement("input"));
    fireEvent.keyDown(field, { key: "f" });
    field.remove();
    fireEvent.keyDown(document.body, { key: "f", ctrlKey: true });
    const before = shortcuts.value;
    act(() => {
      shortcuts.value = { ...before, isOn: false };
    });
    fireEvent.keyDown(document.body, { key: "f" });
    expect(screen.getByRole("button", { name: "Full screen" })).toBeTruthy();
    act(() => {
      shortcuts.value = before;
    });
    expect(full.enter).toHaveBeenCalledTimes(1);
  });

  it("says so when the browser has no full screen for it", async () => {
    const full = await shown();
    full.enter.mockRejectedValue(new TypeError("no"));
    fireEvent.click(screen.getByRole("button", { name: "Full screen (F)" }));
    await act(async () => {
      await vi.advanceTimersByTimeAsync(0);
    });
    expect(screen.getByText("The browser does not allow full screen here.")).toBeTruthy();
  });
});

describe("the main page", () => {
  function mounted() {
    const screens = new SecondScreens("a1");
    const isInCall = signal(false);
    const stop = screens.mount(isInCall);
    render(
      <>
        <SecondScreenButton screens={screens} />
        <SecondScreenNotes screens={screens} />
      </>,
    );
    return { screens, isInCall, stop };
  }
  const opens = () => fireEvent.click(screen.getByRole("button", { name: "Second screen" }));

  it("says what to do when the browser blocks the window", () => {
    const { stop } = mounted();
    vi.spyOn(window, "open").mockReturnValue(null);
    opens();
    expect(screen.getByRole("alert").textContent).toMatch(/blocked the window.*address bar/);
    expect(screen.getByRole("link").getAttribute("href")).toBe("/app/view/a1");
    // Opened by the link it is there all the same.
    page().say({ is: "here", window: "w", hasKeyboard: false });
    expect(screen.getByRole("alert").textContent).toBe("");
    expect(screen.getByRole("status").textContent).toMatch(/on the second screen/);
    stop();
  });

  it("knows which windows there are, and which has the keyboard", () => {
    const { screens, isInCall, stop } = mounted();
    const beside = page();
    expect(beside.heard).toEqual([]);
    act(() => {
      isInCall.value = true;
    });
    expect(beside.heard).toEqual([{ is: "who" }]);
    const proxy = { closed: false, focus: vi.fn() };
    const open = vi.spyOn(window, "open").mockReturnValue(proxy as unknown as Window);
    opens();
    expect(open.mock.calls[0]?.[0]).toBe("/app/view/a1");
    const name = String(open.mock.calls[0]?.[1]);
    expect(screens.isOpen.value).toBe(false);
    beside.say({ is: "here", window: name, hasKeyboard: true });
    expect(screen.getByRole("status").textContent).toMatch(/Keys act on the second screen/);
    proxy.focus.mockClear();
    fireEvent.click(screen.getByRole("button", { name: "Go to the second screen" }));
    expect(proxy.focus).toHaveBeenCalledTimes(1);
    expect(open).toHaveBeenCalledTimes(1);
    // One more, and not a third.
    beside.say({ is: "here", window: "other", hasKeyboard: false });
    expect(screen.queryByRole("button", { name: "One more window" })).toBeNull();
    beside.say({ is: "gone", window: "other" });
    expect(screen.getByRole("button", { name: "One more window" })).toBeTruthy();
    // It counts the pixels of the window that has the keyboard, and its own where the images are large here, too.
    const [large, small] = [800, 400].map((side) => [{ width: side, height: side }]);
    beside.say({ is: "here", window: name, hasKeyboard: false, ...(small && { surfaces: small }) });
    beside.say({ is: "here", window: "other", hasKeyboard: true, ...(large && { surfaces: large }) });
    expect([screens.pixelsOf(0), screens.pixelsOf(1)]).toEqual([{ width: 800, height: 800 }, undefined]);
    screens.isHereToo.value = true;
    expect(screens.pixelsOf(0)).toBeUndefined();
    screens.isHereToo.value = false;
    beside.say({ is: "gone", window: "other" });
    expect(screens.pixelsOf(0)).toEqual({ width: 400, height: 400 });
    // It goes without a word.
    proxy.closed = true;
    act(() => void vi.advanceTimersByTime(1_000));
    expect(screens.isOpen.value).toBe(false);
    expect(screens.pixelsOf(0)).toBeUndefined();
    expect(screen.getByRole("status").textContent).toBe("");
    stop();
  });
});
