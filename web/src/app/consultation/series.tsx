import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { SeriesEntry, StudyEntry } from "../../protocol";
import { nameOf } from "../agenda/agenda";
import { Confirm } from "../parts/Dialog";
import { t } from "../words";
import type { Visit } from "./visit";

/** Whether the viewing can show it. */
export const isShowable = (series: SeriesEntry): boolean => series.kind === "image" && series.frames > 0;

/** "CT 3 Thorax": what a series is called in a list. */
export function titleOf(series: SeriesEntry): string {
  return [series.modality, series.number, series.description || t("series.unnamed")]
    .filter((part) => part !== undefined && part !== "")
    .join(" · ");
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
      else void visit.ask({ type: "share", series: series.series });
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
