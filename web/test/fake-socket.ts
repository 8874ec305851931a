import { vi } from "vitest";
import type { ClientMessage, IceServer, ServerMessage } from "../src/protocol";

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    const last = FakeSocket.all.at(-1);
    if (!last) throw new Error("no socket was opened");
    return last;
  }
  static install(): void {
    FakeSocket.all = [];
    vi.stubGlobal("WebSocket", FakeSocket);
  }

  readyState = FakeSocket.CONNECTING;
  binaryType = "blob";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: ClientMessage[] = [];

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientMessage);
  }
  close(): void {
    this.readyState = FakeSocket.CLOSED;
  }

  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }
  say(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  sayBytes(data: ArrayBuffer): void {
    this.onmessage?.({ data });
  }
  /** The connection breaks. */
  drop(): void {
    this.readyState = FakeSocket.CLOSED;
    this.onclose?.();
  }
  welcome(state: "testing" | "waiting" | "admitted" | "in_call" = "testing", iceServers: IceServer[] = []): void {
    if (this.readyState === FakeSocket.CONNECTING) this.open();
    this.say({
      type: "welcome",
      protocol: 2,
      participant: "p1",
      role: "patient",
      startsAt: "2026-11-25T13:30:00.000Z",
      endsAt: "2026-11-25T14:00:00.000Z",
      place: { state, since: "2026-11-25T13:22:10.000Z" },
      now: "2026-11-25T13:25:00.000Z",
      appointment: "a1",
      resume: "again",
      iceServers,
      isLocked: false,
    });
  }
  /** What the client has sent of that kind. */
  of<T extends ClientMessage["type"]>(type: T): Extract<ClientMessage, { type: T }>[] {
    return this.sent.filter((message) => message.type === type) as Extract<ClientMessage, { type: T }>[];
  }
}
