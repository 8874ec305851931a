import down from "icon:arrow-down";
import up from "icon:arrow-up";
import doorOpen from "icon:door-open";
import hourglass from "icon:hourglass";
import message from "icon:message-square";
import moon from "icon:moon";
import alert from "icon:triangle-alert";
import check from "icon:user-check";
import volume from "icon:volume-2";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Badge } from "../../call/parts/Badge";
import { stopwatch, timeOfDay } from "../../i18n/time";
import type { Me, WaitingEntry, WaitingRoomState } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Alarm, isAlarmHeld, isAlarmOn, readyAlarm, setAlarm } from "../agenda/alarm";
import { Feed } from "../agenda/feed";
import { Confirm, Fault } from "../parts/Dialog";
import { mayConsult } from "../who";
import { codeOf, sentenceOf, t as tApp } from "../words";
import { DelayDialog, TellDialog } from "./dialogs";
import { Policies } from "./Policies";
import { putBefore, takeOver, waitingRoom } from "./requests";
import { awayMs, beforeWhom, devicesInWords, ringingFor, waitedMs } from "./waiting";
import { t } from "./waiting.words";
import "./waiting.css";

type Asked = { what: "write" | "takeOver"; entry: WaitingEntry } | { what: "late" };

/** The waiting room: everybody who waits where this person may see it, in order, and what can be done for them. */
export function WaitingPanel({ me, now, zone }: { me: Me; now: number; zone: string }) {
  const feed = useMemo(() => new Feed<WaitingRoomState>(async (signal) => [await waitingRoom(signal)]), []);
  useEffect(() => () => feed.close(), [feed]);
  const asked = useSignal<Asked | undefined>(undefined);
  const fault = useSignal("");
  const said = useSignal("");
  const { route } = useLocation();
  const room = feed.entries.value?.[0];
  const people = room?.people ?? [];
  const alarm = useRef(new Alarm());
  const ringing = ringingFor(people, mayConsult(me)).join(" ");
  useEffect(readyAlarm, []);
  const isKnown = room !== undefined;
  useEffect(() => {
    if (isKnown) alarm.current.update(ringing === "" ? [] : ringing.split(" "));
  }, [ringing, isKnown]);
  const close = () => {
    asked.value = undefined;
  };
  const move = async (entry: WaitingEntry, by: -1 | 1) => {
    const to = beforeWhom(people, entry, by);
    if (!to) return;
    fault.value = "";
    try {
      await putBefore(entry.appointment, entry.participant, to.before);
      said.value = t("moved");
      feed.fetch();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  const delays = room?.delays ?? [];
  return (
    <section class="waiting" aria-labelledby="agenda-waiting">
      <div class="waiting-head">
        <h2 id="agenda-waiting">{tApp("agenda.waiting")}</h2>
        <label class="check">
          <input
            type="checkbox"
            checked={isAlarmOn.value}
            onChange={(event) => setAlarm(event.currentTarget.checked)}
          />
          {tApp("agenda.alarm")}
        </label>
        {room && room.mayBeLate.length > 0 && (
          <button
            type="button"
            class="button"
            onClick={() => {
              asked.value = { what: "late" };
            }}
          >
            <Icon of={hourglass} />
            {t("late")}
          </button>
        )}
      </div>
      {isAlarmHeld() && (
        <div class="notice warn">
          <Icon of={volume} />
          <p>{tApp("agenda.alarmHeld")}</p>
          {/* Any click lets it play; this is one that says so. */}
          <button type="button" class="button">
            {tApp("agenda.alarmGo")}
          </button>
        </div>
      )}
      {feed.problem.value && <Fault text={sentenceOf(feed.problem.value)} onRetry={() => feed.fetch()} />}
      <Fault text={fault.value} />
      {delays.map((delay) => (
        <p key={delay.practitioner} class="notice info">
          <Icon of={hourglass} />
          <span>{t("lateIs", { name: delay.name, minutes: delay.minutes, time: timeOfDay(delay.toldAt, zone) })}</span>
        </p>
      ))}
      {/* Only who waits is read out, not each second of it. */}
      <p class="spoken" role="status">
        {people.length > 0 ? tApp.count("agenda.titleWaiting", people.length) : tApp("agenda.nobodyWaits")} {said.value}
      </p>
      {isKnown && people.length === 0 && <p class="muted">{tApp("agenda.nobodyWaits")}</p>}
      {people.length > 0 && (
        <ul class="rows">
          {people.map((entry) => (
            <Row
              key={entry.participant}
              entry={entry}
              people={people}
              now={now}
              zone={zone}
              onMove={(by) => void move(entry, by)}
              onAsk={(what) => {
                asked.value = { what, entry };
              }}
            />
          ))}
        </ul>
      )}
      {room?.maySetPolicy && room.services.length > 0 && <Policies services={room.services} />}
      {asked.value?.what === "write" && (
        <TellDialog
          {...asked.value.entry}
          onSent={() => {
            if (asked.value?.what === "write") said.value = t("writeSent", { name: asked.value.entry.name });
            feed.fetch();
          }}
          onClose={close}
        />
      )}
      {asked.value?.what === "late" && (
        <DelayDialog people={room?.mayBeLate ?? []} onTold={() => feed.fetch()} onClose={close} />
      )}
      {asked.value?.what === "takeOver" && (
        <TakeOver entry={asked.value.entry} onTaken={(to) => route(to)} onClose={close} />
      )}
    </section>
  );
}

const consultationOf = ({ appointment, participant }: WaitingEntry) =>
  `/app/consultation/${encodeURIComponent(appointment)}?admit=${encodeURIComponent(participant)}`;

function TakeOver({ entry, onTaken, onClose }: { entry: WaitingEntry; onTaken(to: string): void; onClose(): void }) {
  return (
    <Confirm
      title={t("takeOverQuestion", { name: entry.name })}
      meaning={t("takeOverMeaning")}
      confirm={t("takeOverConfirm")}
      keep={t("cancel")}
      isDanger={false}
      onConfirm={async () => {
        await takeOver(entry.appointment);
        onTaken(consultationOf(entry));
      }}
      onClose={onClose}
    />
  );
}

interface RowProps {
  entry: WaitingEntry;
  people: readonly WaitingEntry[];
  now: number;
  zone: string;
  onMove(by: -1 | 1): void;
  onAsk(what: "write" | "takeOver"): void;
}

function Row({ entry, people, now, zone, onMove, onAsk }: RowProps) {
  const isAway = entry.awaySince !== undefined;
  const devices = devicesInWords(entry);
  const others = entry.others.map((other) =>
    t("otherThere", { name: other.name, role: tApp(`role.${other.role}`), place: tApp(`place.${other.place}`) }),
  );
  const { told } = entry;
  return (
    <li class={`row row-waiting${isAway ? " row-away" : ""}`}>
      <p class="waiting-since tabular">{stopwatch(waitedMs(entry, now))}</p>
      <div class="row-what">
        <p>
          <strong id={`waiting-${entry.participant}`}>{entry.name}</strong>
          {entry.role !== "patient" && <span class="muted"> · {tApp(`role.${entry.role}`)}</span>}{" "}
          <Badge word={entry.assurance} />{" "}
          {entry.isIdentityChecked && (
            <span class="assurance assurance-signed_in">
              <Icon of={check} size={16} />
              <span>{t("checked")}</span>
            </span>
          )}
        </p>
        <p class="muted">{t("waitsFor", { time: timeOfDay(entry.startsAt, zone), service: entry.service })}</p>
        {isAway && (
          <p class="waiting-away">
            <Icon of={moon} size={18} />
            <span>{t("away", { time: stopwatch(awayMs(entry, now)) })}</span>
          </p>
        )}
        {entry.assurance === "link_only" && (
          <p class="waiting-look">
            <Icon of={alert} size={18} />
            <span>{t("linkOnly")}</span>
          </p>
        )}
        <p class="muted">
          {[devices, others.length > 0 ? t("with", { names: others.join(", ") }) : t("alone")]
            .filter((words) => words !== "")
            .join(" · ")}
        </p>
        {told && (
          <p class="muted">
            {t("told", { time: timeOfDay(told.at, zone), text: told.sentence ? t(told.sentence) : (told.text ?? "") })}
          </p>
        )}
      </div>
      <div class="waiting-steps">
        {entry.mayEnter && !isAway && (
          <a class="button primary" href={consultationOf(entry)} aria-describedby={`waiting-${entry.participant}`}>
            <Icon of={doorOpen} />
            {t("admit")}
          </a>
        )}
        {entry.mayTakeOver && (
          <button type="button" class="button" onClick={() => onAsk("takeOver")}>
            {t("takeOver")}
            <span class="spoken"> {entry.name}</span>
          </button>
        )}
        <button type="button" class="button" onClick={() => onAsk("write")}>
          <Icon of={message} />
          {t("write")}
          <span class="spoken"> {entry.name}</span>
        </button>
        {people.length > 1 && (
          <>
            <Mover
              icon={up}
              word={t("up")}
              name={entry.name}
              isEnd={beforeWhom(people, entry, -1) === undefined}
              onClick={() => onMove(-1)}
            />
            <Mover
              icon={down}
              word={t("down")}
              name={entry.name}
              isEnd={beforeWhom(people, entry, 1) === undefined}
              onClick={() => onMove(1)}
            />
          </>
        )}
      </div>
    </li>
  );
}

interface MoverProps {
  icon: Parameters<typeof Icon>[0]["of"];
  word: string;
  name: string;
  isEnd: boolean;
  onClick(): void;
}

function Mover({ icon, word, name, isEnd, onClick }: MoverProps) {
  return (
    <button
      type="button"
      class="button"
      aria-label={`${word}, ${name}`}
      title={word}
      aria-disabled={isEnd}
      onClick={() => !isEnd && onClick()}
    >
      <Icon of={icon} />
    </button>
  );
}
