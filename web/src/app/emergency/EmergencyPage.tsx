import search from "icon:search";
import { useSignal } from "@preact/signals";
import type { TargetedInputEvent } from "preact";
import { useId } from "preact/hooks";
import { useLocation } from "preact-iso";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { EmergencyEntry, EmergencyFound, EmergencySearch, EmergencyState } from "../../protocol";
import { Icon } from "../../ui/icon";
import { moment } from "../admin/moment";
import { useAsked } from "../parts/asked";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { usePage } from "../parts/hooks";
import { ask } from "../requests";
import { facts } from "../who";
import { codeOf, sentenceOf } from "../words";
import { t } from "./emergency.words";
import "./emergency.css";

const MIN_LETTERS = 20;
const MIN_WORDS = 3;

/** Whether a reason says enough, as the gateway will have it. */
export const saysEnough = (reason: string): boolean => {
  const words = reason.trim().split(/\s+/);
  return (
    words.join(" ").length >= MIN_LETTERS && words.filter((word) => /[\p{L}\p{N}]/u.test(word)).length >= MIN_WORDS
  );
};

/** To open one appointment of others with a reason, and to see who opened one's own. */
export function EmergencyPage() {
  const heading = usePage(t("title"));
  const { told: state, fault, load } = useAsked<EmergencyState>("/api/emergency");
  const shown = state.value;
  return (
    <>
      <Header />
      <main class="emergency" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("title")}
        </h1>
        <Fault text={fault.value} onRetry={() => void load()} />
        {shown && (
          <>
            <p>{t("intro", { minutes: shown.minutes })}</p>
            <p class="notice warn">{t("noted")}</p>
            {shown.open.length > 0 && <Open entries={shown.open} />}
            <Ask />
            {shown.told.length > 0 && <Told entries={shown.told} />}
          </>
        )}
      </main>
    </>
  );
}

const zoneOf = () => facts.value?.timeZone ?? "UTC";

