import check from "icon:circle-check";
import clock from "icon:clock";
import volume from "icon:volume-2";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { audio, soundState } from "../call/sound";
import { timeOfDay } from "../i18n/time";
import { Icon } from "../ui/icon";
import { isQuiet } from "./calling";
import { LobbyNotes } from "./LobbyNotes";
import { Frame, LeaveDialog, Picture, useClock, Warning } from "./parts";
import type { Visit } from "./visit";
import { restInWords, t } from "./words";

/** Whether a sound will come: not for those who want none, and after a reload not before a tap. */
function Keep() {
  const said = useRef<HTMLParagraphElement>(null);
  useEffect(() => void audio(), []);
  const state = soundState.value;
  const isHeld = !isQuiet.value && state === "suspended";
  const comes = !isQuiet.value && !isHeld && state !== "none" && state !== "closed";
  return (
    <>
      <p ref={said} tabIndex={-1}>
        {t(comes ? "waiting.keep" : "waiting.keepLook")}
      </p>
      {isHeld && (
        <button
          type="button"
          class="button wide"
          onClick={() => {
            audio();
            said.current?.focus();
          }}
        >
          <Icon of={volume} />
          {t("call.listen")}
        </button>
      )}
    </>
  );
}

/** The waiting room: that this is the right place, since when, and that nothing is to be done. */
export function Waiting({ visit }: { visit: Visit }) {
  const now = useClock(visit);
  const isLeaving = useSignal(false);
  const since = visit.place.value?.since;
  const waitedMs = since ? now - Date.parse(since) : 0;
  const devices = visit.devices.value;
  const track = devices.cameraTrack.value;
  const isLost = visit.wire.value?.state.value === "lost";
  return (
    <Frame visit={visit} title={t("waiting.title")}>
      {isLost && <Warning>{t("lost.wire")}</Warning>}
      {visit.wasPutBack.value ? (
        <p class="notice info">{t("waiting.putBack")}</p>
      ) : (
        <p class="notice good">
          <Icon of={check} />
          <span>{t("waiting.told")}</span>
        </p>
      )}
      {since && visit.facts.value && (
        <p class="since">
          <Icon of={clock} />
          <span>
            {waitedMs < 60_000
              ? t("waiting.since", { time: timeOfDay(since, visit.timeZone) })
              : t("waiting.sinceFor", {
                  time: timeOfDay(since, visit.timeZone),
                  rest: restInWords(waitedMs - 59_999),
                })}
          </span>
        </p>
      )}
      <LobbyNotes visit={visit} />
      <Keep />
      {track && (
        <div class="waiting-picture">
          <Picture track={track} label={t("test.picture")} isMirrored={devices.facing.value === "user"} />
        </div>
      )}
      <button
        type="button"
        class="button wide"
        onClick={() => {
          isLeaving.value = true;
        }}
      >
        {t("waiting.leave")}
      </button>
      {isLeaving.value && (
        <LeaveDialog
          visit={visit}
          title={t("leave.titleWaiting")}
          onClose={() => {
            isLeaving.value = false;
          }}
        />
      )}
    </Frame>
  );
}
