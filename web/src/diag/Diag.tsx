import alert from "icon:circle-alert";
import check from "icon:circle-check";
import copy from "icon:copy";
import download from "icon:download";
import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call } from "../api";
import { offer } from "../call/files";
import { chooseLanguage, dictionary, locale } from "../i18n";
import { en } from "../i18n/diag.en";
import { fr } from "../i18n/diag.fr";
import type { DiagReport } from "../protocol";
import { Icon } from "../ui/icon";
import { NOTHING_ELSE, rulesOf, rulesText } from "./rules";
import {
  blockedOf,
  type Finding,
  type Findings,
  firstFinding,
  ladderOf,
  type Rung,
  type RungWord,
  resultOf,
  verdictOf,
} from "./rungs";
import { tryRung } from "./trial";

const t = dictionary({ fr, en });

/** One look at the network: every rung in turn, so that none disturbs another. */
class Look {
  readonly report: Signal<DiagReport | undefined> = signal(undefined);
  readonly hasFailed = signal(false);
  readonly ladder: Signal<readonly Rung[]> = signal([]);
  readonly findings: Signal<Findings> = signal(new Map());
  readonly times: Signal<ReadonlyMap<RungWord, number>> = signal(new Map());
  readonly copied: Signal<"" | "copied" | "byHand"> = signal("");

  async run(): Promise<void> {
    this.hasFailed.value = false;
    this.copied.value = "";
    try {
      const report = await call<DiagReport>("GET", "/api/diag");
      const isSecure = location.protocol === "https:";
      const ladder = ladderOf(report, { host: location.hostname, port: location.port, isSecure });
      this.report.value = report;
      this.times.value = new Map();
      this.ladder.value = ladder;
      this.findings.value = new Map(ladder.map((rung) => [rung.word, firstFinding(rung)]));
      for (const rung of ladder) {
        if (firstFinding(rung) !== "waits") continue;
        this.#found(rung.word, "testing");
        const ms = await tryRung(rung);
        if (ms !== undefined) this.times.value = new Map(this.times.peek()).set(rung.word, ms);
        this.#found(rung.word, ms === undefined ? "blocked" : "open");
      }
    } catch (cause) {
      console.info("no report", cause);
      this.hasFailed.value = true;
    }
  }

  #found(word: RungWord, finding: Finding): void {
    this.findings.value = new Map(this.findings.peek()).set(word, finding);
  }
}

const look = new Look();

/** Which ways a call can take from here, which are blocked, and the rule that opens them. */
export function Diag() {
  useEffect(() => void look.run(), []);
  useEffect(() => {
    document.title = t("title");
  }, [locale.value]);
  const report = look.report.value;
  const findings = look.findings.value;
  const verdict = verdictOf(findings);
  const closed = look.ladder.value.filter(({ word }) => findings.get(word) === "blocked");
  const toOpen = report ? blockedOf(report, look.ladder.value, findings) : [];
  const other = locale.value === "fr" ? "en" : "fr";
  return (
    <main class="diag">
      <header class="diag-top">
        <h1>{t("title")}</h1>
        <button type="button" class="button quiet" lang={other} onClick={() => chooseLanguage(other)}>
          {t("language")}
        </button>
      </header>
      <p>{t("intro")}</p>
      <div role="status">
        {!report && !look.hasFailed.value && <p>{t("loading")}</p>}
        {verdict && (
          <p class={`notice ${verdict === "good" ? "good" : verdict === "restricted" ? "warn" : "danger"}`}>
            <Icon of={verdict === "good" ? check : alert} />
            <span>
              {t(`verdict.${verdict}`)} {closed.length > 0 && t("blocked", { list: listOf(closed) })}
            </span>
          </p>
        )}
      </div>
      {look.hasFailed.value && (
        <div class="notice danger" role="alert">
          <Icon of={alert} />
          <p>{t("failed")}</p>
          <button type="button" class="button" onClick={() => void look.run()}>
            {t("retry")}
          </button>
        </div>
      )}
      {report && (
        <>
          <ul class="diag-rungs">
            {look.ladder.value.map(({ word }) => (
              <Step key={word} word={word} finding={findings.get(word) ?? "waits"} ms={look.times.value.get(word)} />
            ))}
          </ul>
          {verdict && toOpen.length > 0 && <Rules blocked={toOpen} findings={findings} />}
          <Self report={report} />
          {verdict && (
            <div class="diag-steps">
              <button type="button" class="button" onClick={() => void look.run()}>
                {t("again")}
              </button>
              <button type="button" class="button" onClick={() => save(report)}>
                <Icon of={download} />
                {t("save")}
              </button>
            </div>
          )}
        </>
      )}
    </main>
  );
}

