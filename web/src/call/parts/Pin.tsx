import pin from "icon:pin";
import pinOff from "icon:pin-off";
import type { Person } from "../../protocol";
import { Icon } from "../../ui/icon";
import type { Call } from "../call";
import { tc } from "./words";

/** Keeps one person large on this page. */
export function Pin({ call, person }: { call: Call; person: Person }) {
  const isPinned = call.watching.pinned.value === person.participant;
  const word = isPinned ? tc("devices.unpin") : tc("devices.pin");
  return (
    <button
      type="button"
      class="tile-pin"
      aria-pressed={isPinned}
      aria-label={`${word}\u00a0: ${person.name}`}
      title={word}
      onClick={() => call.watching.pin(isPinned ? undefined : person.participant)}
    >
      <Icon of={isPinned ? pinOff : pin} />
    </button>
  );
}
