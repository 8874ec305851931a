import { locale } from "../i18n";

/** A size as people say it: "12 Mo", "1,4 GB". */
export function sizeInWords(bytes: number): string {
  const units = locale.value === "fr" ? ["ko", "Mo", "Go"] : ["kB", "MB", "GB"];
  let amount = bytes / 1000;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const digits = amount < 10 && unit > 0 ? 1 : 0;
  return `${new Intl.NumberFormat(locale.value, { maximumFractionDigits: digits }).format(Math.max(amount, bytes > 0 ? 1 : 0))}\u00a0${units[unit]}`;
}
