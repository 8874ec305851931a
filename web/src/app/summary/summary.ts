import { type Signal, signal } from "@preact/signals";
import { ApiProblem } from "../../api";
import type { KeyImageEntry, LanguageWord, ProblemCode } from "../../protocol";
import { holdWhile } from "../parts/holding";
import { draftOf, leaveBehind, letGo, retryMs } from "../parts/unsaved";
import { saveSummary, summaryOf } from "../requests";
import { codeOf } from "../words";

/** As much as a summary takes. */
export const MAX_SENTENCES = 60;
export const MAX_SENTENCE = 2_000;
export const MAX_IMAGES = 60;

/** What is written is saved when nothing was changed for so long. */
const QUIET_MS = 1_000;

/** What is known of a key image here. */
export type SummaryImage = Pick<KeyImageEntry, "image" | "title" | "index" | "caption">;

/** Whether what is on the page is what the gateway has. */
export type Keeping = "saved" | "changed" | "saving" | "failed";

/** One paragraph for each line that is not empty. */
export const sentencesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** Why the gateway would not take it. */
export function faultOf(text: string): { what: "tooMany" } | { what: "tooLong"; line: number } | undefined {
  const sentences = sentencesOf(text);
  if (sentences.length > MAX_SENTENCES) return { what: "tooMany" };
  // As the gateway counts: by characters, not by the units of JavaScript.
  const long = sentences.findIndex((sentence) => [...sentence].length > MAX_SENTENCE);
  return long < 0 ? undefined : { what: "tooLong", line: long + 1 };
}

/** The sign that the fonts of the document do not have, if that is what the gateway says. */
export function letterOf(detail: string): string | undefined {
  const point = /no letter for .*\(U\+([0-9A-F]{4,6})\)/.exec(detail)?.[1];
  return point === undefined ? undefined : String.fromCodePoint(Number.parseInt(point, 16));
}

const keyOf = (appointment: string, language: LanguageWord): string => `summary ${language} ${appointment}`;

/** The summary that is on the page, saved as it is written. */
export class Draft {
  readonly text: Signal<string> = signal("");
  readonly images: Signal<readonly string[]> = signal([]);
  /** What was written before has been fetched, so that writing on loses nothing. */
  readonly isOpen: Signal<boolean> = signal(false);
  readonly keeping: Signal<Keeping> = signal("saved");
  readonly problem: Signal<ProblemCode | undefined> = signal(undefined);
  /** A sign that the document cannot have, which is why it was not saved. */
  readonly letter: Signal<string | undefined> = signal(undefined);
  readonly appointment: string;
  readonly language: LanguageWord;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<boolean> | undefined;
  #isClosed = false;
  #failures = 0;
  #isGivenUp: Signal<boolean> = signal(false);

  constructor(appointment: string, language: LanguageWord) {
    this.appointment = appointment;
    this.language = language;
    holdWhile(() => this.keeping.value !== "saved" && !this.#isGivenUp.value, {
      what: "writing",
      settle: () => this.flush(),
      drop: () => this.#giveUp(),
    });
  }

  /** What was left unsaved, or what the gateway has. */
  static of(appointment: string, language: LanguageWord): Draft {
    const draft = draftOf(keyOf(appointment, language), () => new Draft(appointment, language));
    draft.#isClosed = false;
    return draft;
  }

  get #key(): string {
    return keyOf(this.appointment, this.language);
  }

  /** Fetches what was written before. */
  async open(): Promise<void> {
    if (this.isOpen.peek()) return;
    this.problem.value = undefined;
    try {
      const { texts } = await summaryOf(this.appointment);
      if (this.#isClosed) return;
      const text = texts.find(({ language }) => language === this.language);
      this.text.value = text?.sentences.join("\n") ?? "";
      this.images.value = text?.images ?? [];
      this.isOpen.value = true;
    } catch (cause) {
      this.problem.value = codeOf(cause);
    }
  }

  write(text: string): void {
    this.text.value = text;
    this.#change();
  }

  choose(image: string, isChosen: boolean): void {
    const others = this.images.peek().filter((each) => each !== image);
    this.images.value = isChosen ? [...others, image] : others;
    this.#change();
  }

  /** Lets go of images that are kept no longer: the gateway would not take them. */
  prune(kept: ReadonlySet<string>): void {
    const images = this.images.peek();
    if (images.every((image) => kept.has(image))) return;
    this.images.value = images.filter((image) => kept.has(image));
    this.#change();
  }

  /** Moves an image by one place towards the beginning (-1) or the end (1). */
  move(image: string, by: -1 | 1): void {
    const images = [...this.images.peek()];
    const from = images.indexOf(image);
    const to = from + by;
    if (from < 0 || to < 0 || to >= images.length) return;
    images.splice(to, 0, ...images.splice(from, 1));
    this.images.value = images;
    this.#change();
  }

  /** Saves what is not saved yet; whether all is. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.#saving) await this.#saving;
    if (this.keeping.peek() === "saved") return true;
    if (faultOf(this.text.peek()) || this.#isGivenUp.peek()) return false;
    this.#saving = this.#save();
    const isSaved = await this.#saving;
    // What was written in the meantime.
    return isSaved && this.keeping.peek() === "changed" ? this.flush() : isSaved;
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

  #change(): void {
    this.keeping.value = "changed";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), QUIET_MS);
  }

  async #save(): Promise<boolean> {
    this.keeping.value = "saving";
    this.problem.value = this.letter.value = undefined;
    const body = { language: this.language, sentences: sentencesOf(this.text.peek()), images: [...this.images.peek()] };
    try {
      await saveSummary(this.appointment, body);
      this.#failures = 0;
      if (this.keeping.peek() === "saving") {
        this.keeping.value = "saved";
        letGo(this.#key, this);
      }
      return true;
    } catch (cause) {
      const code = codeOf(cause);
      this.problem.value = code;
      this.letter.value = cause instanceof ApiProblem ? letterOf(cause.message) : undefined;
      this.keeping.value = "failed";
      this.#failures += 1;
      if (code === "unavailable" && !this.#isGivenUp.peek())
        this.#timer = setTimeout(() => void this.flush(), retryMs(this.#failures));
      return false;
    } finally {
      this.#saving = undefined;
    }
  }
}
