import { dayInWords, timeOfDay } from "../../i18n/time";
import { facts } from "../who";

/** A time as administrators read it: day, year and time of day at the hospital. */
export function moment(at: string): string {
  const zone = facts.value?.timeZone ?? "UTC";
  return `${dayInWords(at, zone)} ${at.slice(0, 4)}, ${timeOfDay(at, zone)}`;
}
