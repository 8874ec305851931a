import { type Signal, signal } from "@preact/signals";
import type { FoundPatient, ProblemCode, Receipt } from "../../protocol";
import { type SendOptions, sendFile } from "../../sending";
import { holdWhile } from "../parts/holding";
import { uploadAddress } from "../requests";

const AT_ONCE = 2;

export type UploadState =
  | { is: "waiting" }
  | { is: "sending"; part: number }
  | { is: "received"; receipt: Receipt }
  /** Nothing was taken in: refused by the gateway, or it could not be reached. */
  | { is: "failed"; code: ProblemCode }
  | { is: "stopped" };

export interface Upload {
  key: number;
  /** As the person knows it; it is not sent. */
  name: string;
  file: Blob;
  state: UploadState;
}

/** Sends one file. Rejects with a `ProblemCode`. */
export type Send = (address: string, file: Blob, options: SendOptions) => Promise<Receipt>;

/** Sends files one after the other, two at a time, and keeps what became of each. */
export class Uploads {
  readonly items: Signal<readonly Upload[]> = signal([]);
  /** Told when something was taken in. */
  onReceived: () => void;
  #appointment: string;
  #send: Send;
  #controller = new AbortController();
  #running = 0;
  #count = 0;

  constructor(appointment: string, onReceived: () => void = () => undefined, send: Send = sendFile) {
    this.#appointment = appointment;
    this.onReceived = onReceived;
    this.#send = send;
    const isRunning = () => this.items.value.some(({ state }) => state.is === "waiting" || state.is === "sending");
    holdWhile(isRunning, { what: "sending", settle: async () => false, drop: () => this.stop() });
  }

