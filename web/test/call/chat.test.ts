import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chat, type ChatItem, merge, unreadOf } from "../../src/call/chat";
import { Wire } from "../../src/wire";
import { FakeSocket } from "../fake-socket";

const line = (id: string, at: number, participant = "d"): ChatItem => ({
  kind: "line",
  id,
  participant,
  name: "Dr",
  at: new Date(at).toISOString(),
  text: id,
});

describe("merge", () => {
  it("keeps the order of the gateway's clock, whatever comes first", () => {
    expect(merge([line("b", 2)], [line("c", 3), line("a", 1)]).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });
  it("knows what it has already", () => {
    expect(merge([line("a", 1), line("b", 2)], [line("a", 1)])).toHaveLength(2);
  });
  it("takes back that a line is not kept when it comes again", () => {
    const away: ChatItem = { ...line("a", 1), isKept: false } as ChatItem;
    expect(merge([], [away])[0]).toHaveProperty("isKept", false);
    expect(merge([away], [line("a", 1)])).toEqual([line("a", 1)]);
  });
  it("keeps lines and files of one number apart", () => {
    const file: ChatItem = {
      kind: "file",
      id: "a",
      participant: "d",
      name: "Dr",
      fileName: "x.pdf",
      bytes: 3,
      mediaType: "application/pdf",
      at: new Date(1).toISOString(),
    };
    expect(merge([line("a", 1)], [file])).toHaveLength(2);
  });
});

describe("unreadOf", () => {
  it("counts what others wrote and nobody has seen", () => {
    expect(unreadOf([line("a", 1), line("b", 2), line("c", 3, "me")], new Set(["a"]), "me")).toBe(1);
  });
});

describe("Chat", () => {
  let wire: Wire;
  let chat: Chat;
  beforeEach(() => {
    FakeSocket.install();
    wire = new Wire(() => ({ type: "hello", protocol: 2, language: "fr" }), "ws://test/ws");
    chat = new Chat(wire);
    FakeSocket.last.welcome("in_call");
  });
  afterEach(() => {
    chat.close();
    wire.close();
    vi.unstubAllGlobals();
  });
  const say = (id: string, participant = "d") => {
    const { kind: _, ...entry } = line(id, 1, participant);
    FakeSocket.last.say({ type: "chat_line", ...entry } as never);
  };

  it("counts what is new until it is on the screen", () => {
    say("a");
    say("b", "p1");
    expect(chat.unread.value).toBe(1);
    chat.setOpen(true);
    expect(chat.unread.value).toBe(0);
    say("c");
    expect(chat.unread.value).toBe(0);
    chat.setOpen(false);
    say("d");
    expect(chat.unread.value).toBe(1);
  });

  it("announces what others write, and not its own words or old ones", () => {
    const { kind: _, ...old } = line("old", 0);
    FakeSocket.last.say({ type: "chat_history", lines: [old as never], files: [] });
    expect(chat.latest.value).toBeUndefined();
    say("mine", "p1");
    expect(chat.latest.value).toBeUndefined();
    say("a");
    expect(chat.latest.value?.id).toBe("a");
  });

  it("asks the gateway and waits for its answer", async () => {
    const said = chat.say("Bonjour");
    const [asked] = FakeSocket.last.of("chat");
    expect(asked?.text).toBe("Bonjour");
    FakeSocket.last.say({ type: "rejected", request: asked?.request ?? 0, code: "too_many", detail: "" });
    await expect(said).rejects.toMatchObject({ code: "too_many" });
  });
});
