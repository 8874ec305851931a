import download from "icon:download";
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { locale } from "../../i18n";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { TrailPage as Page, ProblemCode, TrailEntry } from "../../protocol";
import { DEEDS, deedOf, SUBJECTS, subjectOf } from "../../trail.words";
import { Icon } from "../../ui/icon";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { trail, trailAlerts } from "../requests";
import { facts } from "../who";
import { codeOf, sentenceOf, t as ta } from "../words";
import { t } from "./trail.words";
import "./trail.css";

const OUTCOMES = ["done", "refused", "rejected", "failed"] as const;
const ACTORS = ["staff", "guest", "sender", "machine", "gateway", "nobody"] as const;
const ALERTS = ["alert", "break_glass", "lose"] as const;

/** What is looked for; empty: everything. */
interface Filter {
  from: string;
  until: string;
  appointment: string;
  deed: string;
  subject: string;
  outcome: string;
  actor: string;
  actorName: string;
}

const EVERYTHING: Filter = {
  from: "",
  until: "",
  appointment: "",
  deed: "",
  subject: "",
  outcome: "",
  actor: "",
  actorName: "",
};

/** As the gateway is asked: a day is of this browser's zone, and its last one counts. */
export function queryOf(filter: Filter, before?: number): string {
  const query = new URLSearchParams();
  const day = (text: string, days: number) => {
    const [year = 0, month = 1, date = 1] = text.split("-").map(Number);
    return new Date(year, month - 1, date + days).toISOString();
  };
  if (filter.from) query.set("from", day(filter.from, 0));
  if (filter.until) query.set("until", day(filter.until, 1));
  for (const key of ["appointment", "deed", "subject", "outcome", "actor"] as const) {
    const value = filter[key].trim();
    if (value) query.set(key, value);
  }
  if (before !== undefined) query.set("before", String(before));
  return query.toString();
}

/** Who did what with patients' data: for auditors and administrators. */
export function TrailPage() {
  const heading = usePage(t("title"));
  const page = useSignal<Page | undefined>(undefined);
  const entries = useSignal<TrailEntry[]>([]);
  const alerts = useSignal<TrailEntry[] | undefined>(undefined);
  const filter = useSignal<Filter>(EVERYTHING);
  const problem = useSignal<ProblemCode | undefined>(undefined);
  const isBusy = useSignal(false);
  const load = async (before?: number) => {
    problem.value = undefined;
    isBusy.value = true;
    try {
      const next = await trail(queryOf(filter.peek(), before));
      entries.value = before === undefined ? next.entries : [...entries.peek(), ...next.entries];
      page.value = next;
    } catch (cause) {
      problem.value = codeOf(cause);
    } finally {
      isBusy.value = false;
    }
  };
  useEffect(() => {
    void load();
    trailAlerts().then(
      (told) => {
        alerts.value = told.alerts;
      },
      (cause) => console.warn("the alerts could not be read", codeOf(cause)),
    );
  }, []);
  const shown = page.value;
  const zone = facts.value?.timeZone ?? "UTC";
  const only = (entry: TrailEntry) => {
    filter.value = { ...filter.peek(), actor: entry.actorId ?? "", actorName: nameOf(entry) };
    void load();
  };
  return (
    <>
      <Header />
      <main class="trail" id="content">
        <div class="trail-head">
          <div>
            <h1 ref={heading} tabIndex={-1}>
              {t("title")}
            </h1>
            <p class="muted">{t("intro")}</p>
          </div>
          <div class="trail-export">
            <a class="button" href="/api/trail/export" download>
              <Icon of={download} />
              {t("export")}
            </a>
            <p class="muted">{t("exportHint")}</p>
          </div>
        </div>
        {alerts.value && <Alerts alerts={alerts.value} zone={zone} />}
        <Filters
          filter={filter.value}
          onSearch={(next) => {
            filter.value = next;
            void load();
          }}
        />
        {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void load()} />}
        {!shown && !problem.value && <p class="muted">{ta("app.loading")}</p>}
        {shown && (
          <>
            <p class="trail-count" role="status">
              {entries.value.length === 0 ? t("none") : t.count("shown", entries.value.length)}
            </p>
            {entries.value.length > 0 && <Lines entries={entries.value} zone={zone} onPerson={only} />}
            {shown.next !== undefined && (
              <button
                type="button"
                class="button"
                aria-disabled={isBusy.value}
                onClick={() => {
                  if (!isBusy.peek()) void load(shown.next);
                }}
              >
                {t("more")}
              </button>
            )}
            <p class="muted trail-chain">
              {t.count("records", shown.records)} {t("signed", { n: number(shown.signed) })}
              <br />
              <span class="trail-key">{t("key", { key: shown.key })}</span>
            </p>
          </>
        )}
      </main>
    </>
  );
}

const number = (amount: number): string => new Intl.NumberFormat(locale.value).format(amount);

const moment = (at: string, zone: string): string =>
  `${dayInWords(at, zone)} ${at.slice(0, 4)}, ${timeOfDay(at, zone)}`;

