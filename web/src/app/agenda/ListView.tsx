import { useSignal } from "@preact/signals";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { AppointmentEntry } from "../../protocol";
import { inOrder, nameOf, statusOf } from "./agenda";
import { ta } from "./agenda.words";
import { filteredList, type ListFilter } from "./calendar";

interface ListProps {
  entries: readonly AppointmentEntry[];
  now: number;
  zone: string;
  chosen: string | undefined;
  onChoose(entry: AppointmentEntry): void;
}

const STATUSES = ["booked", "arrived", "fulfilled", "cancelled", "noshow"] as const;

/** Everything of the next two weeks in one table, by service and status. */
export function ListView({ entries, now, zone, chosen, onChoose }: ListProps) {
  const filter = useSignal<ListFilter>({ service: "", status: "" });
  const services = [...new Set(entries.map((entry) => entry.service))].sort();
  const shown = inOrder(filteredList(entries, filter.value));
  const doctors = (entry: AppointmentEntry) =>
    entry.participants.filter(({ role }) => role === "practitioner").map(({ name }) => name);
  return (
    <>
      <fieldset class="list-filter" aria-label={ta("filter")}>
        <label>
          {ta("service")}
          <select
            value={filter.value.service}
            onChange={(event) => {
              filter.value = { ...filter.value, service: event.currentTarget.value };
            }}
          >
            <option value="">{ta("allServices")}</option>
            {services.map((service) => (
              <option key={service} value={service}>
                {service}
              </option>
            ))}
          </select>
        </label>
        <label>
          {ta("status")}
          <select
            value={filter.value.status}
            onChange={(event) => {
              filter.value = { ...filter.value, status: event.currentTarget.value };
            }}
          >
            <option value="">{ta("allStatuses")}</option>
            {STATUSES.map((status) => (
              <option key={status} value={status}>
                {ta(`status.${status}`)}
              </option>
            ))}
          </select>
        </label>
      </fieldset>
      {shown.length === 0 ? (
        <p class="muted">{ta("noneInList")}</p>
      ) : (
        <table class="plain-table">
          <thead>
            <tr>
              <th scope="col">{ta("when")}</th>
              <th scope="col">{ta("patient")}</th>
              <th scope="col">{ta("doctor")}</th>
              <th scope="col">{ta("service")}</th>
              <th scope="col">{ta("status")}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((entry) => (
              <tr key={entry.appointment} class={entry.appointment === chosen ? "chosen" : ""}>
                <td data-label={ta("when")} class="tabular">
                  {dayInWords(entry.startsAt, zone)}, {timeOfDay(entry.startsAt, zone)}
                </td>
                <td data-label={ta("patient")}>
                  <button
                    type="button"
                    class="link-button"
                    aria-pressed={entry.appointment === chosen}
                    onClick={() => onChoose(entry)}
                  >
                    {nameOf(entry)}
                  </button>
                </td>
                <td data-label={ta("doctor")}>{doctors(entry).join(", ")}</td>
                <td data-label={ta("service")}>{entry.service}</td>
                <td data-label={ta("status")}>{statusOf(entry, now).words}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
