import calendarPlus from "icon:calendar-plus";
import { useSignal } from "@preact/signals";
import { isoDay } from "../../i18n/time";
import type { AppointmentEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { ta } from "../agenda/agenda.words";
import { BookingDialog } from "../booking/BookingDialog";
import { followUpOf } from "../booking/booking";
import { Fault } from "../parts/Dialog";
import { appointment as fetchAppointment } from "../requests";
import { facts } from "../who";
import { codeOf, sentenceOf } from "../words";

/** Books the next appointment of this patient, from the call or after it: everything is filled in but the time. */
export function FollowUp({ appointment }: { appointment: string }) {
  const entry = useSignal<AppointmentEntry | undefined>(undefined);
  const fault = useSignal("");
  const zone = facts.value?.timeZone ?? "UTC";
  const open = async () => {
    fault.value = "";
    try {
      entry.value = await fetchAppointment(appointment);
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <>
      <button type="button" class="button" onClick={() => void open()}>
        <Icon of={calendarPlus} />
        {ta("followUp")}
      </button>
      <Fault text={fault.value} />
      {entry.value && (
        <BookingDialog
          day={isoDay(new Date(), zone)}
          zone={zone}
          services={[entry.value.service]}
          prefill={followUpOf(entry.value)}
          onBooked={() => undefined}
          onClose={() => {
            entry.value = undefined;
          }}
        />
      )}
    </>
  );
}
