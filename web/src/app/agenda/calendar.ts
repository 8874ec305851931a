import { isoDay } from "../../i18n/time";
import type { AppointmentEntry } from "../../protocol";
import { dayBeside, inOrder } from "./agenda";

/** How much of the agenda is looked at. */
export type View = "day" | "week" | "list";

/** The list goes so many days ahead. */
export const LIST_DAYS = 14;

/** The Monday of the week of a day. */
export function mondayOf(day: string): string {
  const weekday = new Date(`${day}T12:00:00Z`).getUTCDay();
  return dayBeside(day, -((weekday + 6) % 7));
}

/** The first day that a view shows, and how many. */
export function spanOf(view: View, day: string): { first: string; days: number } {
  if (view === "week") return { first: mondayOf(day), days: 7 };
  return { first: day, days: view === "list" ? LIST_DAYS : 1 };
}

/** How far "previous" and "next" go. */
export const stepOf = (view: View): number => (view === "day" ? 1 : view === "week" ? 7 : LIST_DAYS);

/** The days of a span, each with the appointments that start on it in the hospital's zone. */
export function byDay(
  entries: readonly AppointmentEntry[],
  first: string,
  days: number,
  timeZone: string,
): { day: string; entries: AppointmentEntry[] }[] {
  const sorted = inOrder(entries);
  return Array.from({ length: days }, (_, n) => {
    const day = dayBeside(first, n);
    return { day, entries: sorted.filter((entry) => isoDay(new Date(entry.startsAt), timeZone) === day) };
  });
}

/** The address of a view of the agenda. */
export function placeOfView(view: View, day: string, today: string): string {
  if (view === "day") return day === today ? "/app" : `/app/day/${day}`;
  return `/app/${view}/${day}`;
}

/** What of the list is shown. Empty: all of it. */
export interface ListFilter {
  service: string;
  status: string;
}

export const filteredList = (entries: readonly AppointmentEntry[], { service, status }: ListFilter) =>
  entries.filter(
    (entry) => (service === "" || entry.service === service) && (status === "" || entry.status === status),
  );
