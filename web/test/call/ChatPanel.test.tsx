import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Call } from "../../src/call/call";
import { Devices } from "../../src/call/devices";
import { Files } from "../../src/call/files";
import { ChatPanel } from "../../src/call/parts/ChatPanel";
import { Outgoing } from "../../src/call/parts/Notices";
import { chooseLanguage } from "../../src/i18n";
import { sentenceOf } from "../../src/join/words";
import { Wire } from "../../src/wire";
import { FakeSocket } from "../fake-socket";
import { installDevices, installPeers } from "./fake-media";

/** A request whose other end is the test. */
class FakeRequest {
  static all: FakeRequest[] = [];
  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  isAborted = false;
  status = 0;
  responseText = "";
  address = "";
  headers: Record<string, string> = {};
  constructor() {
    FakeRequest.all.push(this);
  }
  open(_: string, address: string) {
    this.address = address;
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  send() {}
  abort() {
    this.isAborted = true;
    this.onabort?.();
  }
}

let wire: Wire;
let call: Call;
let files: Files;
const said: string[] = [];
const settle = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 0)));
const panel = () => render(<ChatPanel call={call} files={files} zone="Europe/Paris" sentenceOf={sentenceOf} />);
const beside = () =>
  render(<Outgoing call={call} tell={(_, text) => said.push(text)} sentenceOf={sentenceOf} onOpen={() => undefined} />);
const box = () => screen.getByLabelText("Your message") as HTMLTextAreaElement;
function choose(name: string) {
  const picker = document.querySelector(".chat-chooser") as HTMLInputElement;
  Object.defineProperty(picker, "files", { value: [new File(["x"], name)], configurable: true });
  fireEvent.change(picker);
}
const request = (at: number) => {
  const found = FakeRequest.all[at];
  if (!found) throw new Error("nothing was sent");
  return found;
};

beforeEach(() => {
  chooseLanguage("en");
  FakeSocket.install();
  installPeers();
  installDevices(() => undefined);
  FakeRequest.all = [];
  said.length = 0;
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  wire = new Wire(() => ({ type: "hello", protocol: 2, language: "en", link: "x" }), "ws://test/ws");
  call = new Call(wire, new Devices());
  files = new Files(wire, "secret");
  FakeSocket.last.welcome("in_call");
});
afterEach(() => {
  cleanup();
  call.close();
  wire.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("messages whose panel is closed", () => {
  it("keep what was being written", () => {
    panel();
    fireEvent.input(box(), { target: { value: "Half a sentence" } });
    cleanup();
    panel();
    expect(box().value).toBe("Half a sentence");
  });

  it("keep what the gateway did not take, and say so outside", async () => {
    panel();
    fireEvent.input(box(), { target: { value: "Hello" } });
    fireEvent.click(screen.getByRole("button", { name: "Send" }));
    cleanup();
    beside();
    FakeSocket.last.say({
      type: "rejected",
      request: FakeSocket.last.of("chat")[0]?.request ?? 0,
      code: "too_many",
      detail: "",
    });
    await settle();
    expect(screen.getByText(/^Your message was not sent\./)).toBeTruthy();
    expect(said.at(-1)).toMatch(/^Your message was not sent\./);
    cleanup();
    panel();
    expect(box().value).toBe("Hello");
  });

  it("send a file on, and say that it failed", async () => {
    panel();
    choose("letter.pdf");
    expect(request(0).address).toBe("/api/appointments/a1/files?name=letter.pdf&type=application%2Foctet-stream");
    expect(request(0).headers.authorization).toBe("Link secret");
    act(() => request(0).upload.onprogress?.({ loaded: 40, total: 100 }));
    expect(screen.getByText("40%")).toBeTruthy();
    cleanup();
    beside();
    expect(screen.getByText("Sending letter.pdf… 40%")).toBeTruthy();
    act(() => request(0).onerror?.());
    await settle();
    expect(screen.getByText(/^letter\.pdf was not sent\./)).toBeTruthy();
    expect(request(0).isAborted).toBe(false);
    cleanup();
    panel();
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    request(1).status = 201;
    request(1).responseText = "{}";
    act(() => request(1).onload?.());
    await settle();
    expect(screen.queryByText(/letter\.pdf/)).toBeNull();
    expect(call.chat.handed.value).toBe(1);
  });
});

describe("a file in the messages", () => {
  it("can be stopped, and the next one goes", async () => {
    panel();
    choose("a.pdf");
    choose("b.pdf");
    expect(FakeRequest.all).toHaveLength(1);
    fireEvent.click(screen.getByRole("button", { name: "Do not send a.pdf" }));
    await settle();
    expect(request(0).isAborted).toBe(true);
    expect(request(1).address).toContain("name=b.pdf");
    expect(screen.queryByRole("alert", { name: /a\.pdf/ })).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Attach a file" }));
  });
});