function Step({ word, finding, ms }: { word: RungWord; finding: Finding; ms: number | undefined }) {
  return (
    <li>
      <div>
        <strong>{t(`rung.${word}`)}</strong>
        <p class="muted">{t(`what.${word}`)}</p>
      </div>
      <p class={`diag-finding ${finding} tabular`}>
        {finding === "open" && <Icon of={check} />}
        {finding === "blocked" && <Icon of={alert} />}
        {finding === "open" && ms !== undefined ? t("finding.openIn", { ms: Math.round(ms) }) : t(`finding.${finding}`)}
      </p>
    </li>
  );
}

const listOf = (rungs: readonly Rung[]): string =>
  new Intl.ListFormat(locale.value, { type: "conjunction" }).format(rungs.map(({ word }) => t(`rung.${word}`)));

/** In both languages: whoever runs the firewall may not read that of this page. */
function Rules({ blocked, findings }: { blocked: readonly Rung[]; findings: Findings }) {
  const put = async () => {
    try {
      await navigator.clipboard.writeText(rulesText(blocked, findings));
      look.copied.value = "copied";
    } catch {
      look.copied.value = "byHand";
    }
  };
  return (
    <section class="diag-rules">
      <h2>{t("rules.title")}</h2>
      {(["fr", "en"] as const).map((language) => (
        <div key={language} lang={language}>
          {rulesOf(blocked, findings, language).map(({ lead, rules }) => (
            <div key={lead ?? ""}>
              {lead && <p>{lead}</p>}
              <ul>
                {rules.map((rule) => (
                  <li key={rule}>{rule}</li>
                ))}
              </ul>
            </div>
          ))}
          <p>{NOTHING_ELSE[language]}</p>
        </div>
      ))}
      <button type="button" class="button primary" onClick={() => void put()}>
        <Icon of={copy} />
        {t("rules.copy")}
      </button>
      <p role="status">{look.copied.value ? t(`rules.${look.copied.value}`) : ""}</p>
    </section>
  );
}

function Self({ report }: { report: DiagReport }) {
  const { selfTest, selfTestDetail, isRelayExternal, version } = report;
  const at = new Date(report.now);
  const words = new Intl.DateTimeFormat(locale.value, { dateStyle: "long", timeStyle: "medium" });
  return (
    <>
      {selfTest === "failed" && !isRelayExternal && (
        <div class="notice warn">
          <Icon of={alert} />
          <p>
            {t("self.failed")} <span lang="en">{selfTestDetail}</span>
          </p>
        </div>
      )}
      <p class="muted">
        {isRelayExternal ? t("self.external") : selfTest !== "failed" && t(`self.${selfTest}`)}{" "}
        {!Number.isNaN(at.getTime()) && t("at", { version, at: words.format(at) })}
      </p>
    </>
  );
}

function save(report: DiagReport): void {
  const result = resultOf(report, look.ladder.peek(), look.findings.peek(), look.times.peek(), navigator.userAgent);
  offer(new Blob([JSON.stringify(result, undefined, 2)], { type: "application/json" }), "parvis-diag.json");
}
