import plus from "icon:calendar-plus";
import left from "icon:chevron-left";
import right from "icon:chevron-right";
import doorOpen from "icon:door-open";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { dayInWords, isoDay, stopwatch, timeOfDay } from "../../i18n/time";
import type { AppointmentEntry, Me } from "../../protocol";
import { Icon } from "../../ui/icon";
import { BookingDialog } from "../booking/BookingDialog";
import { AlarmCount, AlarmMark, useAlarms } from "../messages/alarms";
import { CalendarFeed } from "../messages/CalendarFeed";
import { t as tm } from "../messages/messages.words";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { useClock, usePage } from "../parts/hooks";
import { facts, mayBook, mayConsult } from "../who";
import { sentenceOf, t } from "../words";
import { dayBeside, inOrder, isDay, nameOf, statusOf, stepsOf, type Waiting, waitingOf } from "./agenda";
import { Alarm, isAlarmOn, setAlarm } from "./alarm";
import { AgendaFeed } from "./feed";
import { Panel } from "./Panel";
import "./agenda.css";

/** The day: who waits on top, then the appointments by time, and the chosen one beside them. */
export function Agenda({ me, day: asked }: { me: Me; day?: string }) {
  const { route } = useLocation();
  const now = useClock();
  const zone = facts.value?.timeZone ?? "UTC";
  const today = isoDay(new Date(now), zone);
  const day = asked !== undefined && isDay(asked) ? asked : today;
  const feed = useMemo(() => new AgendaFeed(day), [day]);
  useEffect(() => () => feed.close(), [feed]);
  const chosen = useSignal<string | undefined>(undefined);
  const isBooking = useSignal(false);
  const alarm = useRef(new Alarm());

  useAlarms(feed.entries.value);
  const isFeedShown = useSignal(false);
  const entries = inOrder(feed.entries.value ?? []);
  const waiting = waitingOf(entries, now);
  const waitingIds = waiting.map(({ person }) => person.participant).join(" ");
  const isKnown = feed.entries.value !== undefined;
  useEffect(() => {
    if (isKnown) alarm.current.update(waitingIds === "" ? [] : waitingIds.split(" "));
  }, [waitingIds, isKnown]);
  const flash = waiting.length > 0 && isAlarmOn.value && Math.floor(now / 1_000) % 2 === 0 ? "● " : "";
  const heading = usePage(
    waiting.length > 0 ? `${flash}${t.count("agenda.titleWaiting", waiting.length)}` : t("agenda.title"),
  );
  const goTo = (to: string) => route(to === today ? "/app" : `/app/day/${to}`);
  const selected = entries.find((entry) => entry.appointment === chosen.value);

  return (
    <>
      <Header />
      <main class="agenda" id="content">
        <div class="agenda-main">
          <div class="agenda-head">
            <h1 ref={heading} tabIndex={-1}>
              <span class="spoken">{t("agenda.title")} </span>
              {dayInWords(`${day}T12:00:00Z`, "UTC")}
            </h1>
            <nav class="agenda-days" aria-label={t("agenda.chooseDay")}>
              <DayButton icon={left} word={t("agenda.previousDay")} onClick={() => goTo(dayBeside(day, -1))} />
              <input
                type="date"
                aria-label={t("agenda.chooseDay")}
                value={day}
                onChange={(event) => {
                  if (isDay(event.currentTarget.value)) goTo(event.currentTarget.value);
                }}
              />
              <DayButton icon={right} word={t("agenda.nextDay")} onClick={() => goTo(dayBeside(day, 1))} />
              {day !== today && (
                <button type="button" class="button" onClick={() => goTo(today)}>
                  {t("agenda.today")}
                </button>
              )}
            </nav>
            {mayConsult(me) && (
              <button
                type="button"
                class="button"
                onClick={() => {
                  isFeedShown.value = true;
                }}
              >
                {tm("feed.open")}
              </button>
            )}
            {mayBook(me) && (
              <button
                type="button"
                class="button"
                onClick={() => {
                  isBooking.value = true;
                }}
              >
                <Icon of={plus} />
                {t("agenda.book")}
              </button>
            )}
          </div>
          <AlarmCount day={day} zone={zone} onGo={goTo} />
          {feed.problem.value && <Fault text={sentenceOf(feed.problem.value)} onRetry={() => feed.fetch()} />}
          {feed.isStale.value && !feed.problem.value && (
            <p class="notice warn" role="status">
              {t("agenda.stale")}
            </p>
          )}
          {day === today && isKnown && <WaitingList waiting={waiting} zone={zone} />}
          <section aria-labelledby="agenda-list">
            <h2 id="agenda-list">{t("agenda.list")}</h2>
            {!isKnown && !feed.problem.value && <p class="muted">{t("app.loading")}</p>}
            {isKnown && entries.length === 0 && (
              <div class="empty">
                <p>{t("agenda.empty")}</p>
                <p class="muted">{t("agenda.emptyHint")}</p>
              </div>
            )}
            {entries.length > 0 && (
              <ul class="rows">
                {entries.map((entry) => (
                  <Row
                    key={entry.appointment}
                    entry={entry}
                    now={now}
                    zone={zone}
                    isChosen={entry.appointment === chosen.value}
                    onChoose={() => {
                      chosen.value = entry.appointment;
                    }}
                  />
                ))}
              </ul>
            )}
          </section>
        </div>
        <aside class="agenda-side">
          {selected ? (
            <Panel key={selected.appointment} entry={selected} now={now} zone={zone} onChanged={() => feed.fetch()} />
          ) : (
            entries.length > 0 && <p class="muted">{t("agenda.choose")}</p>
          )}
        </aside>
      </main>
      {isFeedShown.value && (
        <CalendarFeed
          zone={zone}
          onClose={() => {
            isFeedShown.value = false;
          }}
        />
      )}
      {isBooking.value && (
        <BookingDialog
          day={[day, today].sort().at(-1) ?? day}
          zone={zone}
          services={[...new Set(entries.map((entry) => entry.service))]}
          onBooked={({ appointment }) => {
            feed.fetch();
            chosen.value = appointment.appointment;
          }}
          onClose={() => {
            isBooking.value = false;
          }}
        />
      )}
    </>
  );
}

