import { useSignal } from "@preact/signals";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { AppointmentEntry, IssuedLink, ParticipantEntry } from "../../protocol";
import { Messages } from "../messages/Messages";
import { CopyLine } from "../parts/CopyLine";
import { Confirm } from "../parts/Dialog";
import { RecordLink } from "../record/RecordLink";
import { cancel, markNoShow, replaceLink, withdrawLink } from "../requests";
import { mayConsult, person } from "../who";
import { t } from "../words";
import { nameOf, statusOf, stepsOf } from "./agenda";
import { DoorState } from "./DoorState";
import { CourseSteps, PanelCourse } from "./PanelCourse";

interface PanelProps {
  entry: AppointmentEntry;
  now: number;
  zone: string;
  onChanged(): void;
}

type Question = { what: "cancel" } | { what: "noshow" } | { what: "link" | "withdraw"; person: ParticipantEntry };

/** One appointment: its people and their links, its note, and what can be done with it. */
export function Panel({ entry, now, zone, onChanged }: PanelProps) {
  const question = useSignal<Question | undefined>(undefined);
  const links = useSignal<readonly IssuedLink[]>([]);
  const steps = stepsOf(entry, now);
  const name = nameOf(entry);
  const ask = (next: Question | undefined) => {
    question.value = next;
  };
  // Doctors see no other appointments than those they are booked in.
  const mayWrite = person.value ? mayConsult(person.value) : false;
  const isOpen = entry.status === "booked" || entry.status === "arrived";
  return (
    <section class="panel" aria-labelledby="panel-title">
      <h2 id="panel-title">{name}</h2>
      <p class="muted">
        {dayInWords(entry.startsAt, zone)}, {timeOfDay(entry.startsAt, zone)} – {timeOfDay(entry.endsAt, zone)}
        <br />
        {entry.service}
      </p>
      <p class="tabular">{statusOf(entry, now).words}</p>
      {entry.outcome && (
        <p>
          <span class="muted">{t("panel.outcome")}</span> {t(`outcome.${entry.outcome}`)}
        </p>
      )}
      {steps.enter && (
        <a class="button primary wide" href={`/app/consultation/${entry.appointment}`}>
          {t("agenda.enter")}
        </a>
      )}
      <RecordLink entry={entry} />
      {mayWrite && (entry.status === "arrived" || entry.status === "fulfilled") && (
        <a class="button wide" href={`/app/summary/${entry.appointment}`}>
          {t("panel.summary")}
        </a>
      )}
      {mayWrite && (entry.status === "arrived" || entry.status === "fulfilled") && (
        <a class="button wide" href={`/app/report/${entry.appointment}`}>
          {t("panel.report")}
        </a>
      )}
      <PanelCourse entry={entry} zone={zone} onChanged={onChanged} />
      {(entry.mayChange || mayWrite) && (
        <a class="button wide" href={`/app/received/${entry.appointment}`}>
          {t("panel.received")}
        </a>
      )}
      <h3>{t("panel.people")}</h3>
      <ul class="panel-people">
        {entry.participants.map((person) => {
          const issued = links.value.find((link) => link.participant === person.participant);
          return (
            <li key={person.participant}>
              <p>
                <strong>{person.name}</strong> <span class="muted">{t(`role.${person.role}`)}</span>
              </p>
              <p class="muted">
                {t(`place.${person.place.state}`)}
                {person.link && ` · ${t(`door.${person.link}`)}`}
              </p>
              {person.door && (
                <DoorState
                  appointment={entry.appointment}
                  person={person}
                  door={person.door}
                  zone={zone}
                  mayChange={entry.mayChange && isOpen}
                  onChanged={onChanged}
                />
              )}
              {issued && (
                <div class="notice warn">
                  <div class="panel-link">
                    <p>{t("panel.linkOnce", { name: person.name })}</p>
                    <CopyLine label={t("panel.linkFor", { name: person.name })} text={issued.address} />
                  </div>
                </div>
              )}
              {entry.mayChange && isOpen && person.role !== "practitioner" && (
                <div class="panel-steps">
                  <button type="button" class="button" onClick={() => ask({ what: "link", person })}>
                    {t("panel.newLink")}
                    <span class="spoken"> ({person.name})</span>
                  </button>
                  {(person.link === "open" || person.link === "too_early") && (
                    <button type="button" class="button quiet-danger" onClick={() => ask({ what: "withdraw", person })}>
                      {t("panel.withdraw")}
                      <span class="spoken"> ({person.name})</span>
                    </button>
                  )}
                </div>
              )}
            </li>
          );
        })}
      </ul>
      <Messages entry={entry} zone={zone} now={now} />
      <h3>{t("panel.note")}</h3>
      <p class={entry.note === "" ? "muted" : "panel-note"}>{entry.note === "" ? t("panel.noNote") : entry.note}</p>
      <CourseSteps entry={entry} zone={zone} onChanged={onChanged} />
      {(steps.cancel || steps.noShow) && (
        <div class="panel-steps">
          {steps.noShow && (
            <button type="button" class="button" onClick={() => ask({ what: "noshow" })}>
              {t("panel.noshow")}
            </button>
          )}
          {steps.cancel && (
            <button type="button" class="button quiet-danger" onClick={() => ask({ what: "cancel" })}>
              {t("panel.cancel")}
            </button>
          )}
        </div>
      )}
      {question.value && (
        <Ask
          question={question.value}
          entry={entry}
          onClose={() => ask(undefined)}
          onChanged={onChanged}
          onWithdrawn={(participant) => {
            links.value = links.value.filter((each) => each.participant !== participant);
          }}
          onLink={(link) => {
            links.value = [...links.value.filter((each) => each.participant !== link.participant), link];
          }}
        />
      )}
    </section>
  );
}

