import join from "icon:log-in";
import { useSignal } from "@preact/signals";
import { useEffect, useId, useMemo } from "preact/hooks";
import { useLocation } from "preact-iso";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { ProblemCode, WorklistEntry, WorklistStudy } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Feed } from "../agenda/feed";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { dropIn, worklist } from "../requests";
import { facts } from "../who";
import { codeOf, sentenceOf, t as ta } from "../words";
import { type Filter, filtered, modalitiesOf, placeOf } from "./worklist";
import { t } from "./worklist.words";
import "./worklist.css";

/** What is joined just now, and what became of the last try. */
interface Joining {
  appointment: string;
  series: string | undefined;
  problem?: ProblemCode;
}

/** The consultations that run, and the others of the day, with their studies: one step leads into one with a study open. */
export function Worklist() {
  const { route } = useLocation();
  const heading = usePage(t("title"));
  const zone = facts.value?.timeZone ?? "UTC";
  const feed = useMemo(() => new Feed(worklist), []);
  useEffect(() => () => feed.close(), [feed]);
  const filter = useSignal<Filter>({ modality: "", isRunningOnly: false });
  const joining = useSignal<Joining | undefined>(undefined);
  const entries = feed.entries.value;
  const shown = filtered(entries ?? [], filter.value);
  const running = shown.filter((entry) => entry.isRunning);
  const later = shown.filter((entry) => !entry.isRunning);
  const enter = async (appointment: string, series: string | undefined) => {
    if (joining.peek() && !joining.peek()?.problem) return;
    joining.value = { appointment, series };
    try {
      await dropIn(appointment);
      route(placeOf(appointment, series));
    } catch (cause) {
      joining.value = { appointment, series, problem: codeOf(cause) };
      feed.fetch();
    }
  };
  const list = (which: readonly WorklistEntry[]) => (
    <ul class="worklist-rows">
      {which.map((entry) => (
        <Row
          key={entry.appointment}
          entry={entry}
          zone={zone}
          joining={joining.value?.appointment === entry.appointment ? joining.value : undefined}
          onJoin={(series) => void enter(entry.appointment, series)}
        />
      ))}
    </ul>
  );
  return (
    <>
      <Header />
      <main class="worklist" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("title")}
        </h1>
        <p class="muted">{t("intro")}</p>
        {feed.problem.value && <Fault text={sentenceOf(feed.problem.value)} onRetry={() => feed.fetch()} />}
        {feed.isStale.value && !feed.problem.value && (
          <p class="notice warn" role="status">
            {t("stale")}
          </p>
        )}
        {entries === undefined && !feed.problem.value && <p class="muted">{ta("app.loading")}</p>}
        {entries && entries.length > 0 && (
          <Filters
            modalities={modalitiesOf(entries)}
            filter={filter.value}
            set={(to) => {
              filter.value = to;
            }}
          />
        )}
        {/* How many run is read out when it changes. */}
        <p class="spoken" role="status">
          {entries && (running.length > 0 ? t.count("runningCount", running.length) : t("noneRunning"))}
        </p>
        {entries?.length === 0 && <p>{t("empty")}</p>}
        {entries && entries.length > 0 && shown.length === 0 && <p>{t("noMatch")}</p>}
        {shown.length > 0 && (
          <section aria-labelledby="worklist-running">
            <h2 id="worklist-running">{t("running")}</h2>
            {running.length > 0 ? list(running) : <p class="muted">{t("noneRunning")}</p>}
          </section>
        )}
        {later.length > 0 && (
          <section aria-labelledby="worklist-later">
            <h2 id="worklist-later">{t("later")}</h2>
            {list(later)}
          </section>
        )}
      </main>
    </>
  );
}