function DayButton({ icon, word, onClick }: { icon: Parameters<typeof Icon>[0]["of"]; word: string; onClick(): void }) {
  return (
    <button type="button" class="button" aria-label={word} title={word} onClick={onClick}>
      <Icon of={icon} />
    </button>
  );
}

function WaitingList({ waiting, zone }: { waiting: readonly Waiting[]; zone: string }) {
  return (
    <section class="waiting" aria-labelledby="agenda-waiting">
      <div class="waiting-head">
        <h2 id="agenda-waiting">{t("agenda.waiting")}</h2>
        <label class="check">
          <input
            type="checkbox"
            checked={isAlarmOn.value}
            onChange={(event) => setAlarm(event.currentTarget.checked)}
          />
          {t("agenda.alarm")}
        </label>
      </div>
      {/* Only who waits is read out, not each second of it. */}
      <p class="spoken" role="status">
        {waiting.length > 0 ? t.count("agenda.titleWaiting", waiting.length) : t("agenda.nobodyWaits")}
      </p>
      {waiting.length === 0 ? (
        <p class="muted">{t("agenda.nobodyWaits")}</p>
      ) : (
        <ul class="rows">
          {waiting.map(({ entry, person, sinceMs }) => (
            <li key={person.participant} class="row row-waiting">
              <p class="waiting-since tabular">{stopwatch(sinceMs)}</p>
              <div class="row-what">
                <p>
                  <strong>{person.name}</strong>
                  {person.role !== "patient" && <span class="muted"> · {t(`role.${person.role}`)}</span>}
                </p>
                <p class="muted">
                  {t("agenda.waitsFor", { time: timeOfDay(entry.startsAt, zone), service: entry.service })}
                </p>
              </div>
              {entry.mayEnter && (
                <a
                  class="button primary"
                  href={`/app/consultation/${entry.appointment}?admit=${encodeURIComponent(person.participant)}`}
                >
                  <Icon of={doorOpen} />
                  {t("agenda.admit")}
                </a>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface RowProps {
  entry: AppointmentEntry;
  now: number;
  zone: string;
  isChosen: boolean;
  onChoose(): void;
}

function Row({ entry, now, zone, isChosen, onChoose }: RowProps) {
  const status = statusOf(entry, now);
  const steps = stepsOf(entry, now);
  const others = entry.participants.filter((person) => person.role !== "patient").map((person) => person.name);
  const time = timeOfDay(entry.startsAt, zone);
  return (
    <li class={`row tone-${status.tone}${isChosen ? " chosen" : ""}`}>
      <p class="row-time tabular">
        <time dateTime={entry.startsAt}>{time}</time>
        <span class="muted">{timeOfDay(entry.endsAt, zone)}</span>
      </p>
      <div class="row-what">
        <button
          type="button"
          class="row-open"
          aria-pressed={isChosen}
          aria-label={t("agenda.open", { name: nameOf(entry), time })}
          onClick={onChoose}
        >
          {nameOf(entry)}
        </button>
        <p class="muted">
          {entry.service}
          {others.length > 0 && ` · ${t("agenda.with", { names: others.join(", ") })}`}
        </p>
        <AlarmMark appointment={entry.appointment} />
      </div>
      <p class="row-status">
        <span class="mark" aria-hidden="true" />
        <span class="tabular">{status.words}</span>
      </p>
      <div class="row-step">
        {steps.enter && (
          <a class="button" href={`/app/consultation/${entry.appointment}`}>
            {t("agenda.enter")}
          </a>
        )}
      </div>
    </li>
  );
}
