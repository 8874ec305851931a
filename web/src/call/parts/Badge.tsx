import help from "icon:circle-question-mark";
import key from "icon:key-round";
import phone from "icon:phone";
import shield from "icon:shield-check";
import type { AssuranceWord } from "../../protocol";
import { Icon } from "../../ui/icon";
import { t } from "./badge.words";
import "./badge.css";

const ICONS: Record<AssuranceWord, Parameters<typeof Icon>[0]["of"]> = {
  signed_in: shield,
  link_and_code: key,
  telephone: phone,
  link_only: help,
};

/** How sure it is who this is, by the way they came in. Nothing for somebody who has not come. On small pictures the words are only spoken. */
export function Badge({ word, isSmall }: { word: AssuranceWord | undefined; isSmall?: boolean }) {
  if (word === undefined) return null;
  return (
    <span class={`assurance assurance-${word}`} title={t(word)}>
      <Icon of={ICONS[word]} size={16} />
      <span class={isSmall ? "spoken" : ""}>{t(word)}</span>
    </span>
  );
}
