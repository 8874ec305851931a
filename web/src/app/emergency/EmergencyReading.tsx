import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { dayInWords, momentInWords, timeOfDay } from "../../i18n/time";
import type { AppointmentEntry, EmergencyState, KeyImageEntry, ReportState, StudyEntry } from "../../protocol";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { ask } from "../requests";
import { facts } from "../who";
import { t as app, codeOf, sentenceOf } from "../words";
import { t } from "./emergency.words";
import "./emergency.css";

const SECTIONS = ["reason", "findings", "act", "conclusions", "prescriptions", "followUp"] as const;

interface Read {
  entry: AppointmentEntry;
  /** Absent: not for this role. */
  studies?: readonly StudyEntry[] | undefined;
  images?: readonly KeyImageEntry[] | undefined;
  reports?: ReportState | undefined;
  until: string;
}

/** One appointment that is open in an emergency: to read, until it is over. */
export function EmergencyReading({ appointment }: { appointment: string }) {
  const heading = usePage(t("readTitle"));
  const read = useSignal<Read | undefined>(undefined);
  const fault = useSignal("");
  const id = encodeURIComponent(appointment);
  const load = async () => {
    fault.value = "";
    const part = <T,>(path: string) => ask<T>("GET", `/api/appointments/${id}${path}`);
    const orNothing = <T,>(asked: Promise<T>): Promise<T | undefined> => asked.catch(() => undefined);
    try {
      const state = await ask<EmergencyState>("GET", "/api/emergency");
      const open = state.open.find((each) => each.appointment === appointment);
      if (!open) {
        read.value = undefined;
        fault.value = t("over");
        return;
      }
      const [entry, studies, images, reports] = await Promise.all([
        part<AppointmentEntry>(""),
        orNothing(part<StudyEntry[]>("/studies")),
        orNothing(part<KeyImageEntry[]>("/key-images")),
        orNothing(part<ReportState>("/report")),
      ]);
      read.value = { entry, studies, images, reports, until: open.endsAt };
    } catch (cause) {
      read.value = undefined;
      fault.value = codeOf(cause) === "not_found" ? t("over") : sentenceOf(codeOf(cause));
    }
  };
  useEffect(() => void load(), [appointment]);
  const zone = facts.value?.timeZone ?? "UTC";
  const shown = read.value;
  // Nothing of it stays on the screen when it is over.
  useEffect(() => {
    if (!shown) return;
    const timer = setTimeout(() => void load(), Math.max(0, Date.parse(shown.until) - Date.now()) + 1_000);
    return () => clearTimeout(timer);
  }, [shown]);
  return (
    <>
      <Header />
      <main class="emergency" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("readTitle")}
        </h1>
        <p>
          <a href="/app/emergency">{t("back")}</a>
        </p>
        <Fault text={fault.value} />
        {!shown && fault.value === "" && <p class="muted">{app("app.loading")}</p>}
        {shown && <Shown {...shown} zone={zone} />}
      </main>
    </>
  );
}

function Shown({ entry, studies, images, reports, until, zone }: Read & { zone: string }) {
  return (
    <>
      <p class="notice warn">{t("readUntil", { time: timeOfDay(until, zone) })}</p>
      <p>
        <strong>{entry.service}</strong>, {momentInWords(entry.startsAt, zone)}
      </p>
      <section>
        <h2>{t("people")}</h2>
        <ul>
          {entry.participants.map((person) => (
            <li key={person.participant}>
              {person.name} <span class="muted">({app(`role.${person.role}`)})</span>
            </li>
          ))}
        </ul>
      </section>
      {entry.note !== "" && (
        <section>
          <h2>{t("note")}</h2>
          <p class="emergency-text">{entry.note}</p>
        </section>
      )}
      <Part title={t("studies")} none={t("noStudies")} of={studies}>
        {(study) => (
          <li key={study.study}>
            <p>
              {study.description || study.patientName} {study.date && <span class="muted">{study.date}</span>}
            </p>
            <div class="emergency-pictures">
              {study.series.map(({ series, description }) => (
                <img key={series} src={`/api/series/${encodeURIComponent(series)}/thumbnail`} alt={description} />
              ))}
            </div>
          </li>
        )}
      </Part>
      <Part title={t("images")} none={t("noImages")} of={images}>
        {({ image, caption, title }) => (
          <li key={image}>
            <img src={`/api/key-images/${encodeURIComponent(image)}/picture`} alt={caption || title} />
            <p>{caption || title}</p>
          </li>
        )}
      </Part>
      <Part title={t("reports")} none={t("noReports")} of={reports?.versions}>
        {(version) => (
          <li key={version.report}>
            <p class="muted">
              {t("reportOf", {
                number: version.number,
                name: version.signedBy ?? t("draft", { name: version.changedBy }),
                day: dayInWords(version.changedAt, zone),
              })}
            </p>
            {SECTIONS.filter((section) => version.words[section] !== "").map((section) => (
              <div key={section}>
                <h3>{t(`section.${section}`)}</h3>
                <p class="emergency-text">{version.words[section]}</p>
              </div>
            ))}
          </li>
        )}
      </Part>
    </>
  );
}

interface PartProps<T> {
  title: string;
  none: string;
  of: readonly T[] | undefined;
  children(each: T): ComponentChildren;
}

function Part<T>({ title, none, of, children }: PartProps<T>) {
  return (
    <section>
      <h2>{title}</h2>
      {of === undefined ? (
        <p class="muted">{t("notForRole")}</p>
      ) : of.length === 0 ? (
        <p class="muted">{none}</p>
      ) : (
        <ul class="emergency-list">{of.map(children)}</ul>
      )}
    </section>
  );
}
