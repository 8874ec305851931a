import { ApiProblem } from "./api";
import { locale } from "./i18n";
import type { ProblemCode } from "./protocol";
import { Rejected } from "./wire";

/** The code of whatever was thrown by a request over HTTP or over the wire. */
export function codeOf(cause: unknown): ProblemCode {
  if (cause instanceof ApiProblem || cause instanceof Rejected) return cause.code;
  console.error(cause);
  return "internal";
}

/** Finds the sentence of a code in the language of now; a code of a newer gateway reads as "internal". */
export function sentencesIn(words: { fr: Record<ProblemCode, string>; en: Record<ProblemCode, string> }) {
  return (code: ProblemCode): string => {
    const sentences: Partial<Record<string, string>> = words[locale.value];
    return sentences[code] ?? words[locale.value].internal;
  };
}
