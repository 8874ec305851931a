import idCard from "icon:id-card";
import lock from "icon:lock";
import lockOpen from "icon:lock-open";
import shield from "icon:shield";
import userCheck from "icon:user-check";
import { type Signal, useSignal } from "@preact/signals";
import type { Call } from "../../call/call";
import { Badge } from "../../call/parts/Badge";
import { Volume } from "../../call/parts/DevicePanel";
import { tc } from "../../call/parts/words";
import { stopwatch } from "../../i18n/time";
import { t as ts } from "../../protection/open.words";
import type { DeviceStateWord, Person, PlaceWord } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Confirm } from "../parts/Dialog";
import { useClock } from "../parts/hooks";
import { AdmitButton, hasOnlyLink, LookQuestion } from "../waiting/Admit";
import { RefuseDialog, TellDialog } from "../waiting/dialogs";
import { IdentityDialog } from "../waiting/Identity";
import { t as tw } from "../waiting/waiting.words";
import { t } from "../words";
import { ProtectionDialog } from "./More";
import type { Visit } from "./visit";

/** Who waits, above everything else: it must not depend on the tab that is open. */
export function WaitingNow({ visit }: { visit: Visit }) {
  useClock();
  const asked = useSignal<Asked | undefined>(undefined);
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
              <div class="people-steps">
                <AdmitButton
                  person={person}
                  isPrimary
                  onAdmit={() => void visit.admit(person.participant, false)}
                  onAsk={() => {
                    asked.value = { what: "look", person };
                  }}
                />
                <Write
                  person={person}
                  onAsk={() => {
                    asked.value = { what: "write", person };
                  }}
                />
              </div>
            </li>
          ))}
        </ul>
      )}
      <AskedDialog visit={visit} asked={asked} />
    </>
  );
}

/** What is asked of somebody who waits. They may leave the list meanwhile, by a phone that sleeps, and what is written stays. */
interface Asked {
  what: "write" | "look";
  person: Person;
}

function AskedDialog({ visit, asked }: { visit: Visit; asked: Signal<Asked | undefined> }) {
  if (!asked.value) return null;
  const { what, person } = asked.value;
  const close = () => {
    asked.value = undefined;
  };
  return what === "write" ? (
    <TellDialog
      appointment={visit.appointment}
      participant={person.participant}
      name={person.name}
      language={undefined}
      onSent={() => undefined}
      onClose={close}
    />
  ) : (
    <LookQuestion
      name={person.name}
      isLinkOnly={hasOnlyLink(person)}
      onConfirm={async () => {
        await visit.admit(person.participant, true);
      }}
      onClose={close}
    />
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
  const checking = useSignal<Person | undefined>(undefined);
  const asked = useSignal<Asked | undefined>(undefined);
  const isReading = useSignal(false);
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
          const isWaiting = person.waitingSince !== undefined;
          const isIn =
            place.state === "in_call" || place.state === "admitted" || (place.state === "lost" && !isWaiting);
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
                  : place.state === "lost" && isWaiting
                    ? tw("away", { time: stopwatch(visit.sinceMs(person)) })
                    : t(`place.${place.state}`)}
              </p>
              <p class="people-marks">
                <Badge word={person.assurance} />
                {person.identity && (
                  <span class={person.identity === "checked" ? "assurance assurance-signed_in" : "assurance"}>
                    <Icon of={person.identity === "checked" ? userCheck : idCard} size={16} />
                    <span>{tw(`identityState_${person.identity}`)}</span>
                  </span>
                )}
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
                    <AdmitButton
                      person={person}
                      onAdmit={() => void visit.admit(participant, false)}
                      onAsk={() => {
                        asked.value = { what: "look", person };
                      }}
                    />
                  )}
                  {isWaiting && (
                    <Write
                      person={person}
                      onAsk={() => {
                        asked.value = { what: "write", person };
                      }}
                    />
                  )}
                  <button
                    type="button"
                    class="button"
                    onClick={() => {
                      checking.value = person;
                    }}
                  >
                    {tw("identity")}
                    <span class="spoken"> {person.name}</span>
                  </button>
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
                    {isWaiting ? tw("refuse") : t("people.remove")}
                    <span class="spoken"> {person.name}</span>
                  </button>
                </div>
              )}
            </li>
          );
        })}
      </ul>
      <button
        type="button"
        class="button quiet people-protection"
        aria-haspopup="dialog"
        onClick={() => {
          isReading.value = true;
        }}
      >
        <Icon of={shield} />
        {ts("open")}
      </button>
      <AskedDialog visit={visit} asked={asked} />
      {isReading.value && (
        <ProtectionDialog
          visit={visit}
          onClose={() => {
            isReading.value = false;
          }}
        />
      )}
      {checking.value && (
        <IdentityDialog
          appointment={visit.appointment}
          participant={checking.value.participant}
          name={checking.value.name}
          isPatient={checking.value.role === "patient"}
          onClose={() => {
            checking.value = undefined;
          }}
        />
      )}
      {removing.value?.waitingSince !== undefined && (
        <RefuseDialog
          name={removing.value.name}
          onConfirm={(sentence) =>
            visit.wire.request({ type: "remove", participant: removing.value?.participant ?? "", sentence })
          }
          onClose={() => {
            removing.value = undefined;
          }}
        />
      )}
      {removing.value && removing.value.waitingSince === undefined && (
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

/** Writes to somebody who waits. */
function Write({ person, onAsk }: { person: Person; onAsk(): void }) {
  return (
    <button type="button" class="button" onClick={onAsk}>
      {tw("write")}
      <span class="spoken"> {person.name}</span>
    </button>
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
