import { effect, untracked, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { SeriesEntry, StudyEntry } from "../../protocol";
import { viewingOf } from "../../viewer/viewing";
import { t } from "../words";
import { useShow } from "./series";
import type { Visit } from "./visit";

interface Found {
  study: StudyEntry;
  series: SeriesEntry;
}

const find = (studies: readonly StudyEntry[], wanted: string): Found | undefined =>
  studies
    .flatMap((study) => study.series.map((series) => ({ study, series })))
    .find(({ series }) => series.series === wanted);

/** Opens a series for whoever has just come in, and for nobody else, once; and says so for as long as that is so. */
export function OpenAlone({ visit, series }: { visit: Visit; series: string }) {
  const { show, question } = useShow(visit);
  const viewing = viewingOf(visit.wire);
  const isTold = useSignal(false);
  const open = async (studies: readonly StudyEntry[]) => {
    const found = find(studies, series);
    if (!found) {
      visit.problem.value = "unknown_series";
      return;
    }
    // Who leads just now shows it to everybody by hand, or not at all.
    const isLeading = viewing.state.peek()?.presenter === visit.wire.welcome.peek()?.participant;
    if (isLeading || !(await visit.ask({ type: "follow", isFollowing: false }))) return;
    isTold.value = true;
    show(found.study, found.series);
  };
  useEffect(() => {
    let isDone = false;
    return effect(() => {
      const studies = visit.studies.value;
      if (isDone || studies === undefined || !visit.call.isInCall.value || visit.wire.state.value !== "open") return;
      isDone = true;
      untracked(() => void open(studies));
    });
  }, [visit, series]);
  return (
    <>
      <div role="status">
        {isTold.value && viewing.isOwn.value && (
          <div class="notice info">
            <p>{t("visit.alone")}</p>
            <button
              type="button"
              class="button"
              onClick={() => {
                isTold.value = false;
              }}
            >
              {t("visit.aloneUnderstood")}
            </button>
          </div>
        )}
      </div>
      {question}
    </>
  );
}
