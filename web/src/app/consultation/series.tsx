import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { locale } from "../../i18n";
import { timeOfDay } from "../../i18n/time";
import type { SeriesEntry, StudyEntry } from "../../protocol";
import { viewingOf } from "../../viewer/viewing";
import { nameOf } from "../agenda/agenda";
import { Confirm } from "../parts/Dialog";
import { t } from "../words";
import type { Visit } from "./visit";

/** Whether it is worth asking the gateway to show it: everything is, but pictures without a frame and what it has refused. */
export const isShowable = (series: SeriesEntry, refused: ReadonlySet<string>): boolean =>
  !((series.kind === "image" || series.kind === "video") && series.frames === 0) && !refused.has(series.series);

/** "CT 3 Thorax": what a series is called in a list. */
export function titleOf(series: SeriesEntry): string {
  return [series.modality, series.number, series.description || t("series.unnamed")]
    .filter((part) => part !== undefined && part !== "")
    .join(" · ");
}

/** "acquis à 9 h 41": when a series was acquired, by the clock of its device, which has no zone; with the day if the study has another. */
export function acquiredInWords(series: SeriesEntry, study: StudyEntry): string | undefined {
  const at = series.acquiredAt;
  if (at === undefined || Number.isNaN(Date.parse(`${at}Z`))) return undefined;
  const time = timeOfDay(`${at}Z`, "UTC");
  if (at.slice(0, 10) === study.date) return t("series.acquiredAt", { time });
  const tag = locale.value === "fr" ? "fr-FR" : "en-GB";
  const day = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(`${at}Z`));
  return t("series.acquired", { day, time });
}

/** Whether it is worth laying it beside what is shown: it has pictures. */
export const isComparable = (series: SeriesEntry): boolean =>
  (series.kind === "image" || series.kind === "video") && series.frames > 0;

/** Studies that carry one name. */
export interface PatientStudies {
  name: string;
  /** Somebody else than the patient of the appointment. */
  isOther: boolean;
  studies: StudyEntry[];
  /** Older ones, the newest first. */
  priors: StudyEntry[];
}

/** By the name that the objects carry: the patient of the appointment first, everything else in the order in which it comes. */
export function byPatient(studies: readonly StudyEntry[]): PatientStudies[] {
  const groups: PatientStudies[] = [];
  for (const study of studies) {
    const group = groups.find((each) => each.name === study.patientName && each.isOther === study.isOtherPatient);
    const { studies, priors } = group ?? { studies: [], priors: [] };
    (study.isPrior ? priors : studies).push(study);
    if (!group) groups.push({ name: study.patientName, isOther: study.isOtherPatient, studies, priors });
  }
  for (const { priors } of groups) priors.sort((a, b) => (b.date ?? "").localeCompare(a.date ?? ""));
  return groups.sort((a, b) => Number(a.isOther) - Number(b.isOther));
}

/** What of a study is shown or laid beside what is shown, after a question where it carries another name. */
interface Wish {
  study: StudyEntry;
  series: SeriesEntry;
  isBeside: boolean;
}

/** Shows a series to everybody, or beside what is shown; one that carries another name only after a question. */
export function useShow(visit: Visit): {
  show(study: StudyEntry, series: SeriesEntry): void;
  compare(study: StudyEntry, series: SeriesEntry): void;
  question: ComponentChildren;
} {
  const asked = useSignal<Wish | undefined>(undefined);
  const entry = visit.entry.value;
  const carryOut = (wish: Wish) => {
    if (wish.study.isOtherPatient) asked.value = wish;
    else void visit.share(wish.series.series, wish.isBeside);
  };
  return {
    show: (study, series) => carryOut({ study, series, isBeside: false }),
    compare: (study, series) => carryOut({ study, series, isBeside: true }),
    question: asked.value && (
      <Confirm
        title={t("studies.otherQuestion")}
        meaning={t(viewingOf(visit.wire).isOwn.value ? "studies.otherMeaningAlone" : "studies.otherMeaning", {
          name: asked.value.study.patientName,
          patient: entry ? nameOf(entry) : "",
        })}
        confirm={t("studies.otherConfirm")}
        keep={t("studies.otherCancel")}
        onConfirm={async () => {
          const wish = asked.value;
          if (wish) await visit.show({ series: wish.series.series, isBeside: wish.isBeside, isOtherPatient: true });
        }}
        onClose={() => {
          asked.value = undefined;
        }}
      />
    ),
  };
}
