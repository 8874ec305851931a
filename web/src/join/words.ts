import { ApiProblem } from "../api";
import { dictionary, locale } from "../i18n";
import { problems as problemsEn } from "../i18n/common.en";
import { problems as problemsFr } from "../i18n/common.fr";
import { en } from "../i18n/join.en";
import { fr } from "../i18n/join.fr";
import type { ProblemCode } from "../protocol";
import { Rejected } from "../wire";

/** The words of patients and those who come with them. */
export const t = dictionary({ fr, en });

/** What a patient reads for a code; a code of a newer gateway reads as "try again". */
export function sentenceOf(code: ProblemCode): string {
  const sentences: Partial<Record<string, string>> = locale.value === "fr" ? problemsFr : problemsEn;
  return sentences[code] ?? (locale.value === "fr" ? problemsFr : problemsEn).internal;
}

/** The code of whatever a request threw. */
export function codeOf(cause: unknown): ProblemCode {
  if (cause instanceof ApiProblem || cause instanceof Rejected) return cause.code;
  console.error(cause);
  return "internal";
}

/** A stretch of time as people say it, rounded up: "12 minutes", "2 heures", "3 jours". */
export function restInWords(durationMs: number): string {
  const minutes = Math.max(1, Math.ceil(durationMs / 60_000));
  if (minutes < 60) return t.count("minutes", minutes);
  const hours = Math.round(minutes / 60);
  return hours < 48 ? t.count("hours", hours) : t.count("days", Math.round(hours / 24));
}
