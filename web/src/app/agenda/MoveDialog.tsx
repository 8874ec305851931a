import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isoDay } from "../../i18n/time";
import type { AppointmentEntry, Booked, MoveRequest, SlotEntry } from "../../protocol";
import { Links } from "../booking/BookingDialog";
import { instantOf } from "../booking/booking";
import { Slots } from "../booking/Slots";
import { Dialog, Fault } from "../parts/Dialog";
import { codeOf, sentenceOf, t } from "../words";
import { nameOf } from "./agenda";
import { ta } from "./agenda.words";
import { move } from "./calls";

interface MoveProps {
  entry: AppointmentEntry;
  zone: string;
  onMoved(booked: Booked): void;
  onClose(): void;
}

/** Moves an appointment into free time of its service, or to a time that is typed; then shows the new links once. */
export function MoveDialog({ entry, zone, onMoved, onClose }: MoveProps) {
  const slot = useSignal<SlotEntry | undefined>(undefined);
  const day = useSignal("");
  const start = useSignal("");
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const booked = useSignal<Booked | undefined>(undefined);
  const lengthMs = Date.parse(entry.endsAt) - Date.parse(entry.startsAt);
  const today = isoDay(new Date(), zone);
  // What is typed takes the place of what was chosen.
  useEffect(() => {
    if (day.value !== "" || start.value !== "") slot.value = undefined;
  }, [day.value, start.value]);
  const wanted = (): MoveRequest | undefined => {
    if (slot.value) {
      const { startsAt, endsAt, practitioner } = slot.value;
      return { startsAt, endsAt, practitioners: [practitioner] };
    }
    if (day.value === "" || start.value === "") return undefined;
    const at = instantOf(day.value, start.value, zone);
    return { startsAt: at.toISOString(), endsAt: new Date(at.getTime() + lengthMs).toISOString() };
  };
  const act = async () => {
    fault.value = "";
    const request = wanted();
    if (!request) {
      fault.value = ta("moveMissing");
      return;
    }
    isBusy.value = true;
    try {
      booked.value = await move(entry.appointment, request);
      onMoved(booked.value);
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
      isBusy.value = false;
    }
  };
  if (booked.value) return <Links title={ta("moved")} booked={booked.value} zone={zone} onClose={onClose} />;
  return (
    <Dialog title={ta("moveTitle", { name: nameOf(entry) })} isWide onClose={onClose}>
      <p>{ta("moveMeaning")}</p>
      {entry.serviceId !== undefined && (
        <Slots
          service={entry.serviceId}
          from={today}
          zone={zone}
          chosen={slot.value}
          onChoose={(chosen) => {
            day.value = "";
            start.value = "";
            slot.value = chosen;
          }}
        />
      )}
      <div class="booking-when">
        <label class="field">
          {ta("moveDay")}
          <input
            type="date"
            value={day.value}
            min={today}
            onInput={(event) => {
              day.value = event.currentTarget.value;
            }}
          />
        </label>
        <label class="field">
          {ta("moveStart")}
          <input
            type="time"
            step={300}
            value={start.value}
            onInput={(event) => {
              start.value = event.currentTarget.value;
            }}
          />
        </label>
      </div>
      <Fault text={fault.value} />
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("app.cancel")}
        </button>
        <button type="button" class="button primary" disabled={isBusy.value} onClick={() => void act()}>
          {ta("moveConfirm")}
        </button>
      </div>
    </Dialog>
  );
}
