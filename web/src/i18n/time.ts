import { locale } from "./index";

const tag = () => (locale.value === "fr" ? "fr-FR" : "en-GB");

/** Day in words in the hospital's time zone: "mercredi 25 novembre", "Wednesday 25 November". */
export function dayInWords(instant: string | Date, timeZone: string): string {
  return new Intl.DateTimeFormat(tag(), { weekday: "long", day: "numeric", month: "long", timeZone }).format(
    new Date(instant),
  );
}

/** The same with its year, which is that of the time zone too: "jeudi 1 janvier 2026". */
export function dateInWords(instant: string | Date, timeZone: string): string {
  return `${dayInWords(instant, timeZone)} ${isoDay(new Date(instant), timeZone).slice(0, 4)}`;
}

/** Date and time of day: "jeudi 1 janvier 2026, 0 h 30". */
export function momentInWords(instant: string | Date, timeZone: string): string {
  return `${dateInWords(instant, timeZone)}, ${timeOfDay(instant, timeZone)}`;
}

/** Time of day as people say it, in the hospital's time zone: "14 h 30", "14:30". */
export function timeOfDay(instant: string | Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).formatToParts(new Date(instant));
  const hour = parts.find((part) => part.type === "hour")?.value ?? "00";
  const minute = parts.find((part) => part.type === "minute")?.value ?? "00";
  // A no-break space keeps "14 h 30" on one line.
  return locale.value === "fr" ? `${Number(hour)}\u00a0h\u00a0${minute}` : `${hour}:${minute}`;
}

/** `2026-11-25`: the day in the hospital's time zone, as the API wants it. */
export function isoDay(instant: Date, timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone }).format(
    instant,
  );
}

/** "dim. 29" where the day goes without saying but for this one. */
export function shortDay(instant: Date, timeZone: string): string {
  return new Intl.DateTimeFormat(locale.value, { weekday: "short", day: "numeric", timeZone }).format(instant);
}

/** Minutes and seconds since or until: "06:12", with hours "1:06:12". */
export function stopwatch(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${two(minutes)}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
