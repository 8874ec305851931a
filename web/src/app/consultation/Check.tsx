import alert from "icon:circle-alert";
import mic from "icon:mic";
import micOff from "icon:mic-off";
import sliders from "icon:sliders-horizontal";
import video from "icon:video";
import videoOff from "icon:video-off";
import volume from "icon:volume-2";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useNetwork, useSight } from "../../call/parts/looks";
import { keepsRefusal } from "../../call/refusal";
import { playTest } from "../../call/sound";
import { stopwatch } from "../../i18n/time";
import type { DeviceStateWord, Person } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Fault } from "../parts/Dialog";
import { useClock, usePicture } from "../parts/hooks";
import { hasOnlyLink, isAsked, LookQuestion } from "../waiting/Admit";
import { t as tw } from "../waiting/waiting.words";
import { sentenceOf, t } from "../words";
import { DevicesDialog } from "./More";
import type { Visit } from "./visit";

/** A short look at camera and microphone before going in. Nothing here can hold anybody up. */
export function Check({ visit, admit }: { visit: Visit; admit: string | undefined }) {
  const { devices } = visit;
  useClock();
  const isBusy = useSignal(false);
  const isEntering = useSignal(false);
  const waiting = visit.waiting;
  const admitted = waiting.find((person) => person.participant === admit);
  const hasCamera = devices.camera.value === "works";
  // Not asked for yet: it is opened on the way in, so that nobody enters unheard by oversight.
  const isMicLater = devices.microphone.value === "off";
  const hasMic = visit.call.micOn.value;
  const isChoosing = useSignal(false);
  const picture = useRef<HTMLDivElement>(null);
  const sight = useSight(picture, hasCamera ? devices.cameraTrack.value : undefined);

  const change = async (f: () => Promise<void>) => {
    isBusy.value = true;
    await f();
    isBusy.value = false;
  };
  /** Whoever is asked about may go from the list of those that wait while the question is read. */
  const looked = useSignal<Person | undefined>(undefined);
  const enter = async (person = admitted, isRecognised = false) => {
    isEntering.value = true;
    // Whoever did not look at the microphone wants one; without it the call goes on all the same.
    if (devices.microphone.peek() === "off") await devices.retryMicrophone();
    await visit.enter(person?.participant, isRecognised);
    isEntering.value = false;
  };
  return (
    <>
      <p role="status">
        {waiting[0]
          ? t("check.waiting", { name: waiting[0].name, time: stopwatch(visit.sinceMs(waiting[0])) })
          : t("check.notYet")}
      </p>
      <div class="check-picture" ref={picture}>
        {hasCamera ? <OwnPicture visit={visit} /> : <p>{t("check.pictureOff")}</p>}
      </div>
      <p class={sight === "black" || sight === "frozen" ? "notice warn" : "muted"} role="status">
        {sight && t(`check.sight.${sight}`)}
      </p>
      <div class="check-devices call-bar">
        <button
          type="button"
          class="button"
          aria-pressed={hasMic || isMicLater}
          disabled={isBusy.value}
          onClick={() => void change(() => visit.call.toggleMic())}
        >
          <Icon of={hasMic || isMicLater ? mic : micOff} />
          <span>
            {t("check.microphone")}
            <span class="call-state" aria-hidden="true">
              {isMicLater ? t("bar.microphoneLater") : deviceWord("microphone", devices.microphone.value, hasMic)}
            </span>
          </span>
        </button>
        <button
          type="button"
          class="button"
          aria-pressed={hasCamera}
          disabled={isBusy.value}
          onClick={() => void change(() => visit.call.toggleCamera())}
        >
          <Icon of={hasCamera ? video : videoOff} />
          <span>
            {t("check.camera")}
            <span class="call-state" aria-hidden="true">
              {deviceWord("camera", devices.camera.value, hasCamera)}
            </span>
          </span>
        </button>
      </div>
      {hasMic && <Level visit={visit} />}
      <DeviceFault kind="microphone" state={devices.microphone.value} />
      <DeviceFault kind="camera" state={devices.camera.value} />
      {visit.problem.value && <Fault text={sentenceOf(visit.problem.value)} />}
      {hasOnlyLink(admitted) && (
        <p class="notice warn">
          <Icon of={alert} />
          <span>{tw("linkOnly")}</span>
        </p>
      )}
      <button
        type="button"
        class="button primary wide"
        disabled={isEntering.value}
        onClick={() => {
          if (isAsked(admitted)) looked.value = admitted;
          else void enter();
        }}
      >
        {isEntering.value
          ? t("check.entering")
          : admitted
            ? t("check.enterAndAdmit", { name: admitted.name })
            : t("check.enter")}
      </button>
      <p class="muted">{t("check.without")}</p>
      <Sound visit={visit} />
      <Network visit={visit} />
      <button
        type="button"
        class="button"
        aria-haspopup="dialog"
        onClick={() => {
          isChoosing.value = true;
        }}
      >
        <Icon of={sliders} />
        {t("check.devices")}
      </button>
      {looked.value && (
        <LookQuestion
          name={looked.value.name}
          isLinkOnly={hasOnlyLink(looked.value)}
          onConfirm={() => enter(looked.value, true)}
          onClose={() => {
            looked.value = undefined;
          }}
        />
      )}
      {isChoosing.value && (
        <DevicesDialog
          visit={visit}
          onClose={() => {
            isChoosing.value = false;
          }}
        />
      )}
    </>
  );
}

