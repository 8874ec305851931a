import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { SeriesEntry, StudyEntry } from "../../protocol";
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

/** Studies that carry one name. */
export interface PatientStudies {
  name: string;
  /** Somebody else than the patient of the appointment. */
  isOther: boolean;
  studies: StudyEntry[];
}

/** By the name that the objects carry: the patient of the appointment first, everything else in the order in which it comes. */
export function byPatient(studies: readonly StudyEntry[]): PatientStudies[] {
  const groups: PatientStudies[] = [];
  for (const study of studies) {
    const group = groups.find((each) => each.name === study.patientName && each.isOther === study.isOtherPatient);
    if (group) group.studies.push(study);
    else groups.push({ name: study.patientName, isOther: study.isOtherPatient, studies: [study] });
  }
  return groups.sort((a, b) => Number(a.isOther) - Number(b.isOther));
}

/** Shows a series to everybody; one that carries another name only after a question. */
export function useShow(visit: Visit): {
  show(study: StudyEntry, series: SeriesEntry): void;
  question: ComponentChildren;
} {
  const asked = useSignal<{ study: StudyEntry; series: SeriesEntry } | undefined>(undefined);
  const entry = visit.entry.value;
  return {
    show: (study, series) => {
      if (study.isOtherPatient) asked.value = { study, series };
      else void visit.share(series.series);
    },
    question: asked.value && (
      <Confirm
        title={t("studies.otherQuestion")}
        meaning={t("studies.otherMeaning", {
          name: asked.value.study.patientName,
          patient: entry ? nameOf(entry) : "",
        })}
        confirm={t("studies.otherConfirm")}
        keep={t("studies.otherCancel")}
        onConfirm={() => visit.wire.request({ type: "share", series: asked.value?.series.series ?? "" })}
        onClose={() => {
          asked.value = undefined;
        }}
      />
    ),
  };
}
