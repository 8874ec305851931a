import { dayInWords, timeOfDay } from "../../i18n/time";
import type { AppointmentEntry } from "../../protocol";
import { nameOf, statusOf } from "./agenda";
import { ta } from "./agenda.words";
import { byDay } from "./calendar";

interface WeekProps {
  entries: readonly AppointmentEntry[];
  first: string;
  today: string;
  now: number;
  zone: string;
  chosen: string | undefined;
  onChoose(entry: AppointmentEntry): void;
}

/** Seven days beside each other; one below the other where there is no room. */
export function WeekView({ entries, first, today, now, zone, chosen, onChoose }: WeekProps) {
  return (
    <div class="week">
      {byDay(entries, first, 7, zone).map(({ day, entries: own }) => (
        <section key={day} class={`week-day${day === today ? " is-today" : ""}`} aria-labelledby={`week-${day}`}>
          <h2 id={`week-${day}`}>
            <a href={`/app/day/${day}`}>{dayInWords(`${day}T12:00:00Z`, "UTC")}</a>
          </h2>
          {own.length === 0 ? (
            <p class="muted">{ta("noneThatDay")}</p>
          ) : (
            <ul>
              {own.map((entry) => {
                const status = statusOf(entry, now);
                return (
                  <li key={entry.appointment} class={`tone-${status.tone}`}>
                    <button
                      type="button"
                      class="week-entry"
                      aria-pressed={entry.appointment === chosen}
                      onClick={() => onChoose(entry)}
                    >
                      <span class="tabular">
                        {timeOfDay(entry.startsAt, zone)} – {timeOfDay(entry.endsAt, zone)}
                      </span>
                      <strong>{nameOf(entry)}</strong>
                      <span class="muted">{entry.service}</span>
                      <span class="week-status">
                        <span class="mark" aria-hidden="true" />
                        {status.words}
                      </span>
                    </button>
                  </li>
                );
              })}
            </ul>
          )}
        </section>
      ))}
    </div>
  );
}
