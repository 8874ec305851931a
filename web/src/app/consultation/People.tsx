import doorOpen from "icon:door-open";
import lock from "icon:lock";
import lockOpen from "icon:lock-open";
import { useSignal } from "@preact/signals";
import type { Call } from "../../call/call";
import { Volume } from "../../call/parts/DevicePanel";
import { tc } from "../../call/parts/words";
import { stopwatch } from "../../i18n/time";
import type { DeviceStateWord, Person, PlaceWord } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Confirm } from "../parts/Dialog";
import { useClock } from "../parts/hooks";
import { t } from "../words";
import type { Visit } from "./visit";

/** Who waits, above everything else: it must not depend on the tab that is open. */
export function WaitingNow({ visit }: { visit: Visit }) {
  useClock();
  const waiting = visit.waiting;
  return (
    <>
      <p class="spoken" role="status">
        {waiting.length > 0 ? t.count("agenda.titleWaiting", waiting.length) : ""}
      </p>
      {waiting.length > 0 && (
        <ul class="waiting-now">
          {waiting.map((person) => (
            <li key={person.participant}>
              <p class="tabular">
                {t("people.waits", {
                  name: person.name,
                  role: t(`role.${person.role}`),
                  time: stopwatch(visit.sinceMs(person)),
                })}
              </p>
              <button
                type="button"
                class="button primary"
                onClick={() => void visit.ask({ type: "admit", participant: person.participant })}
              >
                <Icon of={doorOpen} />
                {t("people.admit")}
                <span class="spoken"> {person.name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const ORDER: Record<PlaceWord, number> = {
  waiting: 0,
  in_call: 1,
  admitted: 2,
  lost: 3,
  testing: 4,
  invited: 5,
  left: 6,
  removed: 7,
};

/** Everybody of the consultation, those that wait first. */
export function People({ visit }: { visit: Visit }) {
  useClock();
  const removing = useSignal<Person | undefined>(undefined);
  const self = visit.call.self.participant;
  const { call } = visit;
  const people = [...visit.call.people.value].sort((a, b) => ORDER[a.place.state] - ORDER[b.place.state]);
  return (
    <>
      <Lock visit={visit} />
      <ul class="people">
        {people.map((person) => {
          const { participant, role, place } = person;
          const isGuest = role !== "practitioner";
          const isIn = place.state === "in_call" || place.state === "admitted" || place.state === "lost";
          return (
            <li key={participant}>
              <p>
                <strong>{person.name}</strong>{" "}
                <span class="muted">
                  {t(person.hasDroppedIn ? "role.droppedIn" : `role.${role}`)}
                  {participant === self && ` (${t("people.you")})`}
                </span>
              </p>
              <p class="tabular">
                {place.state === "waiting"
                  ? t("place.waitingSince", { time: stopwatch(visit.sinceMs(person)) })
                  : t(`place.${place.state}`)}
              </p>
              <Devices person={person} />
              {place.state === "in_call" && <Quality call={call} participant={participant} />}
              {place.state === "in_call" && participant !== self && (
                <>
                  <Volume call={call} participant={participant} name={person.name} />
                  <MuteOthers visit={visit} person={person} />
                </>
              )}
              {isGuest && place.state !== "left" && place.state !== "removed" && (
                <div class="people-steps">
                  {place.state === "waiting" && (
                    <button type="button" class="button" onClick={() => void visit.ask({ type: "admit", participant })}>
                      {t("people.admit")}
                      <span class="spoken"> {person.name}</span>
                    </button>
                  )}
                  {isIn && (
                    <button
                      type="button"
                      class="button"
                      onClick={() => void visit.ask({ type: "put_back", participant })}
                    >
                      {t("people.putBack")}
                      <span class="spoken"> {person.name}</span>
                    </button>
                  )}
                  <button
                    type="button"
                    class="button quiet-danger"
                    onClick={() => {
                      removing.value = person;
                    }}
                  >
                    {t("people.remove")}
                    <span class="spoken"> {person.name}</span>
                  </button>
                </div>
              )}
            </li>
          );
        })}
      </ul>
      {removing.value && (
        <Confirm
          title={t("people.removeQuestion", { name: removing.value.name })}
          meaning={t("people.removeMeaning")}
          confirm={t("people.removeConfirm")}
          keep={t("panel.keep")}
          onConfirm={() => visit.wire.request({ type: "remove", participant: removing.value?.participant ?? "" })}
          onClose={() => {
            removing.value = undefined;
          }}
        />
      )}
    </>
  );
}

/** Nobody new comes in while the consultation is locked. */
function Lock({ visit }: { visit: Visit }) {
  const isLocked = visit.call.isLocked.value;
  return (
    <div class="people-lock">
      <p>
        <Icon of={isLocked ? lock : lockOpen} />
        <span>{isLocked ? t("lock.isLocked") : t("lock.isOpen")}</span>
      </p>
      <button type="button" class="button" onClick={() => void visit.ask({ type: "lock", isLocked: !isLocked })}>
        {isLocked ? t("lock.unlock") : t("lock.lock")}
      </button>
    </div>
  );
}

function Quality({ call, participant }: { call: Call; participant: string }) {
  const word = call.quality.value.get(participant);
  return word ? <p class={`muted people-quality ${word}`}>{tc(`quality.${word}`)}</p> : null;
}

/** What somebody sends now, each with the way to switch it off for them. Only they can switch it on again. */
function MuteOthers({ visit, person }: { visit: Visit; person: Person }) {
  const sources = visit.call.remote.value.get(person.participant) ?? {};
  const sent = SENT.filter((source) => sources[source] !== undefined && !person.muted.includes(source));
  if (sent.length === 0 || visit.call.telephone.value) return null;
  return (
    <div class="people-steps">
      {sent.map((source) => (
        <button
          key={source}
          type="button"
          class="button"
          onClick={() => void visit.ask({ type: "mute_other", participant: person.participant, source })}
        >
          {t(`mute.${source}`)}
          <span class="spoken"> {person.name}</span>
        </button>
      ))}
    </div>
  );
}

const SENT = ["microphone", "camera", "screen", "second_camera", "auscultation"] as const;

function Devices({ person }: { person: Person }) {
  const line = (what: string, state: DeviceStateWord) => t("device.line", { what, state: t(`device.${state}`) });
  const both = `${t("device.camera")} ${t("app.and")} ${t("device.microphone")}`;
  const isIn = person.place.state === "in_call";
  const words = [
    person.camera && person.camera !== "works" && line(t("device.camera"), person.camera),
    person.microphone && person.microphone !== "works" && line(t("device.microphone"), person.microphone),
    person.camera === "works" && person.microphone === "works" && !isIn && line(both, "works"),
    ...(isIn ? person.muted.map((source) => t(`muted.${source}`)) : []),
  ].filter(Boolean);
  return words.length > 0 ? <p class="muted">{words.join(" · ")}</p> : null;
}
