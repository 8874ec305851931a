import { type Signal, signal } from "@preact/signals";
import type { RefusalSentenceWord, ServerMessage } from "../protocol";
import type { Wire } from "../wire";

export type StaffMessage = Extract<ServerMessage, { type: "staff_message" }>;

/** What somebody is told while they wait. */
export class Lobby {
  /** In the order of writing. */
  readonly messages: Signal<readonly StaffMessage[]> = signal([]);
  /** How late the visit begins, in minutes; 0: not late. */
  readonly delayMinutes: Signal<number> = signal(0);
  /** When that was told. */
  readonly delayAt: Signal<string | undefined> = signal(undefined);
  /** Which number this person is; absent where the service does not tell it. */
  readonly position: Signal<number | undefined> = signal(undefined);
  /** Why this person is not let in. */
  readonly farewell: Signal<RefusalSentenceWord | undefined> = signal(undefined);

  /** Listens until the answer is called. `tell` hears of what is new to this page. */
  listen(wire: Wire, tell: (news: StaffMessage | { delayMinutes: number }) => void): () => void {
    const stops = [
      wire.on("staff_message", (message) => {
        const known = this.messages.peek();
        // They come again after a lost connection.
        if (known.some(({ id }) => id === message.id)) return;
        this.messages.value = [...known, message];
        tell(message);
      }),
      wire.on("delay", ({ minutes, at }) => {
        this.delayAt.value = at;
        if (this.delayMinutes.peek() === minutes) return;
        this.delayMinutes.value = minutes;
        if (minutes > 0) tell({ delayMinutes: minutes });
      }),
      wire.on("position", ({ position }) => {
        this.position.value = position;
      }),
      wire.on("turned_away", ({ sentence }) => {
        this.farewell.value = sentence;
      }),
      // The gateway tells a number and a delay anew to whoever has them.
      wire.on("welcome", () => {
        this.position.value = undefined;
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
}
