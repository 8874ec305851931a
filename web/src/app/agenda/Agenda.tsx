import plus from "icon:calendar-plus";
import left from "icon:chevron-left";
import right from "icon:chevron-right";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { dayInWords, isoDay, shortDay, timeOfDay } from "../../i18n/time";
import type { AppointmentEntry, Me } from "../../protocol";
import { Icon } from "../../ui/icon";
import { BookingDialog } from "../booking/BookingDialog";
import { Banners } from "../delegation/Banners";
import { AlarmCount, AlarmMark, useAlarms } from "../messages/alarms";
import { CalendarFeed } from "../messages/CalendarFeed";
import { t as tm } from "../messages/messages.words";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { useClock, usePage } from "../parts/hooks";
import { CallBacks } from "../report/CallBacks";
import { WaitingPanel } from "../waiting/WaitingPanel";
import { facts, mayBook, mayConsult } from "../who";
import { sentenceOf, t } from "../words";
import { dayBeside, inOrder, isDay, nameOf, statusOf, stepsOf, waitingOf } from "./agenda";
import { ta } from "./agenda.words";
import { isAlarmOn } from "./alarm";
import { placeOfView, spanOf, stepOf, type View } from "./calendar";
import { AgendaFeed } from "./feed";
import { ListView } from "./ListView";
import { Panel } from "./Panel";
import { QueuePanel } from "./QueuePanel";
import { Search } from "./Search";
import { WeekView } from "./WeekView";
import "./agenda.css";

