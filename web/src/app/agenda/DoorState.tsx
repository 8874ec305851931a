import { useSignal } from "@preact/signals";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { GuestDoor, ParticipantEntry, RehearsalEntry } from "../../protocol";
import { makePin, unlockDoor } from "../requests";
import { d } from "./doors.words";

/** What is wrong with the device that a guest tested at home, in words. */
function faultsOf({ camera, microphone, sound, network }: RehearsalEntry): string {
  return [
    camera !== "works" && d("camera", { state: d(`state.${camera}`) }),
    microphone !== "works" && d("microphone", { state: d(`state.${microphone}`) }),
    sound === "not_heard" && d("sound"),
    network === "blocked" && d("network"),
  ]
    .filter((fault) => fault !== false)
    .join(", ");
}

interface DoorProps {
  appointment: string;
  person: ParticipantEntry;
  door: GuestDoor;
  zone: string;
  /** The reader may unlock it and give a PIN. */
  mayChange: boolean;
  onChanged(): void;
}

/** What has happened at the door of a guest, and what staff can do about it. */
export function DoorState({ appointment, person, door, zone, mayChange, onChanged }: DoorProps) {
  const pin = useSignal<string | undefined>(undefined);
  const hasFailed = useSignal(false);
  const act = async (step: () => Promise<void>) => {
    hasFailed.value = false;
    try {
      await step();
      onChanged();
    } catch {
      hasFailed.value = true;
    }
  };
  const when = (at: string) => ({ day: dayInWords(at, zone), time: timeOfDay(at, zone) });
  const { consent, consentAt, rehearsal, company } = door;
  return (
    <div class="door-state">
      {door.isLocked && <p class="notice warn">{d("locked")}</p>}
      {consent === "refused" && consentAt && <p class="notice warn">{d("refused", when(consentAt))}</p>}
      {rehearsal && !rehearsal.isGood && (
        <p class="notice warn">{d("testBad", { ...when(rehearsal.at), what: faultsOf(rehearsal) })}</p>
      )}
      <ul class="muted">
        {door.isLinkOnly && <li>{d("linkOnly")}</li>}
        {door.hasPin && <li>{d("hasPin")}</li>}
        {consent === "given" && consentAt && <li>{d("given", when(consentAt))}</li>}
        {company !== undefined && <li>{company === "" ? d("withSomebody") : d("with", { who: company })}</li>}
        {door.isAlone && <li>{d("alone")}</li>}
        {rehearsal?.isGood && <li>{d("testGood", when(rehearsal.at))}</li>}
      </ul>
      {pin.value && (
        <div class="notice warn" role="status">
          <div>
            <p class="tabular">{d("pinOnce", { name: person.name, pin: pin.value })}</p>
            <p>{d("pinMeaning", { name: person.name })}</p>
          </div>
        </div>
      )}
      {hasFailed.value && (
        <p class="notice warn" role="alert">
          {d("failed")}
        </p>
      )}
      {mayChange && (
        <div class="panel-steps">
          {door.isLocked && (
            <button
              type="button"
              class="button"
              onClick={() => void act(() => unlockDoor(appointment, person.participant))}
            >
              {d("unlock")}
              <span class="spoken"> ({person.name})</span>
            </button>
          )}
          <button
            type="button"
            class="button"
            onClick={() =>
              void act(async () => {
                pin.value = (await makePin(appointment, person.participant)).pin;
              })
            }
          >
            {d("pin")}
            <span class="spoken"> ({person.name})</span>
          </button>
        </div>
      )}
    </div>
  );
}