function Open({ entries }: { entries: readonly EmergencyEntry[] }) {
  return (
    <section>
      <h2>{t("openNow")}</h2>
      <ul class="emergency-list">
        {entries.map((each) => (
          <li key={`${each.appointment} ${each.beganAt}`}>
            <p>
              <strong>{each.patient}</strong>, {each.service}, {moment(each.startsAt)}
              <br />
              <span class="muted">{t("until", { time: timeOfDay(each.endsAt, zoneOf()) })}</span>
            </p>
            <a class="button" href={`/app/emergency/${encodeURIComponent(each.appointment)}`}>
              {t("read")}
              <span class="spoken"> {each.patient}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Told({ entries }: { entries: readonly EmergencyEntry[] }) {
  return (
    <section>
      <h2>{t("told")}</h2>
      <ul class="emergency-list">
        {entries.map((each) => (
          <li key={`${each.appointment} ${each.beganAt}`}>
            <p>
              {t("toldOne", {
                by: each.by,
                patient: each.patient,
                day: dayInWords(each.beganAt, zoneOf()),
                time: timeOfDay(each.beganAt, zoneOf()),
              })}
              <br />
              <span class="muted">{t("toldReason", { reason: each.reason })}</span>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Finds the appointment, takes the reason, opens it. */
function Ask() {
  const id = useId();
  const { route } = useLocation();
  const way = useSignal<"name" | "reference">("name");
  const name = useSignal("");
  const birthDate = useSignal("");
  const reference = useSignal("");
  const found = useSignal<readonly EmergencyFound[] | undefined>(undefined);
  const chosen = useSignal<string | undefined>(undefined);
  const reason = useSignal("");
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const seek = async () => {
    fault.value = "";
    found.value = chosen.value = undefined;
    const isName = way.value === "name";
    const json: EmergencySearch = isName
      ? { name: name.value.trim(), birthDate: birthDate.value }
      : { appointment: reference.value.trim() };
    if (Object.values(json).some((value) => value === "")) {
      fault.value = t("missing");
      return;
    }
    try {
      found.value = await ask<EmergencyFound[]>("POST", "/api/emergency/search", { json });
      if (found.value.length === 1) chosen.value = found.value[0]?.appointment;
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  const open = async () => {
    fault.value = "";
    if (chosen.value === undefined || !saysEnough(reason.value)) {
      fault.value =
        chosen.value === undefined ? t.count("found", found.value?.length ?? 0) : sentenceOf("reason_too_short");
      return;
    }
    isBusy.value = true;
    const appointment = encodeURIComponent(chosen.value);
    try {
      await ask("POST", `/api/appointments/${appointment}/emergency`, { json: { reason: reason.value } });
      route(`/app/emergency/${appointment}`);
    } catch (cause) {
      fault.value = codeOf(cause) === "already_yours" ? t("alreadyYours") : sentenceOf(codeOf(cause));
    }
    isBusy.value = false;
  };
  const field = (key: string, label: string, value: typeof name, isDate = false, hint = "") => {
    const input = {
      id: `${id}-${key}`,
      "aria-describedby": hint === "" ? undefined : `${id}-${key}-hint`,
      value: value.value,
      onInput: (event: TargetedInputEvent<HTMLInputElement>) => {
        value.value = event.currentTarget.value;
      },
    };
    return (
      <div class="field">
        <label for={`${id}-${key}`}>{label}</label>
        {hint !== "" && (
          <p class="hint" id={`${id}-${key}-hint`}>
            {hint}
          </p>
        )}
        {isDate ? <input type="date" {...input} /> : <input type="text" {...input} />}
      </div>
    );
  };
  return (
    <section>
      <form
        autocomplete="off"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void seek();
        }}
      >
        <fieldset class="emergency-ways">
          <legend>{t("by")}</legend>
          {(["name", "reference"] as const).map((each) => (
            <label key={each} class="check">
              <input
                type="radio"
                name={`${id}-way`}
                checked={way.value === each}
                onChange={() => {
                  way.value = each;
                  found.value = undefined;
                }}
              />
              {t(each === "name" ? "byName" : "byReference")}
            </label>
          ))}
        </fieldset>
        {way.value === "name" ? (
          <div class="emergency-find">
            {field("name", t("name"), name)}
            {field("birth", t("birthDate"), birthDate, true)}
          </div>
        ) : (
          field("reference", t("reference"), reference, false, t("referenceHint"))
        )}
        <button type="submit" class="button">
          <Icon of={search} />
          {t("search")}
        </button>
      </form>
      <div role="status">
        {found.value && <p>{found.value.length === 0 ? t("none") : t.count("found", found.value.length)}</p>}
      </div>
      {found.value && found.value.length > 0 && (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void open();
          }}
        >
          <div role="radiogroup" aria-label={t("which")}>
            {found.value.map((each) => (
              <label key={each.appointment} class="check">
                <input
                  type="radio"
                  name={`${id}-which`}
                  checked={chosen.value === each.appointment}
                  onChange={() => {
                    chosen.value = each.appointment;
                  }}
                />
                {moment(each.startsAt)}
              </label>
            ))}
          </div>
          <div class="field">
            <label for={`${id}-reason`}>{t("reason")}</label>
            <p class="hint" id={`${id}-reason-hint`}>
              {t("reasonHint", { letters: MIN_LETTERS, words: MIN_WORDS })}
            </p>
            <textarea
              id={`${id}-reason`}
              aria-describedby={`${id}-reason-hint`}
              rows={3}
              maxLength={1000}
              value={reason.value}
              onInput={(event) => {
                reason.value = event.currentTarget.value;
                fault.value = "";
              }}
            />
          </div>
          <button type="submit" class="button danger" disabled={isBusy.value}>
            {t("open")}
          </button>
        </form>
      )}
      <Fault text={fault.value} />
    </section>
  );
}
