import alert from "icon:triangle-alert";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../ui/icon";
import { sentenceOf, t } from "../words";
import { type FileLine, isSent, linesOf, patientsOf, type Report, reportOf, type Upload } from "./uploads";
import type { Visit } from "./visit";

/** How many rows of a report are shown; a disc has hundreds of files. */
const ROWS = 60;

/** How far the sending of files is, and what became of each. */
export function UploadReport({ visit }: { visit: Visit }) {
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
      {/* Each stage is read out once, not each percent. */}
      <p role="status" class={report.isRunning ? "spoken" : ""}>
        {report.isRunning ? t(report.isUnpacking ? "upload.unpacking" : "upload.sending") : endInWords(report)}
      </p>
      {report.isRunning && (
        <>
          <p class="tabular">
            {t("upload.progress", { done: report.done, total: report.total })} ·{" "}
            {report.isUnpacking
              ? t("upload.unpacking")
              : t("upload.percent", { percent: Math.floor(report.part * 100) })}
          </p>
          {/* Nobody can say how long unpacking takes. */}
          <progress
            key={String(report.isUnpacking)}
            max={1}
            {...(!report.isUnpacking && { value: report.part })}
            aria-label={t("upload.title")}
          />
          <Running items={items} />
        </>
      )}
      {report.refused.length > 0 && (
        <div class="notice warn">
          <Icon of={alert} />
          <p>{t.count("upload.refused", report.refused.length)}</p>
        </div>
      )}
      <Patients visit={visit} />
      <Lines lines={linesOf(items)} isOpen={report.refused.length > 0} />
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

function endInWords(report: Report): string {
  const parts = [report.received > 0 ? t.count("upload.done", report.received) : t("upload.none")];
  if (report.ignored > 0) parts.push(t.count("upload.ignored", report.ignored));
  if (report.isStopped) parts.push(t("upload.stopped"));
  return parts.join(" ");
}

/** The files that are on their way, and what the gateway has made of them so far. */
function Running({ items }: { items: readonly Upload[] }) {
  return (
    <ul class="report-running">
      {items.map(({ key, name, state }) => {
        if (state.is !== "sending") return null;
        const isUnpacking = isSent(state);
        return (
          <li key={key}>
            <span id={`upload-${key}`}>{name}</span>{" "}
            <span class="muted tabular">
              {isUnpacking ? t("upload.fileUnpacking") : t("upload.percent", { percent: Math.floor(state.part * 100) })}
            </span>
            <progress
              key={String(isUnpacking)}
              max={1}
              {...(!isUnpacking && { value: state.part })}
              aria-labelledby={`upload-${key}`}
            />
          </li>
        );
      })}
    </ul>
  );
}

/** Whom the files name: several, or somebody else than who is expected, is worth a look. */
function Patients({ visit }: { visit: Visit }) {
  const patients = patientsOf(visit.uploads.items.value);
  if (patients.length < 2 && !patients.some((patient) => patient.isOtherPatient)) return null;
  return (
    <div class="notice warn">
      <Icon of={alert} />
      <div>
        <p>{t("upload.patients")}</p>
        <ul>
          {patients.map(({ name, birthDate, objects, isOtherPatient }) => (
            <li key={`${name}-${birthDate ?? ""}`}>
              <strong>{name || t("upload.noName")}</strong>
              {birthDate && ` ${birthDate.split("-").reverse().join("/")}`}
              {" · "}
              {t.count("upload.objects", objects)}
              {isOtherPatient && ` · ${t("upload.otherPatient")}`}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** What became of each file; what was refused stands first and says why. */
function Lines({ lines, isOpen }: { lines: readonly FileLine[]; isOpen: boolean }) {
  const sorted = [...lines].sort((a, b) => Number(b.is === "refused") - Number(a.is === "refused"));
  return (
    <details open={isOpen}>
      <summary>{t("upload.details")}</summary>
      <ul class="report-files">
        {sorted.slice(0, ROWS).map((line, index) => (
          <li key={`${index}-${line.name}`}>
            {line.is === "refused" ? <strong>{line.name}</strong> : <span>{line.name}</span>}{" "}
            <span class="muted">{lineInWords(line)}</span>
            {line.is === "refused" && line.reason && (
              <span class="report-reason" lang="en">
                {line.reason}
              </span>
            )}
          </li>
        ))}
      </ul>
      {sorted.length > ROWS && <p class="muted">{t("upload.more", { n: sorted.length - ROWS })}</p>}
    </details>
  );
}

function lineInWords(line: FileLine): string {
  switch (line.is) {
    case "waiting":
      return t("upload.fileWaiting");
    case "sending":
      return line.part >= 1 ? t("upload.fileUnpacking") : t("upload.percent", { percent: Math.floor(line.part * 100) });
    case "stopped":
      return t("upload.stopped");
    case "refused":
      return sentenceOf(line.code);
    case "ignored":
      return t("upload.fileIgnored");
    case "received":
      return line.count === 1 ? t("upload.fileReceived") : t.count("upload.fileReceived", line.count);
  }
}
