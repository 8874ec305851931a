import { type Signal, signal } from "@preact/signals";
import { waitMs } from "./call/backoff";
import type { ClientMessage, ContentHeader, PictureHeader, ProblemCode, ServerMessage } from "./protocol";
import { type AskTicket, askTicket } from "./ticket";

/**
 * `connecting` until the first welcome, `open` while messages pass, `lost` while it tries to come back, `closed` for good:
 * closed by the page, taken over by another tab, ended, or refused (then `refusal` says why).
 */
export type WireState = "connecting" | "open" | "lost" | "closed";

export type Hello = Extract<ClientMessage, { type: "hello" }>;
export type Welcome = Extract<ServerMessage, { type: "welcome" }>;
type Requesting = Extract<ClientMessage, { request: number }>;
type WithoutNumber<M> = M extends unknown ? Omit<M, "request"> : never;
/** A message that is answered, without the number that the wire gives it. */
export type Request = WithoutNumber<Requesting>;
type Of<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;
type Listener = (message: never) => void;

/** The gateway did not carry out a request; `unavailable` when the connection went away before it answered. */
export class Rejected extends Error {
  override readonly name = "Rejected";
  constructor(
    readonly code: ProblemCode,
    detail: string,
  ) {
    super(detail);
  }
}

const PING_EVERY_MS = 10_000;
const SILENT_FOR_MS = 25_000;
/** How long a connection may stay silent after the page was asleep, when it has most likely gone. */
const WOKEN_SILENT_FOR_MS = 4_000;
/** Likewise while media that come the same way are silent too. */
const DOUBTED_SILENT_FOR_MS = 2_000;
/** Likewise once the exact picture was asked for: on a slow line it takes long, and nothing else comes meanwhile. */
const EXACT_SILENT_FOR_MS = 180_000;
const OPENING_MS = 10_000;
const TICK_MS = 500;
/** A tick that comes so much later: browsers let a page in the background run once a minute. */
const LATE_TICK_MS = 5_000;
const REQUEST_MS = 15_000;

/** Answers to `hello` that another try cannot change. */
const MAY_PASS: ReadonlySet<ProblemCode> = new Set(["unavailable", "internal", "too_many", "ticket_needed"]);

/** The one WebSocket of a page: typed messages, requests with answers, pictures and files, and coming back after a loss. */
export class Wire {
  readonly state: Signal<WireState> = signal("connecting");
  /** The last welcome: who this is. */
  readonly welcome: Signal<Welcome | undefined> = signal(undefined);
  /** Why the gateway does not want this client, when that is why the wire is closed. */
  readonly refusal: Signal<ProblemCode | undefined> = signal(undefined);

  #hello: () => Hello;
  #ask: AskTicket;
  #url: string;
  #socket: WebSocket | undefined;
  #listeners = new Map<string, Set<Listener>>();
  #pictures = new Set<(header: PictureHeader, bytes: Uint8Array) => void>();
  #contents = new Set<(header: ContentHeader, bytes: Uint8Array) => void>();
  #pending = new Map<number, { resolve: () => void; reject: (why: Rejected) => void; timer: number }>();
  #lastRequest = 0;
  #tries = 0;
  #resume: string | undefined;
  #heardAt = 0;
  #tickedAt = 0;
  /** Asked for a sign of life after the page did not run for a while, and not heard since. */
  #isDoubted = false;
  #exactAwaited = false;
  #pingedAt = 0;
  #clockAheadMs = 0;
  #ticking: number | undefined;
  #retry: number | undefined;
  #wake = () => this.#comeBackNow(WOKEN_SILENT_FOR_MS);
  #unfollow: () => void;

