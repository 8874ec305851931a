import { type Signal, signal } from "@preact/signals";
import type { NoteEntry, ProblemCode } from "../../protocol";
import { holdWhile } from "../parts/holding";
import { draftOf, leaveBehind, letGo, retryMs } from "../parts/unsaved";
import { codeOf } from "../words";
import type { Keeping } from "./report";
import { notesOf, saveNote } from "./requests";

const QUIET_MS = 1_000;

const keyOf = (appointment: string): string => `notes ${appointment}`;

/** The own notes of one consultation, saved as they are written, and those of others to read. */
export class Notes {
  readonly text: Signal<string> = signal("");
  /** What was noted before has been fetched, so that writing on loses nothing. */
  readonly isOpen: Signal<boolean> = signal(false);
  readonly keeping: Signal<Keeping> = signal("saved");
  readonly problem: Signal<ProblemCode | undefined> = signal(undefined);
  readonly others: Signal<readonly NoteEntry[]> = signal([]);
  /** What another window of this person wrote, where both wrote. */
  readonly theirs: Signal<NoteEntry | undefined> = signal(undefined);
  readonly appointment: string;
  #version = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<boolean> | undefined;
  #isClosed = false;
  #failures = 0;
  #isGivenUp: Signal<boolean> = signal(false);

  constructor(appointment: string) {
    this.appointment = appointment;
    holdWhile(() => this.keeping.value !== "saved" && !this.#isGivenUp.value, {
      what: "writing",
      settle: () => this.flush(),
      drop: () => this.#giveUp(),
    });
  }

  /** What was left unsaved, or what the gateway has. */
  static of(appointment: string): Notes {
    const notes = draftOf(keyOf(appointment), () => new Notes(appointment));
    notes.#isClosed = false;
    return notes;
  }

  get #key(): string {
    return keyOf(this.appointment);
  }

  async open(): Promise<void> {
    this.problem.value = undefined;
    try {
      const own = await this.#fetch();
      if (this.#isClosed || this.isOpen.peek()) return;
      this.text.value = own?.text ?? "";
      this.#version = own?.version ?? 0;
      this.isOpen.value = true;
    } catch (cause) {
      this.problem.value = codeOf(cause);
    }
  }

  write(text: string): void {
    this.text.value = text;
    if (this.keeping.peek() === "stale") return;
    this.keeping.value = "changed";
    this.#later(QUIET_MS);
  }

  /** Two windows wrote: this one counts, or the other. */
  settle(isMine: boolean): void {
    const theirs = this.theirs.peek();
    if (!theirs) return;
    this.#version = theirs.version;
    this.theirs.value = undefined;
    if (!isMine) this.text.value = theirs.text;
    this.keeping.value = isMine ? "changed" : "saved";
    if (!isMine) letGo(this.#key, this);
    if (isMine) void this.flush();
  }

  /** Saves what is not saved yet; whether all is. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.#saving) await this.#saving;
    const keeping = this.keeping.peek();
    if (keeping === "saved" || !this.isOpen.peek()) return true;
    if (keeping === "stale" || this.#isGivenUp.peek()) return false;
    this.#saving = this.#save();
    const isSaved = await this.#saving;
    return isSaved && this.keeping.peek() !== "saved" ? this.flush() : isSaved;
  }

  /** The page goes; what is written is not lost. */
  close(): void {
    this.#isClosed = true;
    if (this.keeping.peek() === "saved" || this.#isGivenUp.peek()) return;
    leaveBehind(this.#key, this);
    void this.flush();
  }

  /** The person goes without what is not saved. */
  #giveUp(): void {
    this.#isGivenUp.value = true;
    clearTimeout(this.#timer);
    letGo(this.#key, this);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), ms);
  }

  async #fetch(): Promise<NoteEntry | undefined> {
    const notes = await notesOf(this.appointment);
    this.others.value = notes.filter(({ isOwn, text }) => !isOwn && text.trim() !== "");
    return notes.find(({ isOwn }) => isOwn);
  }

  async #save(): Promise<boolean> {
    this.keeping.value = "saving";
    this.problem.value = undefined;
    try {
      this.#version = (await saveNote(this.appointment, this.text.peek(), this.#version)).version;
      this.#failures = 0;
      if (this.keeping.peek() === "saving") {
        this.keeping.value = "saved";
        letGo(this.#key, this);
      }
      return true;
    } catch (cause) {
      const code = codeOf(cause);
      this.problem.value = code;
      if (code === "stale") {
        await this.#meet();
        return this.keeping.peek() === "saved";
      }
      this.keeping.value = "failed";
      this.#failures += 1;
      if (code === "unavailable" && !this.#isGivenUp.peek()) this.#later(retryMs(this.#failures));
      return false;
    } finally {
      this.#saving = undefined;
    }
  }

  /** Another window wrote first: where it wrote the same there is nothing to ask. */
  async #meet(): Promise<void> {
    this.keeping.value = "stale";
    try {
      const own = await this.#fetch();
      if (own && own.text !== this.text.peek()) {
        this.theirs.value = own;
        return;
      }
      this.#version = own?.version ?? 0;
      this.keeping.value = own ? "saved" : "changed";
      if (own) letGo(this.#key, this);
    } catch {
      this.keeping.value = "failed";
      this.#failures += 1;
      if (!this.#isGivenUp.peek()) this.#later(retryMs(this.#failures));
    }
  }
}
