import { type Signal, signal } from "@preact/signals";
import { ApiProblem, call } from "../api";
import type { LanguageWord, QueueEntered, QueueState, QueueStateWord } from "../protocol";

/** How often the page asks how it stands, which also says that it is there. */
const ASK_EVERY_MS = 5_000;

/** Where somebody stands who comes without an appointment. */
export type Standing = "form" | QueueStateWord;

/** What the form holds. */
export interface Typed {
  code: string;
  name: string;
  telephone: string;
}

/** One person's place in the queue of one service; its secret survives a reload of the page. */
export class QueuePlace {
  readonly standing: Signal<Standing> = signal("form");
  readonly sinceMs: Signal<number> = signal(0);
  readonly isOffline: Signal<boolean> = signal(false);

  #queue: string;
  #key: string;
  #entry: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(queue: string) {
    this.#queue = queue;
    this.#key = `parvis.queue.${queue}`;
    try {
      this.#entry = sessionStorage.getItem(this.#key) ?? undefined;
    } catch {
      // Storage may be switched off; a reload begins anew then.
    }
    if (this.#entry) {
      this.standing.value = "waiting";
      void this.ask();
    }
    // A phone that was locked asks at once when it is looked at again.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.standing.value === "waiting") void this.ask();
    });
  }

  /** @throws ApiProblem when the queue does not take this person. */
  async enter(typed: Typed, language: LanguageWord): Promise<void> {
    const json = { queue: this.#queue, ...typed, language };
    const { entry } = await call<QueueEntered>("POST", "/api/queue/enter", { json });
    this.#keep(entry);
    this.sinceMs.value = Date.now();
    this.standing.value = "waiting";
    this.#askLater();
  }

  async leave(): Promise<void> {
    await call("POST", "/api/queue/leave", { json: { entry: this.#entry ?? "" } });
    this.#end("left");
  }

  /** Back to the form. */
  begin(): void {
    this.#end("form");
  }

  /** Asks how this person stands, and again later while they wait. */
  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const { state, since } = await call<QueueState>("POST", "/api/queue/state", {
        json: { entry: this.#entry ?? "" },
      });
      this.isOffline.value = false;
      this.sinceMs.value = Date.parse(since);
      if (state === "waiting") this.standing.value = state;
      else if (state === "taken") {
        this.standing.value = state;
        this.go();
        return;
      } else {
        this.#end(state);
        return;
      }
    } catch (cause) {
      if (!(cause instanceof ApiProblem)) console.error(cause);
      this.isOffline.value = true;
    }
    this.#askLater();
  }

  /** The secret of this page has become a personal link: on to its page. */
  go(): void {
    const entry = this.#entry;
    this.#keep(undefined);
    if (entry) location.assign(`/join#${entry}`);
  }

  #askLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.ask(), ASK_EVERY_MS);
  }

  #end(standing: Standing): void {
    clearTimeout(this.#timer);
    this.#keep(undefined);
    this.isOffline.value = false;
    this.standing.value = standing;
  }

  #keep(entry: string | undefined): void {
    this.#entry = entry;
    try {
      if (entry === undefined) sessionStorage.removeItem(this.#key);
      else sessionStorage.setItem(this.#key, entry);
    } catch {
      // Then it lasts as long as the page.
    }
  }
}
