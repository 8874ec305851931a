import beside from "icon:columns-2";
import files from "icon:file-plus";
import folder from "icon:folder-plus";
import history from "icon:rotate-ccw-clock";
import alert from "icon:triangle-alert";
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { sizeOf } from "../../call/parts/size";
import { dayInWords } from "../../i18n/time";
import type { SeriesEntry, StudyEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { activeOf, viewingOf } from "../../viewer/viewing";
import { isRunning } from "../pacs/archives";
import { FetchReport } from "../pacs/FetchReport";
import { FromPacs } from "../pacs/FromPacs";
import { Confirm, Fault } from "../parts/Dialog";
import { withdrawStudy } from "../requests";
import { t } from "../words";
import { picked } from "./drop";
import { kindInWords, SeriesPicture } from "./kinds";
import { acquiredInWords, byPatient, isComparable, isShowable, titleOf, useShow } from "./series";
import { UploadReport } from "./UploadReport";
import type { Visit } from "./visit";

/** Studies of the appointment by the name that they carry, older ones apart, and the way to add some. */
export function Studies({ visit }: { visit: Visit }) {
  const { show, compare, question } = useShow(visit);
  const withdrawing = useSignal<StudyEntry | undefined>(undefined);
  const said = useSignal("");
  const title = useRef<HTMLHeadingElement>(null);
  const studies = visit.studies.value;
  const list = (which: readonly StudyEntry[]) =>
    which.map((study) => (
      <Study
        key={study.study}
        visit={visit}
        study={study}
        onShow={(series) => show(study, series)}
        onCompare={(series) => compare(study, series)}
        onWithdraw={() => {
          withdrawing.value = study;
        }}
      />
    ));
  return (
    <>
      <h2 ref={title} tabIndex={-1} class="spoken">
        {t("studies.title")}
      </h2>
      <p class="spoken" role="status">
        {said.value}
      </p>
      <AddFiles visit={visit} />
      <UploadReport visit={visit} />
      <FetchReport archives={visit.archives} />
      <Arriving visit={visit} />
      {visit.studiesProblem.value && <Fault text={t("studies.failed")} onRetry={() => void visit.fetchStudies()} />}
      {studies === undefined && !visit.studiesProblem.value && <p class="muted">{t("app.loading")}</p>}
      {studies?.length === 0 && <p class="muted">{t("studies.empty")}</p>}
      {byPatient(studies ?? []).map(({ name, isOther, studies, priors }) => (
        <section key={`${isOther}-${name}`} class="patient">
          <h2>{name ? t("studies.patient", { name }) : t("studies.noName")}</h2>
          {isOther && (
            <div class="notice warn">
              <Icon of={alert} />
              <p>{t("studies.other", { name })}</p>
            </div>
          )}
          {list(studies)}
          {priors.length > 0 && (
            <section class="priors" aria-label={t("studies.priors")}>
              <h3 class="priors-title">
                <Icon of={history} />
                {t("studies.priors")}
              </h3>
              {list(priors)}
            </section>
          )}
        </section>
      ))}
      {question}
      {withdrawing.value && (
        <Confirm
          title={t("studies.withdrawQuestion", { study: withdrawing.value.description || t("studies.unnamed") })}
          meaning={t("studies.withdrawMeaning")}
          confirm={t("studies.withdrawConfirm")}
          keep={t("studies.withdrawKeep")}
          onConfirm={async () => {
            await withdrawStudy(withdrawing.value?.study ?? "");
            said.value = t("studies.withdrawn");
            await visit.fetchStudies();
            // The button that asked went with its study.
            setTimeout(() => title.current?.focus());
          }}
          onClose={() => {
            withdrawing.value = undefined;
          }}
        />
      )}
    </>
  );
}

/** What somebody else is adding just now. Of one's own files the report tells more. */
function Arriving({ visit }: { visit: Visit }) {
  const isOwn = useComputed(
    () =>
      visit.uploads.items.value.some(({ state }) => state.is === "sending") ||
      visit.archives.fetches.value.some(isRunning),
  );
  const receiving = visit.receiving.value;
  const isThere = receiving !== undefined && !isOwn.value;
  return (
    <>
      {/* That files come is read out, not each of them. */}
      <p class="spoken" role="status">
        {isThere ? t("studies.arriving") : ""}
      </p>
      {isThere && (
        <p class="notice info" aria-hidden="true">
          {t("studies.arriving")} {t.count("studies.arrived", receiving.received)}
        </p>
      )}
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
        <FromPacs
          appointment={visit.appointment}
          archives={visit.archives}
          patient={visit.entry.value?.participants.find(({ role }) => role === "patient")?.name}
        />
      </div>
      <input ref={filePicker} type="file" multiple hidden onChange={(event) => take(event.currentTarget)} />
      <input ref={folderPicker} type="file" multiple hidden onChange={(event) => take(event.currentTarget)} />
    </section>
  );
}

interface StudyProps {
  visit: Visit;
  study: StudyEntry;
  onShow(series: SeriesEntry): void;
  onCompare(series: SeriesEntry): void;
  onWithdraw(): void;
}

function Study({ visit, study, onShow, onCompare, onWithdraw }: StudyProps) {
  const seen = viewingOf(visit.wire).seen.value;
  const shown = new Set(seen?.viewports.map((each) => each?.series));
  // There is something to lay it beside.
  const mayCompare = study.isPrior && activeOf(seen) !== undefined;
  const Heading = study.isPrior ? "h4" : "h3";
  return (
    <section class="study">
      <Heading>{study.description || t("studies.unnamed")}</Heading>
      <p class="muted">
        {study.date ? dayInWords(`${study.date}T12:00:00Z`, "UTC") : t("studies.noDate")} {study.date?.slice(0, 4)}
      </p>
      <ul>
        {study.series.map((series) => (
          <li key={series.series} class="series">
            <SeriesPicture series={series} width={64} height={64} />
            <div>
              <p>{titleOf(series)}</p>
              <p class="muted">
                {[kindInWords(series), sizeOf(series.bytes), acquiredInWords(series, study)]
                  .filter(Boolean)
                  .join(" · ")}
              </p>
              {visit.cannotShow.value.has(series.series) && <p class="muted">{t("series.cannot")}</p>}
            </div>
            <Steps
              visit={visit}
              series={series}
              isShown={shown.has(series.series)}
              onShow={onShow}
              onCompare={mayCompare && isComparable(series) ? onCompare : undefined}
            />
          </li>
        ))}
      </ul>
      <button type="button" class="button quiet-danger study-withdraw" onClick={onWithdraw}>
        {t("studies.withdraw")}
        <span class="spoken"> {study.description || t("studies.unnamed")}</span>
      </button>
    </section>
  );
}

interface StepsProps {
  visit: Visit;
  series: SeriesEntry;
  isShown: boolean;
  onShow(series: SeriesEntry): void;
  onCompare: ((series: SeriesEntry) => void) | undefined;
}

/** What can be done with a series, or what is being done with it. */
function Steps({ visit, series, isShown, onShow, onCompare }: StepsProps) {
  if (isShown)
    return <p class="series-shown">{t(viewingOf(visit.wire).isOwn.value ? "series.shownAlone" : "series.shown")}</p>;
  if (!isShowable(series, visit.cannotShow.value)) return null;
  const title = <span class="spoken"> {titleOf(series)}</span>;
  const isOpening = visit.opening.value === series.series;
  return (
    <div class="series-steps">
      {/* Not disabled while it opens: it would lose the focus. */}
      <button type="button" class="button" aria-disabled={isOpening} onClick={() => !isOpening && onShow(series)}>
        {t(isOpening ? "series.opening" : "series.show")}
        {title}
      </button>
      {onCompare && (
        <button type="button" class="button" aria-disabled={isOpening} onClick={() => !isOpening && onCompare(series)}>
          <Icon of={beside} />
          {t("series.compare")}
          {title}
        </button>
      )}
    </div>
  );
}
