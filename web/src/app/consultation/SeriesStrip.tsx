import { useMemo } from "preact/hooks";
import { viewingOf } from "../../viewer/viewing";
import { t } from "../words";
import { kindInWords, SeriesPicture } from "./kinds";
import { isShowable, titleOf, useShow } from "./series";
import type { Visit } from "./visit";

/** Everything that can be shown, as small pictures in a strip that folds. */
export function SeriesStrip({ visit }: { visit: Visit }) {
  const { show, question } = useShow(visit);
  const studies = visit.studies.value ?? [];
  const refused = visit.cannotShow.value;
  const current = viewingOf(visit.wire).state.value?.shown?.series;
  // On a low screen the pictures need the height more; a tap unfolds it.
  const isHigh = useMemo(() => innerHeight >= 840, []);
  const showable = studies.flatMap((study) =>
    study.series.filter((series) => isShowable(series, refused)).map((series) => ({ study, series })),
  );
  if (showable.length === 0) return null;
  return (
    <details class="strip" open={isHigh}>
      <summary>{t("strip.title")}</summary>
      <ul>
        {showable.map(({ study, series }) => (
          <li key={series.series}>
            <button
              type="button"
              class={`strip-series${study.isOtherPatient ? " other" : ""}`}
              aria-pressed={current === series.series}
              onClick={() => show(study, series)}
            >
              <SeriesPicture series={series} width={88} height={66} />
              <span class="spoken">{t("strip.show", { title: "" })}</span>
              <span class="strip-title">{titleOf(series)}</span>
              {series.kind !== "image" && <span class="muted">{kindInWords(series)}</span>}
              {study.isOtherPatient && <span class="strip-other">{study.patientName}</span>}
            </button>
          </li>
        ))}
      </ul>
      {question}
    </details>
  );
}
