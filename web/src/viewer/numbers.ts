import { locale } from "../i18n";

/**
 * A measured value in few signs, with a true minus sign: whole when `scale` is large, with decimals when it is small. A centre
 * takes the width of its window as the scale.
 */
export function measure(value: number, scale = value): string {
  const size = Math.abs(scale);
  const decimals = size >= 20 || size === 0 ? 0 : size >= 1 ? 1 : 3;
  const text = new Intl.NumberFormat(locale.value === "fr" ? "fr-FR" : "en-GB", {
    maximumFractionDigits: decimals,
    useGrouping: false,
  }).format(value);
  return text === "-0" ? "0" : text.replace("-", "\u2212");
}