function nameOf(entry: TrailEntry): string {
  if (entry.name) return entry.name;
  const actor = ACTORS.find((each) => each === entry.actor);
  return actor ? t(`actor.${actor}`) : entry.actor;
}

function Alerts({ alerts, zone }: { alerts: TrailEntry[]; zone: string }) {
  const id = useId();
  return (
    <section class="trail-alerts" aria-labelledby={id}>
      <h2 id={id}>{t("alerts")}</h2>
      {alerts.length === 0 ? (
        <p class="muted">{t("noAlerts")}</p>
      ) : (
        <ul>
          {alerts.map((entry) => {
            const kind = ALERTS.find((each) => each === entry.deed) ?? "alert";
            const detail = entry.detail ?? "";
            const [patients = "", minutes = ""] = detail.match(/\d+/g) ?? [];
            return (
              <li key={entry.seq} class="notice warn">
                <p>{t(`alert.${kind}`, { who: nameOf(entry), detail, patients, minutes })}</p>
                {entry.reason && <p>{t("reason", { reason: entry.reason })}</p>}
                <p class="muted tabular">{moment(entry.at, zone)}</p>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function Filters({ filter, onSearch }: { filter: Filter; onSearch(filter: Filter): void }) {
  const id = useId();
  const draft = useSignal<Filter>(filter);
  const put = (key: keyof Filter, value: string) => {
    draft.value = { ...draft.peek(), [key]: value };
  };
  useEffect(() => {
    draft.value = filter;
  }, [filter]);
  const choice = (key: "deed" | "subject" | "outcome", words: [string, string][]) => (
    <div class="field">
      <label for={`${id}-${key}`}>{t(key)}</label>
      <select id={`${id}-${key}`} value={draft.value[key]} onChange={(event) => put(key, event.currentTarget.value)}>
        <option value="">{t("any")}</option>
        {words.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
    </div>
  );
  const sorted = (words: [string, string][]) => words.sort((a, b) => a[1].localeCompare(b[1], locale.value));
  return (
    <form
      class="trail-filters"
      aria-label={t("filters")}
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(draft.peek());
      }}
    >
      {(["from", "until"] as const).map((key) => (
        <div class="field" key={key}>
          <label for={`${id}-${key}`}>{t(key)}</label>
          <input
            id={`${id}-${key}`}
            type="date"
            value={draft.value[key]}
            onInput={(event) => put(key, event.currentTarget.value)}
          />
        </div>
      ))}
      {choice("deed", sorted(DEEDS.map((word) => [word, deedOf(word)])))}
      {choice("subject", sorted(SUBJECTS.map((word) => [word, subjectOf(word)])))}
      {choice(
        "outcome",
        OUTCOMES.map((word) => [word, t(`outcome.${word}`)]),
      )}
      <div class="field trail-appointment">
        <label for={`${id}-appointment`}>{t("appointment")}</label>
        <input
          id={`${id}-appointment`}
          type="text"
          autocomplete="off"
          value={draft.value.appointment}
          onInput={(event) => put("appointment", event.currentTarget.value)}
        />
      </div>
      <div class="trail-buttons">
        <button type="submit" class="button primary">
          {t("search")}
        </button>
        <button type="button" class="button" onClick={() => onSearch(EVERYTHING)}>
          {t("clear")}
        </button>
      </div>
      {filter.actor && <p class="trail-person">{t("ofPerson", { who: filter.actorName })}</p>}
    </form>
  );
}

function Lines({
  entries,
  zone,
  onPerson,
}: {
  entries: TrailEntry[];
  zone: string;
  onPerson(entry: TrailEntry): void;
}) {
  return (
    <table class="trail-table">
      <thead>
        <tr>
          {(["at", "who", "what", "outcome", "from", "more"] as const).map((column) => (
            <th key={column} scope="col">
              {t(`column.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => {
          const outcome = OUTCOMES.find((each) => each === entry.outcome);
          return (
            <tr key={entry.seq}>
              <td class="tabular trail-at">
                <span class="trail-seq">{number(entry.seq)}</span>
                {moment(entry.at, zone)}
              </td>
              <th scope="row">
                {entry.actor === "staff" ? (
                  <button type="button" class="trail-who" title={t("onlyThis")} onClick={() => onPerson(entry)}>
                    {nameOf(entry)}
                  </button>
                ) : (
                  nameOf(entry)
                )}
                {entry.forName && <span class="muted"> {t("for", { name: entry.forName })}</span>}
              </th>
              <td>
                <strong>{subjectOf(entry.subject)}</strong>
                <br />
                {deedOf(entry.deed)}
              </td>
              <td>
                <span class={`trail-outcome ${entry.outcome}`}>
                  {outcome ? t(`outcome.${outcome}`) : entry.outcome}
                </span>
              </td>
              <td class="trail-origin">{entry.origin ?? "–"}</td>
              <td class="trail-detail">
                {entry.reason && <p>{t("reason", { reason: entry.reason })}</p>}
                {entry.detail && <p lang="en">{entry.detail}</p>}
                {entry.appointment && (
                  <p>
                    {t("ofAppointment")} {entry.appointment}
                  </p>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