  constructor(
    hello: () => Hello,
    url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`,
    ask: AskTicket = askTicket,
  ) {
    this.#hello = hello;
    this.#url = url;
    this.#ask = ask;
    addEventListener("online", this.#wake);
    document.addEventListener("visibilitychange", this.#wake);
    this.#unfollow = onNetworkChange(this.#wake);
    this.#open();
  }

  /** Milliseconds since 1970 by the gateway's clock: a device's own may be wrong. */
  now(): number {
    return Date.now() + this.#clockAheadMs;
  }

  /** Calls `f` for each message of that type; the answer of this call stops it. What nobody asked for is ignored. */
  on<T extends ServerMessage["type"]>(type: T, f: (message: Of<T>) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set<Listener>();
    this.#listeners.set(type, listeners);
    listeners.add(f as Listener);
    return () => listeners.delete(f as Listener);
  }

  /** Calls `f` for each picture; the answer of this call stops it. */
  onPicture(f: (header: PictureHeader, bytes: Uint8Array) => void): () => void {
    this.#pictures.add(f);
    return () => this.#pictures.delete(f);
  }

  /** Calls `f` for each file that is shown and is no picture; the answer of this call stops it. */
  onContent(f: (header: ContentHeader, bytes: Uint8Array) => void): () => void {
    this.#contents.add(f);
    return () => this.#contents.delete(f);
  }

  /** Sends now or not at all: what is said while the wire is down would be stale when it is back. */
  send(message: ClientMessage): void {
    if (this.state.peek() !== "open" || this.#socket?.readyState !== WebSocket.OPEN) {
      console.info(`not sent while the connection is down: ${message.type}`);
      return;
    }
    if (message.type === "full_quality") this.#exactAwaited = true;
    this.#socket.send(JSON.stringify(message));
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @throws Rejected with the gateway's code, or `unavailable` when no answer came.
   */
  request(message: Request): Promise<void> {
    if (this.state.peek() !== "open") return Promise.reject(new Rejected("unavailable", "not connected"));
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(
        () => this.#answer(request, new Rejected("unavailable", "no answer")),
        REQUEST_MS,
      );
      this.#pending.set(request, { resolve, reject, timer });
      this.send({ ...message, request } as ClientMessage);
    });
  }

  /** Asks a connection that seems open for a sign of life: it is taken for lost when none comes within seconds. */
  check(): void {
    this.#comeBackNow(DOUBTED_SILENT_FOR_MS);
  }

  /** Opens anew as the same device, for what only a welcome tells. Media go on meanwhile. */
  renew(): void {
    if (this.state.peek() !== "open") return;
    this.state.value = "lost";
    this.#open();
  }

  /** Begins anew, as a device that the gateway does not know: for when its media cannot be brought back. */
  beginAnew(): void {
    if (this.state.peek() === "closed") return;
    this.#resume = undefined;
    this.state.value = "lost";
    this.#open();
  }

  /** Closes for good. */
  close(): void {
    if (this.state.peek() === "closed") return;
    removeEventListener("online", this.#wake);
    document.removeEventListener("visibilitychange", this.#wake);
    this.#unfollow();
    clearTimeout(this.#retry);
    this.#drop();
    this.state.value = "closed";
  }

  #open(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#drop();
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#heardAt = performance.now();
    this.#tickedAt = this.#heardAt;
    this.#isDoubted = false;
    this.#exactAwaited = false;
    const hello = this.#hello();
    // A device that is known there comes back at once; a new one shows a ticket, which is asked for meanwhile.
    let proof: { resume: string } | { ticket: string } | undefined =
      this.#resume === undefined ? undefined : { resume: this.#resume };
    const sayHello = () => {
      if (proof && this.#socket === socket && socket.readyState === WebSocket.OPEN)
        socket.send(JSON.stringify({ ...hello, ...proof }));
    };
    socket.onopen = sayHello;
    if (!proof)
      this.#ask(hello.link, (given) => {
        if (this.#socket !== socket) return;
        if ("ticket" in given) {
          proof = given;
          sayHello();
        } else if (MAY_PASS.has(given.code)) this.#lose();
        else this.#refuse(given.code);
      });
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      this.#heardAt = performance.now();
      this.#isDoubted = false;
      if (typeof event.data === "string") this.#text(event.data);
      else this.#binary(event.data);
    };
    socket.onclose = () => this.#lose();
    this.#ticking = window.setInterval(() => this.#tick(), TICK_MS);
  }

  #refuse(code: ProblemCode): void {
    this.refusal.value = code;
    this.close();
  }

  #tick(): void {
    const now = performance.now();
    const isLate = now - this.#tickedAt > LATE_TICK_MS;
    this.#tickedAt = now;
    // Nothing was heard because this page did not run: it is asked first, and given up when nothing comes until the next tick.
    if (isLate && !this.#isDoubted && this.state.peek() === "open") {
      this.#isDoubted = true;
      this.#heardAt = Math.max(this.#heardAt, now - SILENT_FOR_MS + WOKEN_SILENT_FOR_MS);
      this.#ping();
      return;
    }
    const silentMs = now - this.#heardAt;
    const openMs = this.#exactAwaited ? EXACT_SILENT_FOR_MS : SILENT_FOR_MS;
    // A connection that died without a word is no reason to wait: the next one is tried at once.
    if (silentMs > (this.state.peek() === "open" ? openMs : OPENING_MS)) this.#lose(true);
    else if (this.state.peek() === "open" && Date.now() - this.#pingedAt >= PING_EVERY_MS) this.#ping();
  }

  #ping(): void {
    this.#pingedAt = Date.now();
    this.send({ type: "ping" });
  }

  /** Lets go of the socket that there is, without a word to its listeners. */
  #drop(): void {
    clearInterval(this.#ticking);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    for (const request of [...this.#pending.keys()])
      this.#answer(request, new Rejected("unavailable", "connection lost"));
  }

  #lose(isSilent = false): void {
    this.#drop();
    if (this.state.peek() === "closed") return;
    if (this.state.peek() === "open") this.state.value = "lost";
    const ms = isSilent && this.#tries === 0 ? 0 : waitMs(this.#tries, Math.random());
    this.#retry = window.setTimeout(() => this.#open(), ms);
    this.#tries += 1;
  }

  /** The network or the page has come back: tries at once, and asks a connection that seems open for a sign of life. */
  #comeBackNow(patienceMs: number): void {
    if (document.visibilityState === "hidden") return;
    if (this.#retry !== undefined) this.#open();
    else if (this.state.peek() === "open") {
      const doubtfulAt = performance.now() - SILENT_FOR_MS + patienceMs;
      // Once is enough: it is asked again and again while media are silent.
      if (this.#heardAt <= doubtfulAt) return;
      this.#heardAt = doubtfulAt;
      this.#ping();
    }
  }

  #text(text: string): void {
    let message: ServerMessage;
    try {
      message = JSON.parse(text) as ServerMessage;
    } catch {
      console.warn("a message that is not JSON was ignored");
      return;
    }
    switch (message.type) {
      case "welcome":
        this.#tries = 0;
        this.#pingedAt = Date.now();
        this.#clockAheadMs = Date.parse(message.now) - Date.now();
        this.#resume = message.resume;
        this.welcome.value = message;
        this.state.value = "open";
        break;
      case "accepted":
        this.#answer(message.request);
        break;
      case "rejected":
        this.#answer(message.request, new Rejected(message.code, message.detail));
        break;
      case "problem":
        console.warn(`the gateway could not use a message: ${message.code}: ${message.detail}`);
        // It has forgotten this device, as it does when it starts anew.
        if (message.code === "ticket_needed" && this.#resume !== undefined) {
          this.#resume = undefined;
          this.#open();
          return;
        }
        // Should a gateway refuse an old token instead of forgetting it, the next hello goes without.
        if (this.state.peek() !== "open") this.#resume = undefined;
        if (this.state.peek() !== "open" && !MAY_PASS.has(message.code)) this.#refuse(message.code);
        break;
      case "still_there":
        this.#ping();
        return;
      case "taken_over":
      case "ended":
        this.#tell(message);
        this.close();
        return;
    }
    this.#tell(message);
  }

  #tell(message: ServerMessage): void {
    for (const listener of [...(this.#listeners.get(message.type) ?? [])]) listener(message as never);
  }

  /** A file that is shown says its media type; a picture does not. */
  #binary(data: ArrayBuffer): void {
    try {
      const length = new DataView(data).getUint32(0, true);
      const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length))) as
        | PictureHeader
        | ContentHeader;
      const bytes = new Uint8Array(data, 4 + length);
      if ("mediaType" in header) for (const listener of [...this.#contents]) listener(header, bytes);
      else {
        if (header.isLossless) this.#exactAwaited = false;
        for (const listener of [...this.#pictures]) listener(header, bytes);
      }
    } catch (cause) {
      console.warn("a binary message that cannot be read was ignored", cause);
    }
  }

  #answer(request: number, why?: Rejected): void {
    const waiting = this.#pending.get(request);
    if (!waiting) return;
    this.#pending.delete(request);
    clearTimeout(waiting.timer);
    if (why) waiting.reject(why);
    else waiting.resolve();
  }
}

/** The Network Information API, where it exists. */
interface Connection extends EventTarget {
  readonly type?: string;
}

/**
 * Calls `f` when the device has come to another kind of network, which "online" does not tell. Browsers tell their estimates of
 * speed by the same event; those are passed over. The answer of this call stops it.
 */
export function onNetworkChange(f: () => void): () => void {
  const connection = (navigator as { connection?: Connection }).connection;
  if (!connection) return () => undefined;
  let before = connection.type;
  const change = () => {
    if (connection.type === before) return;
    before = connection.type;
    if (before !== "none") f();
  };
  connection.addEventListener("change", change);
  return () => connection.removeEventListener("change", change);
}
