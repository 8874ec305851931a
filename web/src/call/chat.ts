import { type Signal, signal } from "@preact/signals";
import { codeOf } from "../problem";
import type { ChatLine, ProblemCode, SharedFile } from "../protocol";
import type { Wire } from "../wire";
import type { Files } from "./files";

/** Characters (Unicode scalar values) of one message. */
export const MOST_CHARACTERS = 2_000;

export type ChatItem = ({ kind: "line" } & ChatLine) | ({ kind: "file" } & SharedFile);

/** Adds what is new, each once, in the order of the gateway's clock. What comes twice counts as it came last. */
export function merge(known: readonly ChatItem[], added: readonly ChatItem[]): ChatItem[] {
  const byId = new Map(known.map((item) => [`${item.kind} ${item.id}`, item]));
  for (const item of added) byId.set(`${item.kind} ${item.id}`, item);
  return [...byId.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || (a.id < b.id ? -1 : 1));
}

/** How many of the items came from others after the one that was seen last. */
export function unreadOf(items: readonly ChatItem[], seen: ReadonlySet<string>, self: string): number {
  return items.filter((item) => item.participant !== self && !seen.has(item.id)).length;
}

/** A file that this person hands over, until it has arrived. They go one after the other. */
export interface Handing {
  key: number;
  file: File;
  /** How much has gone, 0 to 1. */
  part: number;
  /** Why it did not go. */
  code?: ProblemCode;
}

/** What was written and handed over in this consultation, as far as this person may know it. */
export class Chat {
  readonly items: Signal<readonly ChatItem[]> = signal([]);
  readonly unread: Signal<number> = signal(0);
  /** What others wrote or handed over just now, for an announcement. */
  readonly latest: Signal<ChatItem | undefined> = signal(undefined);

  /** What is being written: it outlives the panel in which it stands. */
  readonly draft: Signal<string> = signal("");
  readonly isSaying: Signal<boolean> = signal(false);
  /** Why the last message was not taken. */
  readonly fault: Signal<ProblemCode | undefined> = signal(undefined);
  readonly handings: Signal<readonly Handing[]> = signal([]);
  /** How many files have arrived. */
  readonly handed: Signal<number> = signal(0);

  #wire: Wire;
  #count = 0;
  #going: { key: number; controller: AbortController } | undefined;
  #seen = new Set<string>();
  #isOpen = false;
  #stops: (() => void)[];

  constructor(wire: Wire) {
    this.#wire = wire;
    this.#stops = [
      wire.on("chat_history", ({ lines, files }) => {
        this.#add([
          ...lines.map((line) => ({ ...line, kind: "line" as const })),
          ...(files ?? []).map((file) => ({ ...file, kind: "file" as const })),
        ]);
      }),
      wire.on("chat_line", ({ type: _, ...line }) => this.#news({ ...line, kind: "line" })),
      wire.on("file_shared", ({ type: _, ...file }) => this.#news({ ...file, kind: "file" })),
    ];
  }

  /** While the list is on the screen, what comes is read. */
  setOpen(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.#tally();
  }

  /** @throws Rejected when the gateway did not take it. */
  async say(text: string): Promise<void> {
    await this.#wire.request({ type: "chat", text });
  }

  /** Says what is written, and keeps it when the gateway does not take it. */
  async sayDraft(): Promise<void> {
    const written = this.draft.peek();
    if (written.trim() === "" || this.isSaying.peek()) return;
    this.isSaying.value = true;
    this.fault.value = undefined;
    try {
      await this.say(written.trim());
      if (this.draft.peek() === written) this.draft.value = "";
    } catch (cause) {
      this.fault.value = codeOf(cause);
    }
    this.isSaying.value = false;
  }

  /** Hands a file over. It goes on when the panel is closed. */
  hand(files: Files, file: File): void {
    this.#count += 1;
    this.handings.value = [...this.handings.peek(), { key: this.#count, file, part: 0 }];
    void this.#next(files);
  }

  /** Tries once more what did not go. */
  handAgain(files: Files, key: number): void {
    const handing = this.handings.peek().find((each) => each.key === key);
    if (!handing) return;
    this.#forget(key);
    this.hand(files, handing.file);
  }

  /** Does not hand it over after all. */
  stopHanding(key: number): void {
    if (this.#going?.key === key) this.#going.controller.abort();
    this.#forget(key);
  }

  async #next(files: Files): Promise<void> {
    const next = this.handings.peek().find(({ code }) => code === undefined);
    if (!next || this.#going) return;
    const { key, file } = next;
    const controller = new AbortController();
    this.#going = { key, controller };
    const change = (to: Partial<Handing>) => {
      this.handings.value = this.handings.peek().map((each) => (each.key === key ? { ...each, ...to } : each));
    };
    try {
      await files.send(file, { onPart: (part) => change({ part }), signal: controller.signal });
      this.#forget(key);
      this.handed.value += 1;
    } catch (cause) {
      if (!controller.signal.aborted) change({ code: codeOf(cause) });
    }
    this.#going = undefined;
    void this.#next(files);
  }

  #forget(key: number): void {
    this.handings.value = this.handings.peek().filter((each) => each.key !== key);
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #news(item: ChatItem): void {
    this.#add([item]);
    if (item.participant !== this.#wire.welcome.peek()?.participant) this.latest.value = item;
  }

  #add(added: readonly ChatItem[]): void {
    this.items.value = merge(this.items.peek(), added);
    this.#tally();
  }

  #tally(): void {
    const items = this.items.peek();
    if (this.#isOpen) for (const item of items) this.#seen.add(item.id);
    this.unread.value = unreadOf(items, this.#seen, this.#wire.welcome.peek()?.participant ?? "");
  }
}
