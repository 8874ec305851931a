import { locale } from "../i18n";

/** A measured value in few signs: whole when it is large, with decimals when it is small; with a true minus sign. */
export function measure(value: number): string {
  const size = Math.abs(value);
  const decimals = size >= 20 || size === 0 ? 0 : size >= 1 ? 1 : 3;
  const text = new Intl.NumberFormat(locale.value === "fr" ? "fr-FR" : "en-GB", {
    maximumFractionDigits: decimals,
    useGrouping: false,
  }).format(value);
  return text === "-0" ? "0" : text.replace("-", "\u2212");
}
