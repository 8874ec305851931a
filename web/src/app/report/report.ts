import { type Signal, signal } from "@preact/signals";
import { ApiProblem } from "../../api";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { ProblemCode, ReportState, ReportVersion, ReportWords } from "../../protocol";
import { holdWhile } from "../parts/holding";
import { draftOf, leaveBehind, letGo, retryMs } from "../parts/unsaved";
import { letterOf } from "../summary/summary";
import { facts } from "../who";
import { codeOf } from "../words";
import { saveReport } from "./requests";

/** What is written is saved when nothing was changed for so long. */
const QUIET_MS = 1_000;

/** Whether what is on the page is what the gateway has. `stale`: somebody else wrote meanwhile. */
export type Keeping = "saved" | "changed" | "saving" | "failed" | "stale";

/** The sections that are written, in the order of the document. */
export const SECTIONS = ["reason", "findings", "act", "conclusions", "prescriptions", "followUp"] as const;
export type SectionName = (typeof SECTIONS)[number];

/** The draft that is on the page, saved as it is written. */
export class ReportDraft {
  readonly words: Signal<ReportWords>;
  readonly keeping: Signal<Keeping> = signal("saved");
  readonly problem: Signal<ProblemCode | undefined> = signal(undefined);
  /** A sign that the document cannot have, which is why it was not saved. */
  readonly letter: Signal<string | undefined> = signal(undefined);
  readonly report: string;
  revision: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<boolean> | undefined;
  #told: (state: ReportState) => void;
  #failures = 0;
  #isGivenUp: Signal<boolean> = signal(false);

  /** `told` hears what the gateway says after each saving: what it adds itself may have changed. */
  constructor(version: ReportVersion, told: (state: ReportState) => void) {
    this.report = version.report;
    this.revision = version.revision;
    this.words = signal(version.words);
    this.#told = told;
    holdWhile(() => this.keeping.value !== "saved" && !this.#isGivenUp.value, {
      what: "writing",
      settle: () => this.flush(),
      drop: () => this.#giveUp(),
    });
  }

  /** What was left unsaved of this version, or what the gateway has of it. */
  static of(version: ReportVersion, told: (state: ReportState) => void): ReportDraft {
    const draft = draftOf(keyOf(version.report), () => new ReportDraft(version, told));
    draft.#told = told;
    return draft;
  }

  get #key(): string {
    return keyOf(this.report);
  }

  write(words: Partial<ReportWords>): void {
    if (this.keeping.peek() === "stale") return;
    this.words.value = { ...this.words.peek(), ...words };
    this.keeping.value = "changed";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), QUIET_MS);
  }

  choose(image: string, isChosen: boolean): void {
    const others = this.words.peek().images.filter((each) => each !== image);
    this.write({ images: isChosen ? [...others, image] : others });
  }

  /** Saves what is not saved yet; whether all is. */
  async flush(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.#saving) await this.#saving;
    const keeping = this.keeping.peek();
    if (keeping === "saved") return true;
    if (keeping === "stale" || this.#isGivenUp.peek()) return false;
    this.#saving = this.#save();
    const isSaved = await this.#saving;
    // What was written in the meantime.
    return isSaved && this.keeping.peek() !== "saved" ? this.flush() : isSaved;
  }

  /** The page goes; what is written is not lost. */
  close(): void {
    if (this.keeping.peek() === "stale") this.#giveUp();
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

  async #save(): Promise<boolean> {
    this.keeping.value = "saving";
    this.problem.value = this.letter.value = undefined;
    try {
      const state = await saveReport(this.report, this.revision, this.words.peek());
      const now = state.versions.find(({ report }) => report === this.report);
      if (now) this.revision = now.revision;
      this.#failures = 0;
      if (this.keeping.peek() === "saving") {
        this.keeping.value = "saved";
        letGo(this.#key, this);
      }
      this.#told(state);
      return true;
    } catch (cause) {
      const code = codeOf(cause);
      this.problem.value = code;
      this.letter.value = cause instanceof ApiProblem ? letterOf(cause.message) : undefined;
      this.keeping.value = code === "stale" || code === "report_signed" ? "stale" : "failed";
      this.#failures += 1;
      if (code === "unavailable" && !this.#isGivenUp.peek())
        this.#timer = setTimeout(() => void this.flush(), retryMs(this.#failures));
      return false;
    } finally {
      this.#saving = undefined;
    }
  }
}

const keyOf = (report: string): string => `report ${report}`;

/** Day and time in words, where the hospital is. */
export function momentOf(at: string): string {
  const zone = facts.value?.timeZone ?? "UTC";
  return `${dayInWords(at, zone)}, ${timeOfDay(at, zone)}`;
}