interface AskProps {
  question: Question;
  entry: AppointmentEntry;
  onClose(): void;
  onChanged(): void;
  onLink(link: IssuedLink): void;
  onWithdrawn(participant: string): void;
}

function Ask({ question, entry, onClose, onChanged, onLink, onWithdrawn }: AskProps) {
  const name = "person" in question ? question.person.name : nameOf(entry);
  const after = (step: Promise<unknown>) => step.then(() => undefined).finally(onChanged);
  const keep = t("panel.keep");
  switch (question.what) {
    case "cancel":
      return (
        <Confirm
          title={t("panel.cancelQuestion", { name })}
          meaning={t("panel.cancelMeaning")}
          confirm={t("panel.cancelConfirm")}
          keep={keep}
          onConfirm={() => after(cancel(entry.appointment))}
          onClose={onClose}
        />
      );
    case "noshow":
      return (
        <Confirm
          title={t("panel.noshowQuestion", { name })}
          meaning={t("panel.noshowMeaning")}
          confirm={t("panel.noshowConfirm")}
          keep={keep}
          onConfirm={() => after(markNoShow(entry.appointment))}
          onClose={onClose}
        />
      );
    case "withdraw":
      return (
        <Confirm
          title={t("panel.withdrawQuestion", { name })}
          meaning={t("panel.withdrawMeaning")}
          confirm={t("panel.withdrawConfirm")}
          keep={keep}
          onConfirm={() =>
            after(
              withdrawLink(entry.appointment, question.person.participant).then(() =>
                onWithdrawn(question.person.participant),
              ),
            )
          }
          onClose={onClose}
        />
      );
    case "link":
      return (
        <Confirm
          title={t("panel.newLinkQuestion", { name })}
          meaning={t("panel.newLinkMeaning")}
          confirm={t("panel.newLinkConfirm")}
          keep={keep}
          isDanger={false}
          onConfirm={() => after(replaceLink(entry.appointment, question.person.participant).then(onLink))}
          onClose={onClose}
        />
      );
  }
}
