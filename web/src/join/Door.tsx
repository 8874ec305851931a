import clock from "icon:clock";
import copy from "icon:copy";
import info from "icon:info";
import { useSignal } from "@preact/signals";
import { dayInWords, stopwatch, timeOfDay } from "../i18n/time";
import { Icon } from "../ui/icon";
import { maySeeAnyway } from "./browser";
import { untilOpenMs } from "./door";
import { addressOf } from "./link";
import { Frame, Telephone, useClock, Warning } from "./parts";
import { SendFiles } from "./SendFiles";
import type { Visit } from "./visit";
import { restInWords, t } from "./words";

/** The link opens: when the visit is, and one thing to do. */
export function Door({ visit }: { visit: Visit }) {
  return (
    <Frame visit={visit} title={t("door.title")}>
      <When visit={visit} />
      <p class="notice info">
        <Icon of={info} />
        <span>{t("door.allow")}</span>
      </p>
      <button type="button" class="button primary wide" onClick={() => visit.continue()}>
        {t("door.continue")}
      </button>
      <SendFiles link={visit.link} />
    </Frame>
  );
}

/** Day and time of the visit in words, in the hospital's time zone. */
function When({ visit }: { visit: Visit }) {
  const startsAt = visit.look.value?.startsAt;
  if (!startsAt || !visit.facts.value) return null;
  const zone = visit.timeZone;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isElsewhere = timeOfDay(startsAt, zone) !== timeOfDay(startsAt, here);
  return (
    <div class="when">
      <p>
        <time dateTime={startsAt}>
          {t("door.when", { day: dayInWords(startsAt, zone), time: timeOfDay(startsAt, zone) })}
        </time>
      </p>
      {isElsewhere && (
        <p class="muted">{t("door.zone", { zone: (zone.split("/").pop() ?? zone).replace("_", " ") })}</p>
      )}
    </div>
  );
}

/** Too early: opens by itself. */
export function Early({ visit }: { visit: Visit }) {
  const now = useClock(visit);
  const look = visit.look.value;
  if (!look) return null;
  const restMs = untilOpenMs(look, now);
  return (
    <Frame visit={visit} title={t("early.title")}>
      <When visit={visit} />
      {look.opensAt && (
        <div class="countdown">
          <p>{t("early.opens", { time: timeOfDay(look.opensAt, visit.timeZone) })}</p>
          <p class="countdown-in">
            <Icon of={clock} />
            <span>
              {t("early.in")}{" "}
              <strong class="tabular">{restMs < 3_600_000 ? stopwatch(restMs) : restInWords(restMs)}</strong>
            </span>
          </p>
        </div>
      )}
      <p>{t("early.self")}</p>
      <button type="button" class="button primary wide" onClick={() => visit.testEarly()}>
        {t("early.test")}
      </button>
      <SendFiles link={visit.link} />
    </Frame>
  );
}

/** A door that does not open any more: what happened, what to do, whom to call. */
export function ClosedDoor({ visit }: { visit: Visit }) {
  const why = visit.closed ?? "unknown";
  const startsAt = visit.look.value?.startsAt;
  return (
    <Frame visit={visit} title={t(`closed.${why}.title`)}>
      <p>{t(`closed.${why}.text`)}</p>
      {startsAt && visit.facts.value && why !== "over" && (
        <p class="muted">
          {t("closed.was", { day: dayInWords(startsAt, visit.timeZone), time: timeOfDay(startsAt, visit.timeZone) })}
        </p>
      )}
      <Telephone visit={visit} isButton />
    </Frame>
  );
}

export function NoLink({ visit }: { visit: Visit }) {
  return (
    <Frame visit={visit} title={t("nolink.title")}>
      <p>{t("nolink.text")}</p>
      <Telephone visit={visit} isButton />
    </Frame>
  );
}

/** A moment that takes no decision, in words. */
export function Moment({ visit, page }: { visit: Visit; page: "looking" | "resuming" | "unreachable" }) {
  return (
    <Frame visit={visit} title={t(`${page}.title`)}>
      <p role="status">{t(`${page}.text`)}</p>
      {visit.isSlow.value && <Warning>{t("lost.first")}</Warning>}
      {page === "unreachable" && (
        <button type="button" class="button wide" onClick={() => location.reload()}>
          {t("reload")}
        </button>
      )}
    </Frame>
  );
}

/** A window of another app, or a browser without camera and microphone. */
export function OtherBrowser({ visit }: { visit: Visit }) {
  const state = useSignal<"" | "copied" | "by_hand">("");
  const address = addressOf(visit.link ?? "");
  const copyIt = async () => {
    try {
      await navigator.clipboard.writeText(address);
      state.value = "copied";
    } catch {
      state.value = "by_hand";
    }
  };
  return (
    <Frame visit={visit} title={t("unsupported.title")}>
      <p>{t("unsupported.text")}</p>
      <button type="button" class="button primary wide" onClick={() => void copyIt()}>
        <Icon of={copy} />
        {t("unsupported.copy")}
      </button>
      <p role="status">{state.value === "copied" && t("unsupported.copied")}</p>
      {state.value === "by_hand" && (
        <label class="field">
          <span>{t("unsupported.byHand")}</span>
          <input readOnly value={address} onFocus={(event) => event.currentTarget.select()} />
        </label>
      )}
      {maySeeAnyway() && (
        <button
          type="button"
          class="button quiet wide"
          onClick={() => {
            visit.isOtherBrowserWanted.value = false;
          }}
        >
          {t("unsupported.anyway")}
        </button>
      )}
    </Frame>
  );
}
