import bell from "icon:bell-ring";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { stopwatch } from "../../i18n/time";
import type { CallBackEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Feed } from "../agenda/feed";
import { Fault } from "../parts/Dialog";
import { useClock } from "../parts/hooks";
import { codeOf, sentenceOf } from "../words";
import { t } from "./report.words";
import { callBacks, reopen } from "./requests";
import "./report.css";

/**
 * Those who ask to be called back into a visit that has just ended; told wherever staff look at their day. The page of a
 * visit (`here`) has its own way to open it again.
 */
export function CallBacks({ here }: { here?: string }) {
  const feed = useMemo(() => new Feed<CallBackEntry>(callBacks), []);
  useEffect(() => () => feed.close(), [feed]);
  const now = useClock();
  const asking = (feed.entries.value ?? []).filter(({ reopensUntil }) => Date.parse(reopensUntil) > now);
  return (
    <div role="status" class="call-backs">
      {asking.map((each) => (
        <div key={`${each.appointment} ${each.name}`} class="notice info">
          <Icon of={bell} />
          <p>{t("back.asks", { name: each.name })}</p>
          {each.appointment !== here && <Reopen appointment={each.appointment} until={each.reopensUntil} />}
        </div>
      ))}
    </div>
  );
}

/** Opens a visit again, as long as that is possible, and goes there. */
export function Reopen({ appointment, until }: { appointment: string; until: string }) {
  const now = useClock();
  const fault = useSignal("");
  const restMs = Date.parse(until) - now;
  if (restMs <= 0) return null;
  const open = async () => {
    try {
      await reopen(appointment);
      location.assign(`/app/consultation/${encodeURIComponent(appointment)}`);
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <div class="reopen">
      <button type="button" class="button" onClick={() => void open()}>
        {t("back.reopen")}
      </button>
      <p class="muted tabular">{t("back.hint", { time: stopwatch(restMs) })}</p>
      <Fault text={fault.value} />
    </div>
  );
}
