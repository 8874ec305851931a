import { type Signal, signal } from "@preact/signals";
import type { ChatLine, SharedFile } from "../protocol";
import type { Wire } from "../wire";

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

/** What was written and handed over in this consultation, as far as this person may know it. */
export class Chat {
  readonly items: Signal<readonly ChatItem[]> = signal([]);
  readonly unread: Signal<number> = signal(0);
  /** What others wrote or handed over just now, for an announcement. */
  readonly latest: Signal<ChatItem | undefined> = signal(undefined);

  #wire: Wire;
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
    this.#count();
  }

  /** @throws Rejected when the gateway did not take it. */
  async say(text: string): Promise<void> {
    await this.#wire.request({ type: "chat", text });
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
    this.#count();
  }

  #count(): void {
    const items = this.items.peek();
    if (this.#isOpen) for (const item of items) this.#seen.add(item.id);
    this.unread.value = unreadOf(items, this.#seen, this.#wire.welcome.peek()?.participant ?? "");
  }
}
