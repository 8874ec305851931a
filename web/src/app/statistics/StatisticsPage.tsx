import download from "icon:download";
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { locale } from "../../i18n";
import type { PeriodWord, ProblemCode, StatisticsChoice, StatisticsReport } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { statistics, statisticsServices, statisticsTable } from "../requests";
import { codeOf, sentenceOf, t as ta } from "../words";
import {
  type Amount,
  amountOf,
  partOf,
  queryOf,
  RATINGS,
  REASONS,
  rangeUntil,
  SPANS,
  troubleOf,
  VOLUMES,
} from "./statistics";
import { t } from "./statistics.words";
import "./statistics.css";

interface Asked {
  service: string;
  from: string;
  to: string;
  period: PeriodWord;
}

/** What is counted of the visits of a service: plain tables, and bars beside the numbers. */
export function StatisticsPage() {
  const heading = usePage(t("title"));
  const choice = useSignal<StatisticsChoice | undefined>(undefined);
  const report = useSignal<StatisticsReport | undefined>(undefined);
  const problem = useSignal<ProblemCode | undefined>(undefined);
  const asked = useSignal<Asked>({
    service: "",
    ...rangeUntil(new Date().toISOString().slice(0, 10), 30),
    period: "week",
  });
  const count = async () => {
    problem.value = undefined;
    try {
      report.value = await statistics(queryOf(asked.peek()));
    } catch (cause) {
      report.value = undefined;
      problem.value = codeOf(cause);
    }
  };
  const open = async () => {
    problem.value = undefined;
    try {
      const known = await statisticsServices();
      choice.value = known;
      const first = known.services[0];
      if (!known.maySeeAll && first) asked.value = { ...asked.peek(), service: first.service };
      if (known.maySeeAll || first) await count();
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  useEffect(() => {
    void open();
  }, []);
  const shown = report.value;
  const known = choice.value;
  return (
    <>
      <Header />
      <main class="statistics" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("title")}
        </h1>
        {!known && !problem.value && <p class="muted">{ta("app.loading")}</p>}
        {known && !known.maySeeAll && known.services.length === 0 ? (
          <p>{t("noService")}</p>
        ) : (
          known && (
            <Ask
              choice={known}
              asked={asked.value}
              set={(to) => {
                asked.value = to;
              }}
              onAsk={() => void count()}
            />
          )
        )}
        {problem.value && <Fault text={sentenceOf(problem.value)} onRetry={() => void (known ? count() : open())} />}
        {shown && (
          <>
            <p class="muted">{t("few")}</p>
            <a class="button" href={statisticsTable(queryOf(asked.value))} download>
              <Icon of={download} />
              {t("csv")}
            </a>
            <Volumes report={shown} />
            <Means report={shown} />
            <Trouble report={shown} />
            <Bars
              title={t("telephone")}
              rows={REASONS.map((reason) => [t(`reason.${reason}`), amountOf(shown.total, `telephone.${reason}`)])}
            />
            {shown.hasMessages ? (
              <Bars
                title={t("messages")}
                rows={(["sent", "failed"] as const).map((kind) => [
                  t(`message.${kind}`),
                  amountOf(shown.total, `message.${kind}`),
                ])}
              />
            ) : (
              <p class="muted">{t("noMessages")}</p>
            )}
            {shown.hasRatings ? (
              <Bars
                title={t("ratings")}
                rows={RATINGS.map((stars) => [t(`rating.${stars}`), amountOf(shown.total, `rating.${stars}`)])}
              />
            ) : (
              <p class="muted">{t("noRatings")}</p>
            )}
          </>
        )}
      </main>
    </>
  );
}

interface AskProps {
  choice: StatisticsChoice;
  asked: Asked;
  set(to: Asked): void;
  onAsk(): void;
}

function Ask({ choice, asked, set, onAsk }: AskProps) {
  const id = useId();
  return (
    <form
      class="statistics-ask"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk();
      }}
    >
      <div class="field">
        <label for={`${id}-service`}>{t("service")}</label>
        <select
          id={`${id}-service`}
          value={asked.service}
          onChange={(event) => set({ ...asked, service: event.currentTarget.value })}
        >
          {choice.maySeeAll && <option value="">{t("all")}</option>}
          {choice.services.map(({ service, name, site }) => (
            <option key={service} value={service}>
              {site === "" ? name : `${name}, ${site}`}
            </option>
          ))}
        </select>
      </div>
      {(["from", "to"] as const).map((end) => (
        <div key={end} class="field">
          <label for={`${id}-${end}`}>{t(end)}</label>
          <input
            id={`${id}-${end}`}
            type="date"
            required
            value={asked[end]}
            onInput={(event) => set({ ...asked, [end]: event.currentTarget.value })}
          />
        </div>
      ))}
      <div class="field">
        <label for={`${id}-period`}>{t("period")}</label>
        <select
          id={`${id}-period`}
          value={asked.period}
          onChange={(event) => set({ ...asked, period: event.currentTarget.value as PeriodWord })}
        >
          {(["day", "week", "month"] as const).map((period) => (
            <option key={period} value={period}>
              {t(`period.${period}`)}
            </option>
          ))}
        </select>
      </div>
      <button type="submit" class="button primary">
        {t("ask")}
      </button>
    </form>
  );
}

