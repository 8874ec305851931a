import { ApiProblem } from "../api";
import { dictionary, locale } from "../i18n";
import { en, problemsEn } from "../i18n/app.en";
import { fr, problemsFr } from "../i18n/app.fr";
import type { ProblemCode } from "../protocol";
import { Rejected } from "../wire";

/** The words of staff. */
export const t = dictionary({ fr, en });

/** What staff read for a code; a code of a newer gateway reads as a fault of the server. */
export function sentenceOf(code: ProblemCode): string {
  const sentences: Partial<Record<string, string>> = locale.value === "fr" ? problemsFr : problemsEn;
  return sentences[code] ?? (locale.value === "fr" ? problemsFr : problemsEn).internal;
}

/** The code of whatever was thrown by a request over HTTP or over the wire. */
export function codeOf(cause: unknown): ProblemCode {
  if (cause instanceof ApiProblem || cause instanceof Rejected) return cause.code;
  console.error(cause);
  return "internal";
}
