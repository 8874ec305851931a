import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call } from "../api";
import { dayInWords, isoDay, timeOfDay } from "../i18n/time";
import type { GuestChanges, GuestMoved, GuestSlot } from "../protocol";
import { c } from "./change.words";
import { Frame, Telephone } from "./parts";
import type { Visit } from "./visit";
import { codeOf, sentenceOf } from "./words";

/** So many days are shown at first, and more on a tap. */
const DAYS_AT_ONCE = 3;

/** The patient moves the appointment to a free time, or cancels it, where the service lets them. */
export function Change({ visit }: { visit: Visit }) {
  const changes = useSignal<GuestChanges | undefined>(undefined);
  const fault = useSignal("");
  const shown = useSignal(DAYS_AT_ONCE);
  const chosen = useSignal<GuestSlot | undefined>(undefined);
  const isSure = useSignal(false);
  const isBusy = useSignal(false);
  const done = useSignal<GuestMoved | "cancelled" | undefined>(undefined);
  const zone = visit.timeZone;
  const link = visit.link ?? "";
  const when = (instant: string) => ({ day: dayInWords(instant, zone), time: timeOfDay(instant, zone) });
  const load = async () => {
    fault.value = "";
    try {
      changes.value = await call<GuestChanges>("POST", "/api/guest/slots", { json: { link } });
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  useEffect(() => void load(), []);
  const act = async (step: () => Promise<GuestMoved | "cancelled">) => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    fault.value = "";
    try {
      done.value = await step();
      visit.hasChanged.value = true;
    } catch (cause) {
      const code = codeOf(cause);
      // Somebody else was faster: what is free now is shown anew.
      if (code === "slot_taken") await load();
      chosen.value = undefined;
      isSure.value = false;
      fault.value = sentenceOf(code);
    } finally {
      isBusy.value = false;
    }
  };
  const move = (slot: GuestSlot) =>
    act(() => call<GuestMoved>("POST", "/api/guest/reschedule", { json: { link, startsAt: slot.startsAt } }));
  const cancel = () =>
    act(async () => {
      await call("POST", "/api/guest/cancel", { json: { link } });
      return "cancelled" as const;
    });

  const told = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    // The button that was pressed may be gone, and the sentence may stand above what is seen.
    if (fault.value !== "") told.current?.focus();
  }, [fault.value]);

  if (done.value === "cancelled")
    return (
      <Frame key="cancelled" visit={visit} title={c("cancelled")}>
        <p>{c("cancelledText")}</p>
        <Telephone visit={visit} isButton />
      </Frame>
    );
  if (done.value) {
    const { startsAt, address } = done.value;
    return (
      <Frame key="moved" visit={visit} title={c("moved")}>
        <p>{c("movedText", when(startsAt))}</p>
        <p>{c("movedLink")}</p>
        <a class="button primary wide" href={address}>
          {c("open")}
        </a>
      </Frame>
    );
  }
  if (isSure.value)
    return (
      <Frame key="sure" visit={visit} title={c("sure")}>
        <p>{c("sureText")}</p>
        <button type="button" class="button danger wide" aria-disabled={isBusy.value} onClick={() => void cancel()}>
          {isBusy.value ? c("cancelling") : c("yes")}
        </button>
        <Busy text={isBusy.value ? c("cancelling") : ""} />
        <button
          type="button"
          class="button wide"
          aria-disabled={isBusy.value}
          onClick={() => {
            if (!isBusy.peek()) isSure.value = false;
          }}
        >
          {c("no")}
        </button>
      </Frame>
    );
  const days = new Map<string, GuestSlot[]>();
  for (const slot of changes.value?.slots ?? []) {
    const day = isoDay(new Date(slot.startsAt), zone);
    days.set(day, [...(days.get(day) ?? []), slot]);
  }
  const startsAt = visit.look.value?.startsAt;
  return (
    <Frame key="choosing" visit={visit} title={c("title")}>
      {startsAt && <p>{c("now", when(startsAt))}</p>}
      <div role="alert">
        {fault.value !== "" && (
          <p class="notice danger" ref={told} tabIndex={-1}>
            {fault.value}
          </p>
        )}
      </div>
      {!changes.value && fault.value === "" && <p role="status">{c("loading")}</p>}
      {changes.value?.mayMove && (
        <section class="change" aria-labelledby="change-move">
          <h2 id="change-move">{c("choose")}</h2>
          {days.size === 0 && <p>{c("none")}</p>}
          {[...days].slice(0, shown.value).map(([day, slots]) => (
            <div key={day}>
              <h3>{dayInWords(`${day}T12:00:00Z`, "UTC")}</h3>
              <ul class="change-times">
                {slots.map((slot) => (
                  <li key={slot.startsAt}>
                    <button
                      type="button"
                      class="button tabular"
                      aria-pressed={slot.startsAt === chosen.value?.startsAt}
                      aria-disabled={isBusy.value}
                      onClick={() => {
                        if (!isBusy.peek()) chosen.value = slot;
                      }}
                    >
                      {timeOfDay(slot.startsAt, zone)}
                    </button>
                  </li>
                ))}
              </ul>
            </div>
          ))}
          {days.size > shown.value && (
            <button
              type="button"
              class="button wide"
              onClick={() => {
                shown.value += DAYS_AT_ONCE;
              }}
            >
              {c("more")}
            </button>
          )}
        </section>
      )}
      {chosen.value && (
        <button
          type="button"
          class="button primary wide"
          aria-disabled={isBusy.value}
          onClick={() => {
            if (chosen.value) void move(chosen.value);
          }}
        >
          {isBusy.value ? c("moving") : c("moveTo", when(chosen.value.startsAt))}
        </button>
      )}
      <Busy text={isBusy.value ? c("moving") : ""} />
      {changes.value?.mayCancel && (
        <button
          type="button"
          class="button wide"
          aria-disabled={isBusy.value}
          onClick={() => {
            if (!isBusy.peek()) isSure.value = true;
          }}
        >
          {c("cancel")}
        </button>
      )}
      <button
        type="button"
        class="button quiet wide"
        aria-disabled={isBusy.value}
        onClick={() => {
          if (!isBusy.peek()) visit.backToDoor();
        }}
      >
        {c("back")}
      </button>
    </Frame>
  );
}

/** That something is on its way, read out; the button that was pressed shows it. */
function Busy({ text }: { text: string }) {
  return (
    <p class="spoken" role="status">
      {text}
    </p>
  );
}
