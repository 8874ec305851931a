import { type Signal, signal } from "@preact/signals";
import { ApiProblem, call } from "../api";
import type { ProblemCode, UploadReceipt } from "../protocol";
import { type SendOptions, sendFile } from "../sending";
import { sha256Of } from "./checksum";

const AT_ONCE = 2;
/** Between tries of a file whose line broke, in milliseconds. */
const PAUSES_MS = [2_000, 10_000, 30_000];
/** From this size on, in bytes, it is asked first whether a file has come before. */
const ASK_FROM_BYTES = 1 << 20;

export type SendingState =
  | { is: "waiting" }
  | { is: "counting"; part: number }
  | { is: "sending"; part: number }
  /** The line broke: another try comes by itself. */
  | { is: "pausing" }
  | { is: "received"; receipt: UploadReceipt }
  | { is: "failed"; code: ProblemCode };

export interface Sending {
  key: number;
  name: string;
  file: Blob;
  /** Computed here; absent until it is known. */
  sha256?: string;
  state: SendingState;
}

/** What it does of itself; tests give their own. */
export interface Ways {
  send(address: string, file: Blob, options: SendOptions): Promise<UploadReceipt>;
  known(secret: string, sha256: string): Promise<UploadReceipt | undefined>;
  pause(ms: number): Promise<void>;
}

const usual: Ways = {
  send: (address, file, options) => sendFile<UploadReceipt>(address, file, options),
  known: async (secret, sha256) => {
    try {
      const authorization = `Link ${secret}`;
      return await call<UploadReceipt>("POST", "/api/upload/receipt", { json: { sha256 }, authorization });
    } catch (cause) {
      if (cause instanceof ApiProblem && cause.code === "not_found") return undefined;
      throw cause;
    }
  },
  pause: (ms) => new Promise((done) => setTimeout(done, ms)),
};

/** Sends files two at a time: counts the checksum, sends, and compares it with the one that the hospital has counted. */
export class Sendings {
  readonly items: Signal<readonly Sending[]> = signal([]);
  #secret: string;
  #ways: Ways;
  #running = 0;
  #count = 0;

  constructor(secret: string, ways: Ways = usual) {
    this.#secret = secret;
    this.#ways = ways;
  }

  add(files: readonly { name: string; file: Blob }[]): void {
    const items = files
      .filter(({ file }) => file.size > 0)
      .map(({ name, file }): Sending => {
        this.#count += 1;
        return { key: this.#count, name, file, state: { is: "waiting" } };
      });
    this.items.value = [...this.items.peek(), ...items];
    this.#next();
  }

  /** Sends one file again. */
  retry(key: number): void {
    this.#set(key, { state: { is: "waiting" } });
    this.#next();
  }

  #set(key: number, change: Partial<Sending>): void {
    this.items.value = this.items.peek().map((item) => (item.key === key ? { ...item, ...change } : item));
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const item = this.items.peek().find(({ state }) => state.is === "waiting");
      if (!item) return;
      this.#running += 1;
      this.#set(item.key, { state: { is: "counting", part: 0 } });
      void this.#run(item).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  async #run({ key, name, file }: Sending): Promise<void> {
    const set = (state: SendingState) => this.#set(key, { state });
    const { signal } = new AbortController();
    let sha256: string;
    try {
      sha256 = await sha256Of(file, (part) => set({ is: "counting", part }), signal);
    } catch (cause) {
      // It was moved or changed since it was picked.
      console.info("a file cannot be read", cause);
      set({ is: "failed", code: "cannot_show" });
      return;
    }
    this.#set(key, { sha256 });
    const query = new URLSearchParams({ bytes: String(file.size), sha256 });
    for (let tried = 0; ; tried += 1) {
      try {
        const known =
          tried > 0 || file.size >= ASK_FROM_BYTES ? await this.#ways.known(this.#secret, sha256) : undefined;
        const receipt =
          known ??
          (await this.#ways.send(`/api/upload?${query}`, file, {
            onPart: (part) => set({ is: "sending", part }),
            signal,
            authorization: `Link ${this.#secret}`,
            fileName: name,
          }));
        set(receipt.sha256 === sha256 ? { is: "received", receipt } : { is: "failed", code: "checksum_mismatch" });
        return;
      } catch (cause) {
        const code = codeOf(cause);
        const pause = PAUSES_MS[tried];
        if (pause === undefined || !mayPass(code)) {
          set({ is: "failed", code });
          return;
        }
        set({ is: "pausing" });
        await this.#ways.pause(pause);
      }
    }
  }
}

function codeOf(cause: unknown): ProblemCode {
  if (cause instanceof ApiProblem) return cause.code;
  return typeof cause === "string" ? (cause as ProblemCode) : "internal";
}

/** The line or the server failed, or bytes were lost on the way: not the file. */
const mayPass = (code: ProblemCode): boolean => ["unavailable", "checksum_mismatch", "internal"].includes(code);

/** Nothing is on its way any more. */
export const isIdle = (items: readonly Sending[]): boolean =>
  items.every(({ state }) => state.is === "received" || state.is === "failed");

/** What the sender keeps: each file with its size, its checksum and the number of its receipt. */
export function receiptText(items: readonly Sending[], hospital: string): string {
  const lines = items.flatMap(({ name, state }) =>
    state.is === "received"
      ? [`${state.receipt.at}  ${state.receipt.sha256}  ${state.receipt.bytes}  ${state.receipt.receipt}  ${name}`]
      : [],
  );
  return [hospital, "time  SHA-256  bytes  receipt  name", ...lines, ""].join("\r\n");
}
