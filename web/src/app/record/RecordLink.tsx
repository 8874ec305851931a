import type { AppointmentEntry } from "../../protocol";
import { person } from "../who";
import { hasRecord } from "./record";
import { t } from "./words";

/** The way from an appointment to what was shown in it, for whoever may have been there. */
export function RecordLink({ entry }: { entry: AppointmentEntry }) {
  if (!hasRecord(entry, person.value)) return null;
  return (
    <a class="button wide" href={`/app/record/${entry.appointment}`}>
      {t("title")}
    </a>
  );
}
