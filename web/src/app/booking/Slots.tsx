import left from "icon:chevron-left";
import right from "icon:chevron-right";
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { dayInWords, isoDay, timeOfDay } from "../../i18n/time";
import type { SlotEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { dayBeside } from "../agenda/agenda";
import { ta } from "../agenda/agenda.words";
import { slotsOf } from "../agenda/calls";
import { Fault } from "../parts/Dialog";
import { codeOf } from "../words";

/** So many days are shown at one time. */
const DAYS = 7;

interface SlotsProps {
  service: string;
  /** The first day, `2026-11-30`. */
  from: string;
  zone: string;
  /** Only this practitioner's; absent: those of all members. */
  practitioner?: string | undefined;
  chosen: { startsAt: string; practitioner: string } | undefined;
  onChoose(slot: SlotEntry): void;
}

/** The free time of a service, a week at a time, as buttons under their day. */
export function Slots({ service, from, zone, practitioner, chosen, onChoose }: SlotsProps) {
  const id = useId();
  const first = useSignal(from);
  const slots = useSignal<readonly SlotEntry[] | undefined>(undefined);
  const isUnknown = useSignal(false);
  const load = () => {
    let isOld = false;
    slots.value = undefined;
    isUnknown.value = false;
    slotsOf(service, first.value, DAYS, practitioner).then(
      (found) => {
        if (!isOld) slots.value = found;
      },
      (cause) => {
        codeOf(cause);
        if (!isOld) isUnknown.value = true;
      },
    );
    return () => {
      isOld = true;
    };
  };
  useEffect(() => {
    // A slot that was chosen leaves the list as it is; another day that was typed brings its own.
    if (from < first.value || from >= dayBeside(first.value, DAYS)) first.value = from;
  }, [from]);
  useEffect(load, [service, first.value, practitioner]);
  const days = new Map<string, SlotEntry[]>();
  for (const slot of slots.value ?? []) {
    const day = isoDay(new Date(slot.startsAt), zone);
    days.set(day, [...(days.get(day) ?? []), slot]);
  }
  const areSeveral = new Set(slots.value?.map((slot) => slot.practitioner)).size > 1;
  const now = slots.value?.find(
    (slot) => slot.startsAt === chosen?.startsAt && slot.practitioner === chosen.practitioner,
  );
  return (
    <section class="slots" aria-labelledby={id}>
      <div class="slots-head">
        <h3 id={id}>{ta("slots")}</h3>
        <button type="button" class="button" onClick={() => (first.value = dayBeside(first.value, -DAYS))}>
          <Icon of={left} />
          {ta("slotsEarlier")}
        </button>
        <button type="button" class="button" onClick={() => (first.value = dayBeside(first.value, DAYS))}>
          {ta("slotsLater")}
          <Icon of={right} />
        </button>
      </div>
      <p class="hint" role="status">
        {slots.value === undefined && !isUnknown.value
          ? ta("slotsLoading")
          : slots.value?.length === 0
            ? ta("slotsNone")
            : ta("slotsFrom", { day: dayInWords(`${first.value}T12:00:00Z`, "UTC") })}
      </p>
      {isUnknown.value && <Fault text={ta("slotsUnknown")} onRetry={load} />}
      {[...days].map(([day, list]) => (
        <div key={day} class="slots-day">
          <h4>{dayInWords(`${day}T12:00:00Z`, "UTC")}</h4>
          <ul>
            {list.map((slot) => (
              <li key={`${slot.startsAt} ${slot.practitioner}`}>
                <button type="button" class="button" aria-pressed={slot === now} onClick={() => onChoose(slot)}>
                  <strong class="tabular">{timeOfDay(slot.startsAt, zone)}</strong>
                  <span class={areSeveral ? "" : "spoken"}>{slot.name}</span>
                  {slot.site !== "" && <span class="muted"> · {slot.site}</span>}
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
      {now && (
        <p role="status">
          {ta("slotsChosen", {
            day: dayInWords(now.startsAt, zone),
            time: timeOfDay(now.startsAt, zone),
            name: now.name,
          })}
        </p>
      )}
    </section>
  );
}
