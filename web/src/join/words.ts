import type { FaultWord, Faulty } from "../call/notices";
import { keepsRefusal } from "../call/refusal";
import { dictionary } from "../i18n";
import { problems as problemsEn } from "../i18n/common.en";
import { problems as problemsFr } from "../i18n/common.fr";
import { en } from "../i18n/join.en";
import { fr } from "../i18n/join.fr";
import { sentencesIn } from "../problem";

export { codeOf } from "../problem";

/** The words of patients and those who come with them. */
export const t = dictionary({ fr, en });

/** What a patient reads for a code. */
export const sentenceOf = sentencesIn({ fr: problemsFr, en: problemsEn });

/** What a patient reads of a device that does not work, with what to do on the browser that it is. */
export function faultOf(why: FaultWord, what: Faulty): string {
  const words = t(`fault.${why}.${what}`);
  return why === "refused" ? `${words} ${t(keepsRefusal() ? "cure.reload" : `cure.${what}`)}` : words;
}

/** A stretch of time as people say it, rounded up: "12 minutes", "2 heures", "3 jours". */
export function restInWords(durationMs: number): string {
  const minutes = Math.max(1, Math.ceil(durationMs / 60_000));
  if (minutes < 60) return t.count("minutes", minutes);
  const hours = Math.round(minutes / 60);
  return hours < 48 ? t.count("hours", hours) : t.count("days", Math.round(hours / 24));
}
