import alert from "icon:circle-alert";
import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayInWords, isoDay } from "../../i18n/time";
import type { MessageAlarmEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { t } from "./messages.words";
import { messageAlarms } from "./requests";
import "./messages.css";

/** The appointments to come of which a message did not arrive. */
export const alarms: Signal<readonly MessageAlarmEntry[]> = signal([]);

/** Asks again whenever `changed` is another object. A failure shows nothing: the agenda tells that the gateway is away. */
export function useAlarms(changed: unknown): void {
  useEffect(() => {
    let isWanted = true;
    messageAlarms()
      .then((found) => {
        if (isWanted) alarms.value = found;
      })
      .catch((cause: unknown) => console.warn("the alarms of messages could not be asked for", cause));
    return () => {
      isWanted = false;
    };
  }, [changed]);
}

/** How many messages of an appointment did not arrive; nothing when all did. */
export function AlarmMark({ appointment }: { appointment: string }) {
  const alarm = alarms.value.find((each) => each.appointment === appointment);
  if (!alarm) return null;
  return (
    <p class="alarm-mark">
      <Icon of={alert} />
      {t.count("alarm", alarm.messages)}
    </p>
  );
}

/** How many appointments have such messages, and where the first of another day is. */
export function AlarmCount({ day, zone, onGo }: { day: string; zone: string; onGo(day: string): void }) {
  if (alarms.value.length === 0) return null;
  const other = alarms.value.find((alarm) => isoDay(new Date(alarm.startsAt), zone) !== day);
  return (
    <div class="notice warn alarm-count" role="status">
      <Icon of={alert} />
      <p>{t.count("alarmHint", alarms.value.length)}</p>
      {other && (
        <button type="button" class="button" onClick={() => onGo(isoDay(new Date(other.startsAt), zone))}>
          {t("alarmGo", { day: dayInWords(other.startsAt, zone) })}
        </button>
      )}
    </div>
  );
}
