import clock from "icon:clock";
import info from "icon:info";
import { useEffect } from "preact/hooks";
import { dayInWords, stopwatch, timeOfDay } from "../i18n/time";
import { Icon } from "../ui/icon";
import { AfterPart, Key } from "./asked";
import { untilOpenMs } from "./door";
import { Frame, Telephone, useClock, Warning } from "./parts";
import { SendFiles } from "./SendFiles";
import type { Visit } from "./visit";
import { restInWords, t } from "./words";

/** The link opens: when the visit is, with whom, and one thing to do. */
export function Door({ visit }: { visit: Visit }) {
  const look = visit.look.value;
  const isElsewhere = look?.isElsewhere === true;
  useEffect(() => {
    if (look?.asks) void Key.fetchIt();
  }, [look?.asks]);
  return (
    <Frame visit={visit} title={t(isElsewhere ? "door.elsewhere" : "door.title")}>
      <When visit={visit} />
      {isElsewhere ? (
        <p>{t("door.elsewhereText")}</p>
      ) : (
        <p class="notice info">
          <Icon of={info} />
          <span>{t("door.allow")}</span>
        </p>
      )}
      {look?.asks && !look.asks.isLocked && (look.asks.sms || look.asks.email) && !look.asks.pin && (
        <p>{t(look.asks.sms ? "door.codeSms" : "door.codeEmail")}</p>
      )}
      <button type="button" class="button primary wide" onClick={() => visit.continue()}>
        {t(isElsewhere ? "door.here" : "door.continue")}
      </button>
      <Agree visit={visit} />
      <SendFiles visit={visit} />
    </Frame>
  );
}

/** What going on means, and where it is told in full. */
function Agree({ visit }: { visit: Visit }) {
  const look = visit.look.value;
  if (look?.consentVersion === undefined) return null;
  return (
    <div class="agree">
      {look.consent !== "given" && <p>{t("door.agree")}</p>}
      <button
        type="button"
        class="button quiet wide"
        onClick={() => {
          visit.isReading.value = true;
        }}
      >
        {t("door.read")}
      </button>
    </div>
  );
}

/** Day and time of the visit in words, in the hospital's time zone. */
function When({ visit }: { visit: Visit }) {
  const { startsAt, service } = visit.look.value ?? {};
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
      {service && <p class="with">{t("door.with", { service })}</p>}
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
      {look.mayChange && (
        <button
          type="button"
          class="button wide"
          onClick={() => {
            visit.isChanging.value = true;
          }}
        >
          {t("early.change")}
        </button>
      )}
      <Agree visit={visit} />
      <SendFiles visit={visit} />
    </Frame>
  );
}

/** A door that does not open any more: what happened, what to do, whom to call. */
export function ClosedDoor({ visit }: { visit: Visit }) {
  const why = visit.closed ?? "unknown";
  const { startsAt, outcome } = visit.look.value ?? {};
  return (
    <Frame visit={visit} title={t(`closed.${why}.title`)}>
      {why === "over" && outcome && outcome !== "completed" && <p>{t(`over.${outcome}`)}</p>}
      <p>{t(`closed.${why}.text`)}</p>
      {startsAt && visit.facts.value && why !== "over" && (
        <p class="muted">
          {t(why === "moved" ? "closed.now" : "closed.was", {
            day: dayInWords(startsAt, visit.timeZone),
            time: timeOfDay(startsAt, visit.timeZone),
          })}
        </p>
      )}
      {why === "over" && <AfterPart visit={visit} />}
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
