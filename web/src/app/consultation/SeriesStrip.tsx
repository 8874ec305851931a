import { useMemo } from "preact/hooks";
import { viewingOf } from "../../viewer/viewing";
import { thumbnailOf } from "../requests";
import { t } from "../words";
import { isShowable, titleOf, useShow } from "./series";
import type { Visit } from "./visit";

/** Everything that can be shown, as small pictures in a strip that folds. */
export function SeriesStrip({ visit }: { visit: Visit }) {
  const { show, question } = useShow(visit);
  const studies = visit.studies.value ?? [];
  const current = viewingOf(visit.wire).state.value?.shown?.series;
  // On a low screen the pictures need the height more; a tap unfolds it.
  const isHigh = useMemo(() => innerHeight >= 840, []);
  if (!studies.some((study) => study.series.some(isShowable))) return null;
  return (
    <details class="strip" open={isHigh}>
      <summary>{t("strip.title")}</summary>
      <ul>
        {studies.flatMap((study) =>
          study.series.filter(isShowable).map((series) => (
            <li key={series.series}>
              <button
                type="button"
                class={`strip-series${study.isOtherPatient ? " other" : ""}`}
                aria-pressed={current === series.series}
                onClick={() => show(study, series)}
              >
                <img src={thumbnailOf(series.series)} alt="" width={88} height={66} loading="lazy" />
                <span class="spoken">{t("strip.show", { title: "" })}</span>
                <span class="strip-title">{titleOf(series)}</span>
                {study.isOtherPatient && <span class="strip-other">{study.patientName}</span>}
              </button>
            </li>
          )),
        )}
      </ul>
      {question}
    </details>
  );
}
