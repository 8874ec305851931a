import find from "icon:search";
import { type Signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
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
  onChoose(entry: AppointmentEntry): void;
}

/** Finds appointments by the patient's name, among those that this person may see. */
export function Search({ found, now, zone, chosen, onChoose }: SearchProps) {
  const id = useId();
  const typed = useSignal("");
  const fault = useSignal("");
  const seek = async () => {
    fault.value = "";
    if (typed.value.trim() === "") {
      found.value = undefined;
      return;
    }
    try {
      found.value = await search(typed.value);
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <search class="agenda-search">
      <form
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void seek();
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
                typed.value = "";
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