  add(files: readonly { name: string; file: Blob }[]): void {
    const items = files.map(({ name, file }): Upload => {
      this.#count += 1;
      return { key: this.#count, name, file, state: { is: "waiting" } };
    });
    this.items.value = [...this.items.peek(), ...items];
    this.#next();
  }

  /** Sends again what did not get through. */
  retry(): void {
    this.items.value = this.items.peek().map((item) => (mayRetry(item) ? { ...item, state: { is: "waiting" } } : item));
    this.#next();
  }

  /** Sends nothing more. What was taken in stays. */
  stop(): void {
    this.#controller.abort();
    this.#controller = new AbortController();
    this.items.value = this.items
      .peek()
      .map((item) =>
        item.state.is === "waiting" || item.state.is === "sending" ? { ...item, state: { is: "stopped" } } : item,
      );
  }

  /** Forgets the report. */
  clear(): void {
    this.stop();
    this.items.value = [];
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const item = this.items.peek().find(({ state }) => state.is === "waiting");
      if (!item) return;
      this.#running += 1;
      void this.#run(item).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  async #run(item: Upload): Promise<void> {
    const { signal } = this.#controller;
    const set = (state: UploadState) => {
      if (signal.aborted) return;
      this.items.value = this.items.peek().map((each) => (each.key === item.key ? { ...each, state } : each));
    };
    set({ is: "sending", part: 0 });
    try {
      const address = uploadAddress(this.#appointment, neutralName(item));
      const receipt = await this.#send(address, item.file, { onPart: (part) => set({ is: "sending", part }), signal });
      set({ is: "received", receipt });
      if (receipt.received > 0) this.onReceived();
    } catch (code) {
      set({ is: "failed", code: code as ProblemCode });
    }
  }
}

/** Names of files often hold names of patients, and an address ends up in logs: the gateway gets a number and the ending. */
export function neutralName({ key, name }: { key: number; name: string }): string {
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1];
  return `file-${key}${ending ? `.${ending.toLowerCase()}` : ""}`;
}

/** Another try may help: the network or the gateway failed, not the file. */
export function mayRetry({ state }: Upload): boolean {
  return (
    state.is === "stopped" ||
    (state.is === "failed" &&
      ["unavailable", "internal", "too_many", "storage_full", "sign_in_needed"].includes(state.code))
  );
}

/** All of a file has gone: now the gateway unpacks it and looks at it. */
export const isSent = (state: UploadState): boolean => state.is === "sending" && state.part >= 1;

export interface Report {
  total: number;
  done: number;
  /** 0 to 1, by bytes. */
  part: number;
  isRunning: boolean;
  /** All is sent, and the gateway is not done with it. */
  isUnpacking: boolean;
  received: number;
  ignored: number;
  refused: readonly { name: string; code: ProblemCode }[];
  isStopped: boolean;
  mayRetry: boolean;
}

const isGoing = (state: UploadState): boolean => state.is === "sending" && !isSent(state);

/** What became of all of them together. */
export function reportOf(items: readonly Upload[]): Report {
  const bytes = items.reduce((sum, { file }) => sum + file.size, 0);
  const refused: { name: string; code: ProblemCode }[] = [];
  let sent = 0;
  let received = 0;
  let ignored = 0;
  let done = 0;
  for (const { name, file, state } of items) {
    sent += state.is === "sending" ? state.part * file.size : state.is === "waiting" ? 0 : file.size;
    if (state.is === "waiting" || state.is === "sending") continue;
    done += 1;
    if (state.is === "failed") refused.push({ name, code: state.code });
    if (state.is !== "received") continue;
    received += state.receipt.received;
    ignored += state.receipt.ignored.length;
    refused.push(...state.receipt.refused.map((each) => ({ name: within(name, each.name), code: each.code })));
  }
  return {
    total: items.length,
    done,
    part: bytes === 0 ? (items.length === 0 ? 0 : done / items.length) : sent / bytes,
    isRunning: done < items.length,
    isUnpacking: done < items.length && items.every(({ state }) => state.is !== "waiting" && !isGoing(state)),
    received,
    ignored,
    refused,
    isStopped: items.some(({ state }) => state.is === "stopped"),
    mayRetry: items.some(mayRetry),
  };
}

/** What became of one file, of those that were sent and of those within an archive. */
export type FileLine = { name: string } & (
  | { is: "waiting" | "stopped" | "ignored" }
  | { is: "sending"; part: number }
  /** `count`: objects that were taken in. */
  | { is: "received"; count: number }
  /** `reason`: one English sentence; may be empty. */
  | { is: "refused"; code: ProblemCode; reason: string }
);

/** One line for each file, in the order in which they were chosen. */
export function linesOf(items: readonly Upload[]): FileLine[] {
  return items.flatMap(({ name, state }): FileLine[] => {
    switch (state.is) {
      case "received":
        return linesOfReceipt(name, state.receipt);
      case "failed":
        return [{ name, is: "refused", code: state.code, reason: "" }];
      case "sending":
        return [{ name, is: "sending", part: state.part }];
      default:
        return [{ name, is: state.is }];
    }
  });
}

function linesOfReceipt(name: string, { received, files, ignored, refused }: Receipt): FileLine[] {
  const lines: FileLine[] = [
    ...refused.map(
      (each): FileLine => ({ name: within(name, each.name), is: "refused", code: each.code, reason: each.reason }),
    ),
    ...ignored.map((each): FileLine => ({ name: within(name, each), is: "ignored" })),
  ];
  if (files.length > 1)
    lines.push(...files.map((each): FileLine => ({ name: within(name, each.name), is: "received", count: 1 })));
  else if (received > 0) return [{ name, is: "received", count: received }, ...lines];
  return lines.length > 0 ? lines : [{ name, is: "ignored" }];
}

/** Whom the files name, each patient once, with how many objects; those of somebody else first. */
export function patientsOf(items: readonly Upload[]): FoundPatient[] {
  const found = new Map<string, FoundPatient>();
  for (const { state } of items)
    for (const patient of state.is === "received" ? state.receipt.patients : []) {
      const key = `${patient.name}\n${patient.birthDate ?? ""}`;
      const known = found.get(key);
      found.set(key, known ? { ...known, objects: known.objects + patient.objects } : patient);
    }
  return [...found.values()].sort((a, b) => Number(b.isOtherPatient) - Number(a.isOtherPatient));
}

/** A file within an archive is named with it; a single file goes by the name that the person knows. */
function within(archive: string, name: string): string {
  return /\.zip$/i.test(archive) ? `${archive} › ${name}` : archive;
}
