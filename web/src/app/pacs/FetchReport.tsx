import alert from "icon:triangle-alert";
import type { FetchEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { sentenceOf } from "../words";
import { type Archives, isRunning, partOf, quietInWords, stateInWords } from "./archives";
import { t } from "./pacs.words";
import "./pacs.css";

/** How far fetches from archives are, and how they ended. */
export function FetchReport({ archives }: { archives: Archives }) {
  const fetches = archives.fetches.value;
  if (fetches.length === 0) return null;
  return (
    <section class="report" aria-label={t("open")}>
      {fetches.map((fetch) => (
        <FetchLine key={fetch.fetch} archives={archives} fetch={fetch} />
      ))}
    </section>
  );
}

/** One of them, with what can be done with it. */
export function FetchLine({ archives, fetch }: { archives: Archives; fetch: FetchEntry }) {
  const part = partOf(fetch);
  const isGoing = isRunning(fetch);
  const quiet = quietInWords(fetch);
  const isFault = fetch.state !== "running" && fetch.state !== "done" && fetch.state !== "stopped";
  return (
    <div class="fetch">
      <p class="muted">{t("fetching", { label: fetch.label })}</p>
      {/* Each end is read out once, not each image. */}
      {isGoing ? (
        <>
          <p class="tabular">{stateInWords(fetch)}</p>
          <progress
            key={String(part === undefined)}
            max={1}
            {...(part !== undefined && { value: part })}
            aria-label={t("fetching", { label: fetch.label })}
          />
        </>
      ) : (
        <div role="status" class={isFault ? "notice danger" : ""}>
          {isFault && <Icon of={alert} />}
          <p>{stateInWords(fetch)}</p>
        </div>
      )}
      <p role="status" class={quiet ? "notice warn" : "spoken"}>
        {quiet}
      </p>
      {fetch.hasOtherPatient && (
        <div class="notice warn">
          <Icon of={alert} />
          <p>{t("hasOther")}</p>
        </div>
      )}
      {fetch.refusedCount > 0 && (
        <details>
          <summary>{t.count("refused", fetch.refusedCount)}</summary>
          <ul class="report-files">
            {fetch.refused.map((each) => (
              <li key={each.name}>
                <strong>{t("refusedWhich", { n: each.name })}</strong>{" "}
                <span class="muted">{sentenceOf(each.code)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      <div class="people-steps">
        <button type="button" class="button" onClick={() => void archives.stop(fetch.fetch)}>
          {t(isGoing ? "stop" : "hide")}
        </button>
      </div>
    </div>
  );
}
