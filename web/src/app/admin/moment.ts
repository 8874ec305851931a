import { locale } from "../../i18n";
import { momentInWords, timeOfDay } from "../../i18n/time";
import { facts } from "../who";

/** A time as staff read it: day, year and time of day at the hospital. */
export const moment = (at: string): string => momentInWords(at, facts.value?.timeZone ?? "UTC");

/** The same in digits, for tables. */
export function digits(at: string): string {
  const timeZone = facts.value?.timeZone ?? "UTC";
  const format = { day: "2-digit", month: "2-digit", year: "numeric", timeZone } as const;
  const day = new Intl.DateTimeFormat(locale.value === "fr" ? "fr-FR" : "en-GB", format).format(new Date(at));
  return `${day}, ${timeOfDay(at, timeZone)}`;
}
