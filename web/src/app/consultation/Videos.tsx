import micOff from "icon:mic-off";
import { type Call, keyOf } from "../../call/call";
import { secondsUntil } from "../../call/notices";
import { Badge } from "../../call/parts/Badge";
import { useSeconds } from "../../call/parts/news";
import { Pin } from "../../call/parts/Pin";
import { useWatched } from "../../call/parts/useWatched";
import { tc } from "../../call/parts/words";
import type { Person } from "../../protocol";
import { Icon } from "../../ui/icon";
import type { Wire } from "../../wire";
import { usePicture } from "../parts/hooks";
import { t } from "../words";
import type { Visit } from "./visit";

const RANK = { patient: 0, relative: 1, interpreter: 2, practitioner: 3 } as const;

/** The others, the patient or whoever is pinned large, and one's own picture small. */
export function Videos({ visit }: { visit: Visit }) {
  const { call, devices, wire } = visit;
  const self = call.self.participant;
  const pinned = call.watching.pinned.value;
  const rank = (person: Person) => (person.participant === pinned ? -1 : RANK[person.role]);
  const others = call.people.value
    .filter(
      (person) => person.participant !== self && (person.place.state === "in_call" || person.place.state === "lost"),
    )
    .sort((a, b) => rank(a) - rank(b));
  const [main, ...rest] = others;
  const own = devices.cameraTrack.value;
  return (
    <div class={`videos${call.telephone.value ? " by-telephone" : ""}`}>
      {main ? (
        <Tile key={main.participant} call={call} wire={wire} person={main} isMain />
      ) : (
        <p class="tile tile-main tile-empty">{t("video.nobody")}</p>
      )}
      {rest.map((person) => (
        <Tile key={person.participant} call={call} wire={wire} person={person} />
      ))}
      {call.cameraOn.value && own && (
        <figure class="tile">
          <Picture track={own} isMirrored label={t("video.you")} />
          <figcaption>{t("video.you")}</figcaption>
        </figure>
      )}
    </div>
  );
}

interface TileProps {
  call: Call;
  wire: Wire;
  person: Person;
  isMain?: boolean;
}

function Tile({ call, wire, person, isMain }: TileProps) {
  const { participant } = person;
  const element = useWatched(call, participant, "camera");
  const sources = call.remote.value.get(participant);
  const paused = call.paused.value.get(keyOf(participant, "camera"));
  const isLost = person.place.state === "lost";
  const isTelephone = call.telephone.value !== undefined;
  const now = useSeconds(wire, isLost);
  const seconds = secondsUntil(person.place.until, now);
  const isOff = !sources?.camera || person.muted.includes("camera") || paused !== undefined || isTelephone || isLost;
  const quality = call.quality.value.get(participant);
  const speaks = call.speaker.value === participant && !isTelephone;
  return (
    <figure
      ref={element}
      class={`tile${isMain ? " tile-main" : ""}${speaks ? " is-speaking" : ""}`}
      data-participant={participant}
    >
      {isOff || !sources?.camera ? (
        <p class="tile-none">
          {isLost
            ? `${tc("quality.lost")}${seconds > 0 ? `, ${tc.count("tile.place", seconds)}` : ""}`
            : paused
              ? tc(paused === "off" ? "tile.pausedOff" : "tile.pausedBandwidth")
              : isTelephone
                ? t("telephone.tile")
                : t("video.noPicture")}
        </p>
      ) : (
        <Picture track={sources.camera} label={person.name} />
      )}
      <Pin call={call} person={person} />
      <figcaption>
        {person.name}
        {isMain && ` · ${t(person.hasDroppedIn ? "role.droppedIn" : `role.${person.role}`)}`}
        <Badge word={person.assurance} isSmall={!isMain} />
        {person.muted.includes("microphone") && !isTelephone && (
          <>
            <Icon of={micOff} />
            <span class={isMain ? "" : "spoken"}>{t("muted.microphone")}</span>
          </>
        )}
        {(quality === "poor" || quality === "lost") && !isLost && !isTelephone && (
          <span class={`tile-quality ${quality}`}> · {tc(`quality.${quality}`)}</span>
        )}
        {sources?.auscultation && !isTelephone && <span class="tile-raw"> · {tc("tile.auscultation")}</span>}
        {speaks && <span class="spoken"> {tc("tile.speaks")}</span>}
      </figcaption>
    </figure>
  );
}

function Picture({ track, label, isMirrored }: { track: MediaStreamTrack; label: string; isMirrored?: boolean }) {
  const video = usePicture(track);
  return <video ref={video} class={isMirrored ? "mirrored" : ""} muted playsInline autoplay aria-label={label} />;
}
