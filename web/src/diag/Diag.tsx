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
import { type Finding, ladderOf, type Rung, type RungWord, resultOf, ruleOf, rulesText, verdictOf } from "./rungs";
import { tryRung } from "./trial";

const t = dictionary({ fr, en });

/** One look at the network: every rung in turn, so that none disturbs another. */
class Look {
  readonly report: Signal<DiagReport | undefined> = signal(undefined);
  readonly hasFailed = signal(false);
  readonly ladder: Signal<readonly Rung[]> = signal([]);
  readonly findings: Signal<ReadonlyMap<RungWord, Finding>> = signal(new Map());
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
      this.findings.value = new Map(
        ladder.map((rung) => [rung.word, rung.word === "websocket" || rung.urls.length > 0 ? "waits" : "missing"]),
      );
      for (const rung of ladder) {
        if (this.findings.peek().get(rung.word) === "missing") continue;
        this.#found(rung.word, "testing");
        const ms = await tryRung(rung, report);
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
  const blocked = look.ladder.value.filter(({ word }) => findings.get(word) === "blocked");
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
            <span>{t(`verdict.${verdict}`)}</span>
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
          {blocked.length > 0 && <Rules blocked={blocked} />}
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

/** In both languages: whoever runs the firewall may not read that of this page. */
function Rules({ blocked }: { blocked: readonly Rung[] }) {
  const put = async () => {
    try {
      await navigator.clipboard.writeText(rulesText(blocked));
      look.copied.value = "copied";
    } catch {
      look.copied.value = "byHand";
    }
  };
  return (
    <section class="diag-rules">
      <h2>{t("rules.title")}</h2>
      {(["fr", "en"] as const).map((language) => (
        <ul key={language} lang={language}>
          {blocked
            .flatMap((rung) => ruleOf(rung, language))
            .map((rule) => (
              <li key={rule}>{rule}</li>
            ))}
        </ul>
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
  const { isGood, detail } = report.selfTest;
  const at = new Date(report.checkedAt);
  const words = new Intl.DateTimeFormat(locale.value, { dateStyle: "long", timeStyle: "medium" });
  return (
    <p class="muted">
      {isGood ? t("self.good") : t("self.bad", { detail })}{" "}
      {Number.isNaN(at.getTime()) ? "" : t("at", { at: words.format(at) })}
    </p>
  );
}

function save(report: DiagReport): void {
  const result = resultOf(report, look.ladder.peek(), look.findings.peek(), look.times.peek(), navigator.userAgent);
  offer(new Blob([JSON.stringify(result, undefined, 2)], { type: "application/json" }), "parvis-diag.json");
}
