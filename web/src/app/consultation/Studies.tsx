import files from "icon:file-plus";
import folder from "icon:folder-plus";
import alert from "icon:triangle-alert";
import { useEffect, useRef } from "preact/hooks";
import { dayInWords } from "../../i18n/time";
import type { SeriesEntry, StudyEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { viewingOf } from "../../viewer/viewing";
import { Fault } from "../parts/Dialog";
import { t } from "../words";
import { picked } from "./drop";
import { kindInWords, SeriesPicture } from "./kinds";
import { byPatient, isShowable, titleOf, useShow } from "./series";
import { UploadReport } from "./UploadReport";
import type { Visit } from "./visit";

/** Studies of the appointment by the name that they carry, and the way to add some. */
export function Studies({ visit }: { visit: Visit }) {
  const { show, question } = useShow(visit);
  const studies = visit.studies.value;
  return (
    <>
      <AddFiles visit={visit} />
      <UploadReport visit={visit} />
      {visit.studiesProblem.value && <Fault text={t("studies.failed")} onRetry={() => void visit.fetchStudies()} />}
      {studies === undefined && !visit.studiesProblem.value && <p class="muted">{t("app.loading")}</p>}
      {studies?.length === 0 && <p class="muted">{t("studies.empty")}</p>}
      {byPatient(studies ?? []).map(({ name, isOther, studies }) => (
        <section key={`${isOther}-${name}`} class="patient">
          <h2>{name ? t("studies.patient", { name }) : t("studies.noName")}</h2>
          {isOther && (
            <div class="notice warn">
              <Icon of={alert} />
              <p>{t("studies.other", { name })}</p>
            </div>
          )}
          {studies.map((study) => (
            <Study key={study.study} visit={visit} study={study} onShow={(series) => show(study, series)} />
          ))}
        </section>
      ))}
      {question}
    </>
  );
}

function AddFiles({ visit }: { visit: Visit }) {
  const filePicker = useRef<HTMLInputElement>(null);
  const folderPicker = useRef<HTMLInputElement>(null);
  useEffect(() => folderPicker.current?.setAttribute("webkitdirectory", ""), []);
  const take = (input: HTMLInputElement) => {
    visit.uploads.add(picked(input.files));
    input.value = "";
  };
  return (
    <section class="add-images" aria-label={t("studies.add")}>
      <p class="muted">{t("studies.drop")}</p>
      <div class="people-steps">
        <button type="button" class="button" onClick={() => filePicker.current?.click()}>
          <Icon of={files} />
          {t("studies.files")}
        </button>
        <button type="button" class="button" onClick={() => folderPicker.current?.click()}>
          <Icon of={folder} />
          {t("studies.folder")}
        </button>
      </div>
      <input ref={filePicker} type="file" multiple hidden onChange={(event) => take(event.currentTarget)} />
      <input ref={folderPicker} type="file" multiple hidden onChange={(event) => take(event.currentTarget)} />
    </section>
  );
}

function Study({ visit, study, onShow }: { visit: Visit; study: StudyEntry; onShow(series: SeriesEntry): void }) {
  const current = viewingOf(visit.wire).state.value?.shown?.series;
  const refused = visit.cannotShow.value;
  return (
    <section class="study">
      <h3>{study.description || t("studies.unnamed")}</h3>
      <p class="muted">
        {study.date ? dayInWords(`${study.date}T12:00:00Z`, "UTC") : t("studies.noDate")} {study.date?.slice(0, 4)}
      </p>
      <ul>
        {study.series.map((series) => (
          <li key={series.series} class="series">
            <SeriesPicture series={series} width={64} height={64} />
            <div>
              <p>{titleOf(series)}</p>
              <p class="muted">{kindInWords(series)}</p>
              {refused.has(series.series) && <p class="muted">{t("series.cannot")}</p>}
            </div>
            {current === series.series ? (
              <p class="series-shown">{t("series.shown")}</p>
            ) : (
              isShowable(series, refused) && (
                <button type="button" class="button" onClick={() => onShow(series)}>
                  {t("series.show")}
                  <span class="spoken"> {titleOf(series)}</span>
                </button>
              )
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