function Filters({ modalities, filter, set }: { modalities: string[]; filter: Filter; set(to: Filter): void }) {
  const id = useId();
  const isOn = filter.modality !== "" || filter.isRunningOnly;
  // One that is chosen stays in the list when its last study has gone.
  const choices = [...new Set([...modalities, filter.modality])].filter(Boolean).sort();
  return (
    <fieldset class="worklist-filter" aria-label={t("filter")}>
      <label for={id}>{t("modality")}</label>
      <select
        id={id}
        value={filter.modality}
        onChange={(event) => set({ ...filter, modality: event.currentTarget.value })}
      >
        <option value="">{t("all")}</option>
        {choices.map((modality) => (
          <option key={modality} value={modality}>
            {modality}
          </option>
        ))}
      </select>
      <label class="check">
        <input
          type="checkbox"
          checked={filter.isRunningOnly}
          onChange={(event) => set({ ...filter, isRunningOnly: event.currentTarget.checked })}
        />
        {t("runningOnly")}
      </label>
      {isOn && (
        <button type="button" class="button" onClick={() => set({ modality: "", isRunningOnly: false })}>
          {t("clear")}
        </button>
      )}
    </fieldset>
  );
}

interface RowProps {
  entry: WorklistEntry;
  zone: string;
  joining: Joining | undefined;
  onJoin(series: string | undefined): void;
}

function Row({ entry, zone, joining, onJoin }: RowProps) {
  const id = `worklist-${entry.appointment}`;
  const isJoining = (series: string | undefined) =>
    joining !== undefined && joining.problem === undefined && joining.series === series;
  return (
    <li class={`worklist-row${entry.isRunning ? " is-running" : ""}`} aria-labelledby={id}>
      <div class="worklist-who">
        <h3 id={id}>{entry.patient}</h3>
        <p class="muted tabular">{t("when", { time: timeOfDay(entry.startsAt, zone), service: entry.service })}</p>
        {entry.isRunning && (
          <p class="worklist-live">
            <span class="mark" aria-hidden="true" />
            {t("running")}
          </p>
        )}
        {!entry.isRunning && entry.studies.length > 0 && <p class="muted">{t("waitStart")}</p>}
      </div>
      {joining?.problem && <Fault text={problemOf(joining.problem)} />}
      {entry.studies.length === 0 && (
        <div class="worklist-study">
          <p class="muted">{t("noStudies")}</p>
          {entry.isRunning && (
            <JoinButton
              word={t("join")}
              spoken={entry.patient}
              isBusy={isJoining(undefined)}
              onClick={() => onJoin(undefined)}
            />
          )}
        </div>
      )}
      {entry.studies.length > 0 && (
        <ul class="worklist-studies">
          {entry.studies.map((study) => (
            <li key={study.study} class="worklist-study">
              {/* Who is not in the consultation sees no image of it. */}
              <span class="worklist-kind" aria-hidden="true">
                {study.modality}
              </span>
              <div>
                <p>{study.description || t("unnamed")}</p>
                <p class="muted">{[study.modality, dateOf(study)].filter(Boolean).join(" · ")}</p>
              </div>
              {entry.isRunning && (
                <JoinButton
                  word={t("joinWith")}
                  spoken={t("joinSpoken", { study: study.description || t("unnamed"), patient: entry.patient })}
                  isBusy={isJoining(study.series)}
                  onClick={() => onJoin(study.series)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** Its words tell how far it is; it is never disabled, which would take the focus away. */
function JoinButton({
  word,
  spoken,
  isBusy,
  onClick,
}: {
  word: string;
  spoken: string;
  isBusy: boolean;
  onClick(): void;
}) {
  return (
    <button type="button" class="button primary" aria-disabled={isBusy} onClick={onClick}>
      <Icon of={join} />
      {isBusy ? t("joining") : word}
      <span class="spoken"> {spoken}</span>
    </button>
  );
}

function dateOf({ date }: WorklistStudy): string {
  return date ? `${dayInWords(`${date}T12:00:00Z`, "UTC")} ${date.slice(0, 4)}` : t("noDate");
}

function problemOf(code: ProblemCode): string {
  if (code === "locked") return t("locked");
  return code === "not_found" || code === "consultation_over" ? t("over") : sentenceOf(code);
}
