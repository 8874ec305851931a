import find from "icon:search";
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { momentInWords } from "../../i18n/time";
import type { AppointmentEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Fault } from "../parts/Dialog";
import { codeOf, sentenceOf } from "../words";
import { nameOf, statusOf } from "./agenda";
import { ta } from "./agenda.words";
import { search } from "./calls";

interface SearchProps {
  found: Signal<readonly AppointmentEntry[] | undefined>;
  now: number;
  zone: string;
  chosen: string | undefined;
  /** How many times something was done here that what was found may not know. */
  changes?: number;
  onChoose(entry: AppointmentEntry): void;
}

/** Finds appointments by the patient's name, among those that this person may see. */
export function Search({ found, now, zone, chosen, changes = 0, onChoose }: SearchProps) {
  const id = useId();
  const typed = useSignal("");
  const fault = useSignal("");
  /** The words that were sought last; none when nothing is shown. */
  const sought = useRef("");
  const seek = async (words: string) => {
    fault.value = "";
    sought.current = words;
    if (words.trim() === "") {
      found.value = undefined;
      return;
    }
    try {
      const answer = await search(words);
      if (sought.current === words) found.value = answer;
    } catch (cause) {
      if (sought.current === words) fault.value = sentenceOf(codeOf(cause));
    }
  };
  useEffect(() => {
    if (changes > 0 && sought.current !== "") void seek(sought.current);
  }, [changes]);
  return (
    <search class="agenda-search">
      <form
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void seek(typed.value);
        }}
      >
        <label for={id}>{ta("search")}</label>
        <div class="agenda-search-line">
          <input
            id={id}
            type="search"
            placeholder={ta("searchHint")}
            value={typed.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
            }}
          />
          <button type="submit" class="button">
            <Icon of={find} />
            {ta("searchGo")}
          </button>
        </div>
      </form>
      <Fault text={fault.value} />
      {found.value && (
        <section aria-labelledby={`${id}-found`}>
          <div class="waiting-head">
            <h2 id={`${id}-found`}>{ta("searchTitle")}</h2>
            <button
              type="button"
              class="button"
              onClick={() => {
                found.value = undefined;
                typed.value = sought.current = "";
              }}
            >
              {ta("searchClear")}
            </button>
          </div>
          <p class="muted" role="status">
            {found.value.length === 0 ? ta("foundNone") : ta.count("found", found.value.length)}
          </p>
          <ul class="rows">
            {found.value.map((entry) => (
              <li
                key={entry.appointment}
                class={`row row-found tone-${statusOf(entry, now).tone}${entry.appointment === chosen ? " chosen" : ""}`}
              >
                <p class="tabular">{momentInWords(entry.startsAt, zone)}</p>
                <div class="row-what">
                  <button
                    type="button"
                    class="row-open"
                    aria-pressed={entry.appointment === chosen}
                    onClick={() => onChoose(entry)}
                  >
                    {nameOf(entry)}
                  </button>
                  <p class="muted">{entry.service}</p>
                </div>
                <p class="row-status">{statusOf(entry, now).words}</p>
              </li>
            ))}
          </ul>
        </section>
      )}
    </search>
  );
}
