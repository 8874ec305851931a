import { locale } from "../../i18n";
import { tc } from "./words";

/** A size in the words of the reader; thousands, as storage is counted. */
export function sizeOf(bytes: number): string {
  const words = (n: number) => new Intl.NumberFormat(locale.value, { maximumFractionDigits: n < 10 ? 1 : 0 }).format(n);
  if (bytes < 1_000) return tc("chat.bytes", { n: bytes });
  if (bytes < 1_000_000) return tc("chat.kilobytes", { n: words(bytes / 1_000) });
  return tc("chat.megabytes", { n: words(bytes / 1_000_000) });
}
