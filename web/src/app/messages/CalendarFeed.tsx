import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayInWords } from "../../i18n/time";
import type { CalendarFeedState } from "../../protocol";
import { CopyLine } from "../parts/CopyLine";
import { Dialog, Fault } from "../parts/Dialog";
import { codeOf, sentenceOf } from "../words";
import { t } from "./messages.words";
import { calendarFeed, makeCalendarFeed, removeCalendarFeed } from "./requests";
import "./messages.css";

/** The address at which one's own calendar reads one's appointments: made, told once, and taken back. */
export function CalendarFeed({ zone, onClose }: { zone: string; onClose(): void }) {
  const state = useSignal<CalendarFeedState | undefined>(undefined);
  const fault = useSignal("");
  const done = useSignal("");
  const act = async (step: () => Promise<CalendarFeedState>, word = "") => {
    fault.value = "";
    done.value = "";
    try {
      state.value = await step();
      done.value = word;
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  useEffect(() => {
    void act(calendarFeed);
  }, []);
  const { madeAt, address } = state.value ?? {};
  return (
    <Dialog title={t("feed.title")} onClose={onClose}>
      <p>{t("feed.intro")}</p>
      <Fault text={fault.value} />
      {state.value && madeAt === undefined && <p class="muted">{t("feed.none")}</p>}
      {madeAt !== undefined && address === undefined && <p>{t("feed.since", { day: dayInWords(madeAt, zone) })}</p>}
      {address !== undefined && (
        <div class="notice warn">
          <div class="panel-link">
            <p>{t("feed.once")}</p>
            <CopyLine label={t("feed.address")} text={address} />
          </div>
        </div>
      )}
      <p role="status">{done.value}</p>
      {madeAt !== undefined && <p class="muted">{t("feed.againHint")}</p>}
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("feed.close")}
        </button>
        {madeAt !== undefined && (
          <button
            type="button"
            class="button quiet-danger"
            onClick={() => void act(() => removeCalendarFeed().then(() => ({})), t("feed.removed"))}
          >
            {t("feed.remove")}
          </button>
        )}
        <button
          type="button"
          class={`button ${madeAt === undefined ? "primary" : ""}`}
          onClick={() => void act(makeCalendarFeed)}
        >
          {t(madeAt === undefined ? "feed.make" : "feed.again")}
        </button>
      </div>
    </Dialog>
  );
}
