import { effect, signal } from "@preact/signals";
import type { LanguageWord } from "../protocol";

/** French is written first and gives the keys; English must have the same ones. */
export type Table = Readonly<Record<string, string>>;
export type SameKeys<T extends Table> = { readonly [K in keyof T]: string };

type Holes<S extends string> = S extends `${string}{${infer P}}${infer R}` ? P | Holes<R> : never;
type Arguments<S extends string> = [Holes<S>] extends [never] ? [] : [Record<Holes<S>, string | number>];
type PluralStem<T> = { [K in keyof T]: K extends `${infer S}_other` ? S : never }[keyof T];

/** Translates with the keys of one table: `t("waiting.since", { time })`; `t.count("minutes", 3)` takes `minutes_one` or `minutes_other`. */
export interface Translate<T extends Table> {
  <K extends keyof T>(key: K, ...holes: Arguments<T[K]>): string;
  count(stem: PluralStem<T>, n: number): string;
}

const REMEMBERED_AS = "parvis.language";

function first(): LanguageWord {
  try {
    const remembered = localStorage.getItem(REMEMBERED_AS);
    if (remembered === "fr" || remembered === "en") return remembered;
  } catch {
    // Storage may be switched off; the browser's own languages decide then.
  }
  const known = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag === "fr" || tag === "en");
  return known === "en" ? "en" : "fr";
}

/** The language of the page. Reading it in a component makes the component follow it. */
export const locale = signal<LanguageWord>(first());

/** Chooses the language and remembers it on this device. */
export function chooseLanguage(language: LanguageWord): void {
  locale.value = language;
  try {
    localStorage.setItem(REMEMBERED_AS, language);
  } catch {
    // Then it lasts as long as the page.
  }
}

effect(() => {
  document.documentElement.lang = locale.value;
});

function fill(text: string, holes: Record<string, string | number> | undefined): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(holes?.[name] ?? ""));
}

/** Makes the translator of one table. */
export function dictionary<const T extends Table>(tables: { fr: T; en: SameKeys<T> }): Translate<T> {
  const t = (key: keyof T, holes?: Record<string, string | number>) => fill(tables[locale.value][key], holes);
  const count = (stem: string, n: number) => {
    const form = new Intl.PluralRules(locale.value).select(n) === "one" ? "one" : "other";
    return fill(tables[locale.value][`${stem}_${form}`] ?? "", { n });
  };
  return Object.assign(t, { count }) as Translate<T>;
}
