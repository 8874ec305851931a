import { stopwatch } from "../../i18n/time";
import type { AppointmentEntry, Me, StepEntry, StepViewport, StudyEntry } from "../../protocol";
import { titleOf } from "../consultation/series";
import { mayConsult } from "../who";
import { t } from "./words";

/** Whether there may be something to read. Whether this person may is the gateway's to say. */
export const hasRecord = (entry: AppointmentEntry, me: Me | null | undefined): boolean =>
  (entry.status === "arrived" || entry.status === "fulfilled") && !!me && mayConsult(me);

/** Hours, minutes and seconds in the hospital's time zone: "14:30:05". */
export function clockOf(instant: string, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone }).format(new Date(instant));
}

/** How long a step was shown: "00:04", or until the end. Nothing for a step that shows nothing. */
export function lengthOf(step: StepEntry): string {
  if (step.viewports.length === 0) return "";
  return step.untilMs === undefined ? t("toTheEnd") : t("lasted", { time: stopwatch(step.untilMs) });
}

/** The names behind identifiers. */
export class Names {
  readonly #people: Map<string, string>;
  readonly #series = new Map<string, string>();

  constructor(entry: AppointmentEntry, studies: readonly StudyEntry[]) {
    this.#people = new Map(entry.participants.map((person) => [person.participant, person.name]));
    for (const study of studies) for (const series of study.series) this.#series.set(series.series, titleOf(series));
  }

  person(participant: string): string {
    return this.#people.get(participant) ?? t("somebody");
  }

  people(participants: readonly string[]): string {
    return participants.map((participant) => this.person(participant)).join(", ");
  }

  /** What a viewport showed, in words. */
  view({ viewport, series, index, isPicture }: StepViewport): string {
    const title = this.#series.get(series) ?? t("aSeries");
    const view = viewport + 1;
    return isPicture ? t("picture", { view, title, n: index + 1 }) : t("noPicture", { view, title });
  }
}

/** Who had a step on the screen: exactly, or not quite; and who had not. */
export function sightsOf(step: StepEntry): { sharp: string[]; coarse: string[]; missed: string[] } {
  const of = (isLossless: boolean) =>
    step.seenBy.filter((sight) => sight.isLossless === isLossless).map((sight) => sight.participant);
  return { sharp: of(true), coarse: of(false), missed: step.missedBy };
}

/** Nothing tells whether a text was read, or a sound heard. */
export const isUnknown = (step: StepEntry): boolean =>
  step.viewports.length > 0 && step.viewports.every((viewport) => !viewport.isPicture);

/** The steps that this person had on the screen; all of them for nobody in particular. */
export const stepsOf = (steps: readonly StepEntry[], participant: string): readonly StepEntry[] =>
  participant === "" ? steps : steps.filter((step) => step.seenBy.some((sight) => sight.participant === participant));