/** The state of a device in one word, under its button. */
export function deviceWord(kind: "camera" | "microphone", state: DeviceStateWord, isOn: boolean): string {
  return state === "works" || state === "off" ? t(`bar.${kind}${isOn ? "On" : "Off"}`) : t(`bar.${state}.${kind}`);
}

/** The sentence for a device that does not work. */
export function DeviceFault({ kind, state }: { kind: "camera" | "microphone"; state: DeviceStateWord }) {
  if (state === "works" || state === "off") return null;
  const isKept = state === "refused" && keepsRefusal();
  const cure = state === "refused" ? t(`fault.${isKept ? "reload" : "cure"}.${kind}`) : "";
  return (
    <div class="notice warn" role="status" id={`fault-${kind}`}>
      <Icon of={alert} />
      <p>
        {t(`fault.${state}.${kind}`)} {cure}
      </p>
      {isKept && (
        <button type="button" class="button" onClick={() => location.reload()}>
          {t("app.reload")}
        </button>
      )}
    </div>
  );
}

function OwnPicture({ visit }: { visit: Visit }) {
  const element = usePicture(visit.devices.cameraTrack.value);
  return <video ref={element} class="mirrored" muted playsInline autoplay aria-label={t("video.you")} />;
}

/** A sound through the speaker that is chosen. */
function Sound({ visit }: { visit: Visit }) {
  const state = useSignal<"play" | "playing" | "played">("play");
  const play = async () => {
    state.value = "playing";
    await playTest(visit.call.hearing.speaker.peek());
    state.value = "played";
  };
  return (
    <p class="check-level">
      <button type="button" class="button" disabled={state.value === "playing"} onClick={() => void play()}>
        <Icon of={volume} />
        {t(state.value === "playing" ? "check.playing" : "check.play")}
      </button>
      <span class="muted" role="status">
        {state.value === "played" && t("check.played")}
      </span>
    </p>
  );
}

/** How well the network carries a call. Nobody waits for it. */
function Network({ visit }: { visit: Visit }) {
  const word = useNetwork(visit.wire) ?? "looking";
  const isTrouble = word !== "looking" && word !== "good" && word !== "unknown";
  return (
    <p class={isTrouble ? "notice warn" : "muted"} role="status">
      {t(`check.network.${word}`)}{" "}
      {isTrouble && (
        <a href="/diag" target="_blank" rel="noreferrer">
          {t("check.networkMore")}
        </a>
      )}
    </p>
  );
}

function Level({ visit }: { visit: Visit }) {
  const meter = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    const timer = setInterval(() => {
      if (meter.current) meter.current.value = visit.devices.level() ?? 0;
    }, 100);
    return () => clearInterval(timer);
  }, [visit]);
  return (
    <p class="check-level">
      <meter ref={meter} min={0} max={1} value={0} aria-label={t("check.level")} />
      <span class="muted">{t("check.speak")}</span>
    </p>
  );
}
