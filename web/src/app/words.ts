import { dictionary } from "../i18n";
import { en, problemsEn } from "../i18n/app.en";
import { fr, problemsFr } from "../i18n/app.fr";
import { sentencesIn } from "../problem";

export { codeOf } from "../problem";

/** The words of staff. */
export const t = dictionary({ fr, en });

/** What staff read for a code. */
export const sentenceOf = sentencesIn({ fr: problemsFr, en: problemsEn });
