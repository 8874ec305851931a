import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { FetchEntry, PacsAnswer, PacsState, PacsStudy, ProblemCode } from "../../protocol";
import { codeOf } from "../words";
import { t } from "./pacs.words";
import { fetchStudy, pacsOf, stopFetch } from "./requests";

/** How often a fetch that runs is looked at. */
const LOOK_MS = 1000;
/** So many looks in a row get lost before anybody is told. */
const MISSES = 3;
/** Below that, nobody is told that nothing comes. */
const QUIET_S = 5;

/** The archives of one appointment, and what is fetched from there: looked at while something runs. */
export class Archives {
  readonly state: Signal<PacsState | undefined> = signal(undefined);
  /** Why what was asked for was not done, or why nothing is known of the archives any more. */
  readonly problem: ReadonlySignal<ProblemCode | undefined>;
  readonly fetches: ReadonlySignal<readonly FetchEntry[]>;
  #appointment: string;
  #onReceived: () => void;
  #refused: Signal<ProblemCode | undefined> = signal(undefined);
  #away: Signal<ProblemCode | undefined> = signal(undefined);
  #misses = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(appointment: string, onReceived: () => void) {
    this.#appointment = appointment;
    this.#onReceived = onReceived;
    this.problem = computed(() => this.#refused.value ?? this.#away.value);
    this.fetches = computed(() => this.state.value?.fetches ?? []);
  }

  /** Looks now, and again while something is under way. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    const before = received(this.fetches.peek());
    try {
      this.state.value = await pacsOf(this.#appointment);
      this.#misses = 0;
      this.#away.value = undefined;
    } catch (cause) {
      // While something runs it is asked again, and one look that got lost says nothing of the fetch.
      const code = codeOf(cause);
      this.#misses += 1;
      if (this.#misses >= MISSES || !this.fetches.peek().some(isRunning)) this.#away.value = code;
    }
    if (received(this.fetches.peek()) !== before) this.#onReceived();
    if (!this.#isClosed && this.fetches.peek().some(isRunning)) {
      this.#timer = setTimeout(() => void this.look(), LOOK_MS);
    }
  }

  async fetch(pacs: string, study: string): Promise<void> {
    await this.#ask(() => fetchStudy(this.#appointment, { pacs, study }));
  }

  /** Stops one that runs, or forgets one that has ended. */
  async stop(fetch: string): Promise<void> {
    await this.#ask(() => stopFetch(this.#appointment, fetch));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #ask(what: () => Promise<unknown>): Promise<void> {
    this.#refused.value = undefined;
    try {
      await what();
    } catch (cause) {
      this.#refused.value = codeOf(cause);
    }
    await this.look();
  }
}

const received = (fetches: readonly FetchEntry[]): number => fetches.reduce((sum, one) => sum + one.received, 0);

export const isRunning = ({ state }: FetchEntry): boolean => state === "running";

/** The part that is here, 0 to 1; undefined while the archive has not counted. */
export function partOf({ total, received, refusedCount }: FetchEntry): number | undefined {
  return total ? Math.min(1, (received + refusedCount) / total) : undefined;
}

/** How far it is, or how it ended, in a sentence. */
export function stateInWords(fetch: FetchEntry): string {
  const { state, received, total, fault, about } = fetch;
  switch (state) {
    case "running":
      return total ? t("progress", { n: received, total }) : t.count("progressOpen", received);
    case "done":
      return t.count("state.done", received);
    case "stopped":
      return t.count("state.stopped", received);
    case "failed":
      return t("state.failed", { why: fault ? t(`fault.${fault}`, { about }) : t("fault.cut") });
    default:
      return t(`state.${state}`);
  }
}

/** Nothing comes, and it is time to say so. */
export const quietInWords = ({ state, quietS }: FetchEntry): string =>
  state === "running" && quietS >= QUIET_S ? t("quiet", { n: quietS }) : "";

/** What is already here of a study. */
export function hereInWords({ here, instances }: PacsStudy): string {
  if (here === 0) return "";
  return instances && here < instances ? t("hereSome", { n: here, total: instances }) : t("here");
}

/** Whether there is something to fetch. */
export const isMissing = ({ here, instances }: PacsStudy): boolean => here === 0 || (instances ?? here) > here;

/** Why an archive told nothing; empty: it did. */
export const faultOf = ({ fault, about }: PacsAnswer): string => (fault ? t(`fault.${fault}`, { about }) : "");
