import save from "icon:save";
import remove from "icon:trash";
import type { ReadonlySignal } from "@preact/signals";
import type { MarkState, Person } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Check } from "../Check";
import type { Screens } from "../screens";
import type { Sign } from "../signs";
import type { Marking } from "./marking";
import { t } from "./tools.words";
import { markInWords } from "./values";

interface Props {
  screens: Screens;
  marking: Marking;
  people: ReadonlySignal<readonly Person[]>;
}

/** What staff do with all marks: show them, let guests draw, save them, and find each. */
export function MarkList({ screens, marking, people }: Props) {
  const { viewing, authors } = screens;
  const state = viewing.state.value;
  const marks = [...viewing.marks.known.value.all.values()].sort((a, b) => a.at.localeCompare(b.at));
  const isPresenting = screens.isPresenting.value;
  return (
    <>
      <Check
        word={t("show")}
        hint={isPresenting ? t("showHint") : t("onlyPresenter")}
        isOn={state?.hasMarks === true}
        isDisabled={!isPresenting}
        set={() => marking.toggleShown()}
      />
      {state && isPresenting && (
        <>
          <Check
            word={t("guestsMark")}
            hint={t("guestsMarkHint")}
            isOn={state.guests.mayMark}
            set={(mayMark) => screens.wire.send({ type: "set_guest_tools", ...state.guests, mayMark })}
          />
          <Check
            word={t("guestsMeasure")}
            hint={t("guestsMeasureHint")}
            isOn={state.guests.mayMeasure}
            set={(mayMeasure) => screens.wire.send({ type: "set_guest_tools", ...state.guests, mayMeasure })}
          />
        </>
      )}
      {marks.length > 0 && (
        <div class="mark-row">
          <button type="button" class="button" onClick={() => void marking.save()}>
            <Icon of={save} />
            <span>{t("save")}</span>
          </button>
          <p class="muted">{t("saveHint")}</p>
        </div>
      )}
      <p role="status">{marking.hasSaved.value ? t("saved") : ""}</p>
      <h3>{t("list")}</h3>
      {marks.length === 0 ? (
        <p class="muted">{t("none")}</p>
      ) : (
        <ul class="mark-list">
          {marks.map((mark) => (
            <Entry key={mark.mark} mark={mark} marking={marking} sign={authors.of(people.value, mark.participant)} />
          ))}
        </ul>
      )}
    </>
  );
}

function Entry({ mark, marking, sign }: { mark: MarkState; marking: Marking; sign: Sign }) {
  const words = markInWords(mark, sign.name, marking.isOwn(mark));
  const where = marking.places.whereIs(mark);
  return (
    <li>
      <p class="mark-who">
        <svg class={`mark ${sign.colour}`} viewBox="-14 -14 28 28" width="24" height="24" aria-hidden="true">
          <polygon class="mark-plate" points={sign.shape} />
          <text class="mark-letter" text-anchor="middle" dy="0.36em">
            {sign.letter}
          </text>
        </svg>
        <span>
          {words} <span class="muted">{t(where)}</span>
        </span>
      </p>
      <div class="mark-row">
        {where === "here" ? (
          <button
            type="button"
            class="button"
            aria-label={t("chooseOf", { mark: words })}
            onClick={() => marking.goTo(mark)}
          >
            {t("choose")}
          </button>
        ) : (
          marking.places.mayGoTo(mark) && (
            <button
              type="button"
              class="button"
              aria-label={t("goToOf", { mark: words })}
              onClick={() => marking.goTo(mark)}
            >
              {t("goTo")}
            </button>
          )
        )}
        {marking.mayDelete(mark) && (
          <button
            type="button"
            class="button"
            aria-label={t("deleteOf", { mark: words })}
            onClick={(event) => {
              // This line goes; the focus stays in the panel.
              event.currentTarget.closest<HTMLElement>(".disclosure")?.querySelector<HTMLElement>("button")?.focus();
              marking.delete(mark);
            }}
          >
            <Icon of={remove} />
            <span>{t("delete")}</span>
          </button>
        )}
      </div>
    </li>
  );
}
