import micOff from "icon:mic-off";
import volume from "icon:volume-2";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Call } from "../../call/call";
import type { Person } from "../../protocol";
import { Icon } from "../../ui/icon";
import { usePicture } from "../parts/hooks";
import { t } from "../words";
import type { Visit } from "./visit";

const RANK = { patient: 0, relative: 1, interpreter: 2, practitioner: 3 } as const;

/** The others, the patient large, and one's own picture small. */
export function Videos({ visit }: { visit: Visit }) {
  const { call, devices } = visit;
  const self = call.self.participant;
  const others = call.people.value
    .filter(
      (person) => person.participant !== self && (person.place.state === "in_call" || person.place.state === "lost"),
    )
    .sort((a, b) => RANK[a.role] - RANK[b.role]);
  const [main, ...rest] = others;
  const own = devices.cameraTrack.value;
  return (
    <div class="videos">
      {main ? (
        <Tile person={main} track={call.remote.value.get(main.participant)?.camera} isMain />
      ) : (
        <p class="tile tile-main tile-empty">{t("video.nobody")}</p>
      )}
      {rest.map((person) => (
        <Tile key={person.participant} person={person} track={call.remote.value.get(person.participant)?.camera} />
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

function Tile({ person, track, isMain }: { person: Person; track: MediaStreamTrack | undefined; isMain?: boolean }) {
  const isOff = track === undefined || person.muted.includes("camera");
  return (
    <figure class={`tile${isMain ? " tile-main" : ""}`}>
      {isOff ? (
        <p class="tile-none">{person.place.state === "lost" ? t("place.lost") : t("video.noPicture")}</p>
      ) : (
        <Picture track={track} label={person.name} />
      )}
      <figcaption>
        {person.name}
        {isMain && ` · ${t(`role.${person.role}`)}`}
        {person.muted.includes("microphone") && (
          <>
            <Icon of={micOff} />
            <span class={isMain ? "" : "spoken"}>{t("muted.microphone")}</span>
          </>
        )}
      </figcaption>
    </figure>
  );
}

function Picture({ track, label, isMirrored }: { track: MediaStreamTrack; label: string; isMirrored?: boolean }) {
  const video = usePicture(track);
  return <video ref={video} class={isMirrored ? "mirrored" : ""} muted playsInline autoplay aria-label={label} />;
}

/** Plays the microphones of the others. Browsers may ask for a click first; then there is a button for it. */
export function Sounds({ call }: { call: Call }) {
  const isBlocked = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const play = () => {
    isBlocked.value = false;
    for (const audio of box.current?.querySelectorAll("audio") ?? [])
      audio.play().catch((cause: unknown) => {
        if (cause instanceof DOMException && cause.name === "NotAllowedError") isBlocked.value = true;
      });
  };
  return (
    <div ref={box} class="room-notes">
      {[...call.remote.value].map(
        ([participant, { microphone }]) => microphone && <Sound key={participant} track={microphone} onReady={play} />,
      )}
      {isBlocked.value && (
        <div class="notice warn" role="alert">
          <p>{t("visit.listenWhy")}</p>
          <button type="button" class="button primary" onClick={play}>
            <Icon of={volume} />
            {t("visit.listen")}
          </button>
        </div>
      )}
    </div>
  );
}

function Sound({ track, onReady }: { track: MediaStreamTrack; onReady(): void }) {
  const audio = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    if (!audio.current) return;
    audio.current.srcObject = new MediaStream([track]);
    onReady();
  }, [track]);
  // biome-ignore lint/a11y/useMediaCaption: the voice of somebody in a live call
  return <audio ref={audio} autoplay />;
}