/** A day, a week or two weeks: who waits on top, then the appointments by time, and the chosen one beside them. */
export function Agenda({ me, day: asked, view = "day" }: { me: Me; day?: string; view?: View }) {
  const { route } = useLocation();
  const now = useClock();
  const zone = facts.value?.timeZone ?? "UTC";
  const today = isoDay(new Date(now), zone);
  const day = asked !== undefined && isDay(asked) ? asked : today;
  const { first, days } = spanOf(view, day);
  const feed = useMemo(() => new AgendaFeed(first, undefined, days), [first, days]);
  useEffect(() => () => feed.close(), [feed]);
  const chosen = useSignal<string | undefined>(undefined);
  const isBooking = useSignal(false);
  const found = useSignal<readonly AppointmentEntry[] | undefined>(undefined);

  const changes = useSignal(0);
  /** Something was done: the days on show know it, and what was found is to know it too. */
  const changed = () => {
    changes.value += 1;
    feed.fetch();
  };

  useAlarms(feed.entries.value);
  const isFeedShown = useSignal(false);
  const entries = inOrder(feed.entries.value ?? []);
  const waiting = waitingOf(entries, now);
  const isKnown = feed.entries.value !== undefined;
  const flash = waiting.length > 0 && isAlarmOn.value && Math.floor(now / 1_000) % 2 === 0 ? "● " : "";
  const heading = usePage(
    waiting.length > 0 ? `${flash}${t.count("agenda.titleWaiting", waiting.length)}` : t("agenda.title"),
  );
  const goTo = (to: string) => route(placeOfView(view, to, today));
  const isChosen = (entry: AppointmentEntry) => entry.appointment === chosen.value;
  const last = useRef<AppointmentEntry | undefined>(undefined);
  // What is asked of an appointment may take it out of what is found. Its panel stays: it may show links that are shown once.
  const before = found.value && last.current && isChosen(last.current) ? last.current : undefined;
  const selected = entries.find(isChosen) ?? found.value?.find(isChosen) ?? before;
  last.current = selected;
  const choose = (entry: AppointmentEntry) => {
    chosen.value = entry.appointment;
  };
  const firstInWords = dayInWords(`${first}T12:00:00Z`, "UTC");

  return (
    <>
      <Header />
      <main class="agenda" id="content">
        <div class="agenda-main">
          <div class="agenda-head">
            <h1 ref={heading} tabIndex={-1}>
              <span class="spoken">{t("agenda.title")} </span>
              {view === "day" && firstInWords}
              {view === "week" && ta("weekOf", { day: firstInWords })}
              {view === "list" && ta("listFrom", { day: firstInWords })}
            </h1>
            <nav class="agenda-views" aria-label={ta("view")}>
              {(["day", "week", "list"] as const).map((each) => (
                <a key={each} href={placeOfView(each, day, today)} aria-current={each === view ? "page" : undefined}>
                  {ta(each)}
                </a>
              ))}
              {mayBook(me) || me.roles.includes("administrator") ? <a href="/app/services">{ta("services")}</a> : null}
            </nav>
            <nav class="agenda-days" aria-label={t("agenda.chooseDay")}>
              <DayButton
                icon={left}
                word={view === "day" ? t("agenda.previousDay") : ta(view === "week" ? "previousWeek" : "previousSpan")}
                onClick={() => goTo(dayBeside(day, -stepOf(view)))}
              />
              <input
                type="date"
                aria-label={t("agenda.chooseDay")}
                value={day}
                onChange={(event) => {
                  if (isDay(event.currentTarget.value)) goTo(event.currentTarget.value);
                }}
              />
              <DayButton
                icon={right}
                word={view === "day" ? t("agenda.nextDay") : ta(view === "week" ? "nextWeek" : "nextSpan")}
                onClick={() => goTo(dayBeside(day, stepOf(view)))}
              />
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
          <Banners me={me} news={feed.entries.value} />
          {day === today && <CallBacks />}
          {day === today && <WaitingPanel me={me} now={now} zone={zone} />}
          <Search found={found} now={now} zone={zone} chosen={chosen.value} changes={changes.value} onChoose={choose} />
          <QueuePanel
            now={now}
            onTaken={(entry) => {
              changed();
              choose(entry);
            }}
          />
          {view !== "day" && !isKnown && !feed.problem.value && <p class="muted">{t("app.loading")}</p>}
          {view === "week" && isKnown && (
            <WeekView
              entries={entries}
              first={first}
              today={today}
              now={now}
              zone={zone}
              chosen={chosen.value}
              onChoose={choose}
            />
          )}
          {view === "list" && isKnown && (
            <ListView entries={entries} now={now} zone={zone} chosen={chosen.value} onChoose={choose} />
          )}
          <section aria-labelledby="agenda-list" hidden={view !== "day"}>
            <h2 id="agenda-list">{t("agenda.list")}</h2>
            {!isKnown && !feed.problem.value && <p class="muted">{t("app.loading")}</p>}
            {isKnown && view === "day" && entries.length === 0 && (
              <div class="empty">
                <p>{t("agenda.empty")}</p>
                <p class="muted">{t("agenda.emptyHint")}</p>
              </div>
            )}
            {view === "day" && entries.length > 0 && (
              <ul class="rows">
                {entries.map((entry) => (
                  <Row
                    key={entry.appointment}
                    entry={entry}
                    now={now}
                    zone={zone}
                    day={day}
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
            <Panel key={selected.appointment} entry={selected} now={now} zone={zone} onChanged={changed} />
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
            changed();
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

interface RowProps {
  entry: AppointmentEntry;
  now: number;
  zone: string;
  /** The day on show. */
  day: string;
  isChosen: boolean;
  onChoose(): void;
}

function Row({ entry, now, zone, day, isChosen, onChoose }: RowProps) {
  const status = statusOf(entry, now);
  const steps = stepsOf(entry, now);
  const others = entry.participants.filter((person) => person.role !== "patient").map((person) => person.name);
  const time = timeOfDay(entry.startsAt, zone);
  return (
    <li class={`row tone-${status.tone}${isChosen ? " chosen" : ""}`}>
      <p class="row-time tabular">
        {isoDay(new Date(entry.startsAt), zone) !== day && (
          <span class="muted">{shortDay(new Date(entry.startsAt), zone)}</span>
        )}
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
