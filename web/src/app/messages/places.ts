import { locale } from "../../i18n";
import type { LanguageWord, PlaceholderWord } from "../../protocol";

/** What whoever writes texts calls the places in them. The gateway knows the English names only. */
const NAMES: Record<LanguageWord, Record<PlaceholderWord, string>> = {
  fr: {
    when: "quand",
    time: "heure",
    was: "avant",
    link: "lien",
    hospital: "hôpital",
    telephone: "téléphone",
    minutes: "minutes",
    code: "code",
  },
  en: {
    when: "when",
    time: "time",
    was: "was",
    link: "link",
    hospital: "hospital",
    telephone: "telephone",
    minutes: "minutes",
    code: "code",
  },
};

/** `{lien}` on a French page. A name that nobody knows stays as it was typed. */
export const placeNamed = (word: string, language: LanguageWord = locale.value): string =>
  `{${(NAMES[language] as Record<string, string | undefined>)[word] ?? word}}`;

/** A text as the page shows it. */
export const shown = (text: string, language: LanguageWord = locale.value): string =>
  text.replace(/\{(\w+)\}/g, (_, word: string) => placeNamed(word, language));

/** A text as the gateway keeps it, from how the page shows it. */
export function kept(text: string, language: LanguageWord = locale.value): string {
  const words = Object.entries(NAMES[language]);
  return text.replace(/\{(\p{L}+)\}/gu, (whole, name: string) => {
    const word = words.find(([, each]) => each === name.toLowerCase())?.[0];
    return word === undefined ? whole : `{${word}}`;
  });
}