const inWords = (amount: Amount): string =>
  amount === "few" ? t("fewShort") : new Intl.NumberFormat(locale.value).format(amount);

const dayShort = (day: string): string =>
  new Intl.DateTimeFormat(locale.value, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${day}T12:00:00Z`),
  );

/** A table that is wider than the page scrolls by itself, also by keys. */
function Scroll({ label, children }: { label: string; children: preact.ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class="statistics-scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

function Volumes({ report }: { report: StatisticsReport }) {
  const lines = [
    ...report.rows.map(({ from, counts }) => ({ name: dayShort(from), counts })),
    { name: t("total"), counts: report.total },
  ];
  return (
    <div>
      <h2>{t("volumes")}</h2>
      {report.rows.length === 0 ? (
        <p>{t("nothing")}</p>
      ) : (
        <Scroll label={t("volumes")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t(`period.${report.period}`)}</th>
                {VOLUMES.map((name) => (
                  <th key={name} scope="col">
                    {t(`volume.${name}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {lines.map(({ name, counts }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {VOLUMES.map((volume) => (
                    <td key={volume}>{inWords(amountOf(counts, volume))}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </div>
  );
}

function Means({ report }: { report: StatisticsReport }) {
  return (
    <div class="statistics-pair">
      {(["delay", "wait"] as const).map((what) => {
        const mean = amountOf(report.total, `${what}.mean_seconds`);
        return (
          <div key={what}>
            <Bars
              title={t(what)}
              rows={SPANS.map((span) => [t(`span.${span}`), amountOf(report.total, `${what}.${span}`)])}
            />
            <p>
              {mean === "few" || mean === 0
                ? t("meanFew")
                : t("mean", { minutes: new Intl.NumberFormat(locale.value).format(Math.round(mean / 6) / 10) })}
            </p>
          </div>
        );
      })}
    </div>
  );
}

/** Numbers with a bar beside each; the numbers say all of it. */
function Bars({ title, rows }: { title: string; rows: readonly (readonly [string, Amount])[] }) {
  const amounts = rows.map(([, amount]) => amount);
  return (
    <div>
      <h2>{title}</h2>
      <table class="statistics-bars">
        <caption class="spoken">{title}</caption>
        <tbody>
          {rows.map(([name, amount]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{inWords(amount)}</td>
              <td aria-hidden="true">
                <svg class="bar" aria-hidden="true" viewBox="0 0 100 12" preserveAspectRatio="none" focusable="false">
                  <rect width={100 * partOf(amount, amounts)} height="12" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Trouble({ report }: { report: StatisticsReport }) {
  const { browsers, rows } = troubleOf(report.total);
  return (
    <div>
      <h2>{t("trouble")}</h2>
      <p class="muted">{t("troubleHint")}</p>
      {browsers.length === 0 ? (
        <p>{t("nobodyCame")}</p>
      ) : (
        <Scroll label={t("trouble")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("cause")}</th>
                {browsers.map((browser) => (
                  <th key={browser} scope="col">
                    {t(`browser.${browser}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">{t("guests")}</th>
                {browsers.map((browser) => (
                  <td key={browser}>{inWords(amountOf(report.total, `browser.${browser}`))}</td>
                ))}
              </tr>
              {rows.map(({ incident, amounts }) => (
                <tr key={incident}>
                  <th scope="row">{t(`incident.${incident}`)}</th>
                  {amounts.map((amount, place) => (
                    <td key={browsers[place]}>{inWords(amount)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </div>
  );
}
