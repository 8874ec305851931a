import { useMemo } from "preact/hooks";
import { locale } from "../../i18n";
import { activeOf, viewingOf } from "../../viewer/viewing";
import { t } from "../words";
import { kindInWords, SeriesPicture } from "./kinds";
import { isShowable, titleOf, useShow } from "./series";
import type { Visit } from "./visit";

/** Everything that can be shown, as small pictures in a strip that folds. */
export function SeriesStrip({ visit }: { visit: Visit }) {
  const { show, question } = useShow(visit);
  const studies = visit.studies.value ?? [];
  const refused = visit.cannotShow.value;
  const current = activeOf(viewingOf(visit.wire).seen.value)?.series;
  // On a low screen the pictures need the height more; a tap unfolds it.
  const isHigh = useMemo(() => innerHeight >= 840, []);
  // The older ones behind.
  const sorted = [...studies].sort((a, b) => Number(a.isPrior) - Number(b.isPrior));
  const showable = sorted.flatMap((study) =>
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
              {study.isPrior && study.date && <span class="muted">{priorInWords(study.date)}</span>}
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

/** "antérieur, 03/2025": a prior has a date. */
function priorInWords(date: string): string {
  const month = new Intl.DateTimeFormat(locale.value, { month: "2-digit", year: "numeric", timeZone: "UTC" });
  return t("strip.prior", { month: month.format(new Date(`${date}T12:00:00Z`)) });
}
