import { type Signal, signal } from "@preact/signals";
import type { AgendaHello, AgendaMessage, AppointmentEntry, ProblemCode } from "../../protocol";
import { type AskTicket, askTicket } from "../../ticket";
import { appointmentsOf } from "../requests";
import { codeOf } from "../words";

const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_LAST_MS = 15_000;
/** Fetched anew even if no message came: a proxy may have swallowed it. */
const REFRESH_MS = 60_000;

const ADDRESS = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/agenda`;

/** A list that the agenda's changes may change, kept up to date until closed. */
export class Feed<Entry> {
  readonly entries: Signal<readonly Entry[] | undefined> = signal(undefined);
  readonly problem: Signal<ProblemCode | undefined> = signal(undefined);
  /** Changes are not told at the moment. */
  readonly isStale: Signal<boolean> = signal(false);

  #ticket: AskTicket;
  #ask: (signal: AbortSignal) => Promise<Entry[]>;
  #controller = new AbortController();
  #isFetching = false;
  #isWanted = false;
  #socket: WebSocket | undefined;
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #refresh: ReturnType<typeof setInterval>;

  constructor(ask: (signal: AbortSignal) => Promise<Entry[]>, url = ADDRESS(), ticket: AskTicket = askTicket) {
    this.#ask = ask;
    this.#ticket = ticket;
    this.#refresh = setInterval(() => this.fetch(), REFRESH_MS);
    this.fetch();
    this.#open(url);
  }

  /** Fetches the list; a wish that comes while one is under way is carried out after it. */
  fetch(): void {
    this.#isWanted = true;
    if (!this.#isFetching) void this.#run();
  }

  close(): void {
    this.#controller.abort();
    clearInterval(this.#refresh);
    clearTimeout(this.#retry);
    if (this.#socket) this.#socket.onclose = this.#socket.onmessage = this.#socket.onopen = null;
    this.#socket?.close();
  }

  async #run(): Promise<void> {
    this.#isFetching = true;
    while (this.#isWanted && !this.#controller.signal.aborted) {
      this.#isWanted = false;
      try {
        this.entries.value = await this.#ask(this.#controller.signal);
        this.problem.value = undefined;
      } catch (cause) {
        if (this.#controller.signal.aborted) return;
        this.problem.value = codeOf(cause);
      }
    }
    this.#isFetching = false;
  }

  #open(url: string): void {
    const socket = new WebSocket(url);
    this.#socket = socket;
    let shown: string | undefined;
    const hello = () => {
      if (shown === undefined || socket.readyState !== WebSocket.OPEN) return;
      socket.send(JSON.stringify({ ticket: shown } satisfies AgendaHello));
    };
    this.#ticket(undefined, (given) => {
      if (this.#socket !== socket) return;
      // Without one nothing would be told: it is tried again.
      if (!("ticket" in given)) return socket.close();
      shown = given.ticket;
      hello();
    });
    socket.onopen = () => {
      hello();
      // What changed while nobody told is fetched, but not twice at the start.
      if (this.#tries > 0) this.fetch();
      this.#tries = 0;
      this.isStale.value = false;
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data !== "string") return;
      const message = JSON.parse(event.data) as AgendaMessage;
      if (message.type === "agenda_changed") this.fetch();
    };
    socket.onclose = () => {
      this.isStale.value = this.#tries > 0;
      const waitMs = Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** this.#tries) * (0.5 + Math.random() / 2);
      this.#tries += 1;
      this.#retry = setTimeout(() => this.#open(url), waitMs);
    };
  }
}

/** The appointments of one day, or of several from then on. */
export class AgendaFeed extends Feed<AppointmentEntry> {
  constructor(day: string, url = ADDRESS(), days = 1, ticket: AskTicket = askTicket) {
    super((signal) => appointmentsOf(day, signal, days), url, ticket);
  }
}
