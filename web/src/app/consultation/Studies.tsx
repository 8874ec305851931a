import files from "icon:file-plus";
import folder from "icon:folder-plus";
import alert from "icon:triangle-alert";
import { useEffect, useRef } from "preact/hooks";
import { dayInWords } from "../../i18n/time";
import type { SeriesEntry, StudyEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { viewingOf } from "../../viewer/viewing";
import { Fault } from "../parts/Dialog";
import { thumbnailOf } from "../requests";
import { sentenceOf, t } from "../words";
import { picked } from "./drop";
import { isShowable, titleOf, useShow } from "./series";
import { reportOf, type Upload } from "./uploads";
import type { Visit } from "./visit";

/** How many rows of a report are shown; a disc has hundreds of files. */
const ROWS = 60;

/** Studies of the appointment, and the way to add some. */
export function Studies({ visit }: { visit: Visit }) {
  const { show, question } = useShow(visit);
  const studies = visit.studies.value;
  return (
    <>
      <AddImages visit={visit} />
      <UploadReport visit={visit} />
      {visit.studiesProblem.value && <Fault text={t("studies.failed")} onRetry={() => void visit.fetchStudies()} />}
      {studies === undefined && !visit.studiesProblem.value && <p class="muted">{t("app.loading")}</p>}
      {studies?.length === 0 && <p class="muted">{t("studies.empty")}</p>}
      {studies?.map((study) => (
        <Study key={study.study} visit={visit} study={study} onShow={(series) => show(study, series)} />
      ))}
      {question}
    </>
  );
}

function AddImages({ visit }: { visit: Visit }) {
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

function UploadReport({ visit }: { visit: Visit }) {
  const { uploads } = visit;
  const items = uploads.items.value;
  const section = useRef<HTMLElement>(null);
  const isThere = items.length > 0;
  useEffect(() => {
    if (isThere) section.current?.scrollIntoView({ block: "nearest" });
  }, [isThere]);
  if (!isThere) return null;
  const report = reportOf(items);
  return (
    <section ref={section} class="report" aria-label={t("upload.title")}>
      {report.isRunning ? (
        <>
          <p class="tabular">
            {t("upload.progress", { done: report.done, total: report.total })} ·{" "}
            {t("upload.percent", { percent: Math.floor(report.part * 100) })}
          </p>
          <progress max={1} value={report.part} aria-label={t("upload.title")} />
        </>
      ) : (
        <p role="status">
          {report.received > 0 ? t.count("upload.done", report.received) : t("upload.none")}
          {report.ignored > 0 && ` ${t.count("upload.ignored", report.ignored)}`}
          {report.isStopped && ` ${t("upload.stopped")}`}
        </p>
      )}
      {report.refused.length > 0 && (
        <div class="notice warn">
          <Icon of={alert} />
          <div>
            <p>{t.count("upload.refused", report.refused.length)}</p>
            <ul>
              {report.refused.slice(0, ROWS).map(({ name, code }, index) => (
                <li key={`${index}-${name}`}>
                  <strong>{name}</strong> {sentenceOf(code)}
                </li>
              ))}
            </ul>
            {report.refused.length > ROWS && <p>{t("upload.more", { n: report.refused.length - ROWS })}</p>}
          </div>
        </div>
      )}
      {items.length > 1 && (
        <details>
          <summary>{t("upload.details")}</summary>
          <ul class="report-files">
            {items.slice(0, ROWS).map((item) => (
              <li key={item.key}>
                <span>{item.name}</span> <span class="muted">{stateWords(item)}</span>
              </li>
            ))}
          </ul>
          {items.length > ROWS && <p class="muted">{t("upload.more", { n: items.length - ROWS })}</p>}
        </details>
      )}
      <div class="people-steps">
        {report.isRunning ? (
          <button type="button" class="button" onClick={() => uploads.stop()}>
            {t("upload.stop")}
          </button>
        ) : (
          <>
            {report.mayRetry && (
              <button type="button" class="button" onClick={() => uploads.retry()}>
                {t("upload.retry")}
              </button>
            )}
            <button type="button" class="button" onClick={() => uploads.clear()}>
              {t("upload.hide")}
            </button>
          </>
        )}
      </div>
    </section>
  );
}

function stateWords({ state }: Upload): string {
  switch (state.is) {
    case "waiting":
      return t("upload.fileWaiting");
    case "sending":
      return t("upload.percent", { percent: Math.floor(state.part * 100) });
    case "stopped":
      return t("upload.stopped");
    case "failed":
      return sentenceOf(state.code);
    case "received": {
      const [refused] = state.receipt.refused;
      if (refused) return sentenceOf(refused.code);
      return state.receipt.received > 0 ? t("upload.fileReceived") : t("upload.fileIgnored");
    }
  }
}

function Study({ visit, study, onShow }: { visit: Visit; study: StudyEntry; onShow(series: SeriesEntry): void }) {
  const current = viewingOf(visit.wire).state.value?.shown?.series;
  return (
    <section class="study">
      <h2>{study.description || t("studies.unnamed")}</h2>
      <p class="muted">
        {study.date ? dayInWords(`${study.date}T12:00:00Z`, "UTC") : t("studies.noDate")} {study.date?.slice(0, 4)}
        <br />
        {t("studies.nameInObjects", { name: study.patientName })}
      </p>
      {study.isOtherPatient && (
        <div class="notice warn">
          <Icon of={alert} />
          <p>{t("studies.other", { name: study.patientName })}</p>
        </div>
      )}
      <ul>
        {study.series.map((series) => (
          <li key={series.series} class="series">
            {isShowable(series) ? (
              <img src={thumbnailOf(series.series)} alt="" width={64} height={64} loading="lazy" />
            ) : (
              <span class="series-none" aria-hidden="true" />
            )}
            <div>
              <p>{titleOf(series)}</p>
              <p class="muted">
                {isShowable(series)
                  ? t.count("series.frames", series.frames)
                  : series.kind === "image"
                    ? t("kind.noFrames")
                    : t(`kind.${series.kind}`)}
              </p>
            </div>
            {isShowable(series) &&
              (current === series.series ? (
                <p class="series-shown">{t("series.shown")}</p>
              ) : (
                <button type="button" class="button" onClick={() => onShow(series)}>
                  {t("series.show")}
                  <span class="spoken"> {titleOf(series)}</span>
                </button>
              ))}
          </li>
        ))}
      </ul>
    </section>
  );
}
