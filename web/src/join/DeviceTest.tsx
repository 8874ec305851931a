import check from "icon:circle-check";
import mic from "icon:mic";
import micOff from "icon:mic-off";
import video from "icon:video";
import videoOff from "icon:video-off";
import volume from "icon:volume-2";
import network from "icon:wifi";
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Devices } from "../call/devices";
import type { FaultWord } from "../call/notices";
import { useNetwork, useSight } from "../call/parts/looks";
import { keepsRefusal } from "../call/refusal";
import type { SightWord } from "../call/sight";
import { playTest } from "../call/sound";
import { timeOfDay } from "../i18n/time";
import type { DeviceStateWord } from "../protocol";
import { Icon } from "../ui/icon";
import { AtHome, Company } from "./asked";
import { untilOpenMs } from "./door";
import { Frame, Picture, useClock, Warning } from "./parts";
import type { Visit } from "./visit";
import { faultOf, restInWords, sentenceOf, t } from "./words";

const wordOf = (state: DeviceStateWord): FaultWord | undefined =>
  state === "works" || state === "off" ? undefined : state;

/** Sees and hears whether camera, microphone and sound work. Whatever it finds, there is a way on. */
export function DeviceTest({ visit }: { visit: Visit }) {
  const devices = visit.devices.value;
  const isAsking = visit.isAsking.value;
  const camera = devices.camera.value;
  const microphone = devices.microphone.value;
  const isEarly = visit.isTestingEarly.value;
  const picture = useRef<HTMLDivElement>(null);
  const sight = useSight(picture, devices.cameraTrack.value);
  return (
    <Frame visit={visit} title={t("test.title")}>
      <SelfView devices={devices} isAsking={isAsking} picture={picture} />
      {isAsking && <p role="status">{t("test.asking")}</p>}
      {!isAsking && <Faults camera={camera} microphone={microphone} onRetry={() => void visit.openDevices()} />}
      <ul class="checks">
        <Camera devices={devices} state={camera} sight={sight} />
        <Microphone devices={devices} state={microphone} />
        <Sound />
        <NetworkCheck visit={visit} />
      </ul>
      {visit.isSlow.value && <Warning>{t("lost.first")}</Warning>}
      {visit.problem.value && <Warning>{sentenceOf(visit.problem.value)}</Warning>}
      {isEarly ? <AtHome visit={visit} /> : <Company visit={visit} />}
      {isEarly ? <EarlyEnd visit={visit} /> : <WayIn visit={visit} isAsking={isAsking} />}
    </Frame>
  );
}

interface SelfViewProps {
  devices: Devices;
  isAsking: boolean;
  picture: RefObject<HTMLDivElement | null>;
}

function SelfView({ devices, isAsking, picture }: SelfViewProps) {
  const track = devices.cameraTrack.value;
  const isOff = devices.camera.value === "off";
  return (
    <div class="selfview">
      <div class="selfview-picture" ref={picture}>
        {track ? (
          <Picture track={track} label={t("test.picture")} isMirrored={devices.facing.value === "user"} />
        ) : (
          <p class="no-picture">
            <Icon of={videoOff} size={32} />
            {isAsking ? t("again") : isOff ? t("test.pictureOff") : t("test.pictureNone")}
          </p>
        )}
      </div>
      {!isAsking && (track || isOff) && (
        <button
          type="button"
          class="button quiet"
          onClick={() => (track ? devices.switchCameraOff() : void devices.switchCameraOn())}
        >
          <Icon of={track ? videoOff : video} />
          {track ? t("test.cameraOff") : t("test.cameraOn")}
        </button>
      )}
    </div>
  );
}

function Faults(props: { camera: DeviceStateWord; microphone: DeviceStateWord; onRetry(): void }) {
  const camera = wordOf(props.camera);
  const microphone = wordOf(props.microphone);
  if (!camera && !microphone) return null;
  const isKept = (why: FaultWord | undefined) => why === "refused" && keepsRefusal();
  const mustReload = isKept(camera) || isKept(microphone);
  const mayRetry = (camera && !isKept(camera)) || (microphone && !isKept(microphone));
  return (
    <Warning>
      {camera && camera === microphone ? (
        <p>{faultOf(camera, "both")}</p>
      ) : (
        <>
          {camera && <p>{faultOf(camera, "camera")}</p>}
          {microphone && <p>{faultOf(microphone, "microphone")}</p>}
        </>
      )}
      {mustReload && (
        <button type="button" class="button" onClick={() => location.reload()}>
          {t("reload")}
        </button>
      )}
      {mayRetry && (
        <button type="button" class="button" onClick={props.onRetry}>
          {t("retry")}
        </button>
      )}
    </Warning>
  );
}

/** Whether anything is to be seen in the picture. */
function Camera({ devices, state, sight }: { devices: Devices; state: DeviceStateWord; sight: SightWord | undefined }) {
  const isOn = state === "works";
  const trouble = isOn && sight !== "good" ? sight : undefined;
  const isGood = isOn && sight === "good";
  return (
    <li>
      <Icon of={isOn ? video : videoOff} />
      <span class="check-name">{t("test.camera")}</span>
      <span class={`check-value${isGood ? " good" : ""}`} role="status">
        {isGood && <Icon of={check} />}
        {isOn ? t(`test.sight.${sight ?? "looking"}`) : t(state === "off" ? "test.pictureOff" : "test.pictureNone")}
      </span>
      {trouble && (
        <div class="check-more">
          <p>{t(`test.sightHint.${trouble}`)}</p>
          <button type="button" class="button small" onClick={() => void devices.switchCameraOn()}>
            {t("retry")}
          </button>
        </div>
      )}
    </li>
  );
}

const BARS = 8;
/** Above this a voice is heard and not the room. */
const VOICE = 0.35;

function Microphone({ devices, state }: { devices: Devices; state: DeviceStateWord }) {
  const bars = useRef<HTMLSpanElement>(null);
  const isHeard = useSignal(false);
  const isMeasured = useSignal(true);
  useEffect(() => {
    if (state !== "works") return;
    const timer = setInterval(() => {
      const level = devices.level() ?? 0;
      isMeasured.value = devices.level() !== undefined;
      if (level > VOICE) isHeard.value = true;
      const lit = Math.round(level * BARS);
      [...(bars.current?.children ?? [])].forEach((bar, place) => {
        bar.classList.toggle("lit", place < lit);
      });
    }, 100);
    return () => clearInterval(timer);
  }, [devices, state, isHeard]);
  return (
    <li>
      <Icon of={state === "works" ? mic : micOff} />
      <span class="check-name">{t("test.microphone")}</span>
      <span class="check-value">
        {state === "works" ? (
          <>
            <span class="level" ref={bars} aria-hidden="true">
              {Array.from({ length: BARS }, (_, place) => (
                <span key={place} class={`bar bar-${place}`} />
              ))}
            </span>
            <span class={isHeard.value ? "good" : ""} role="status">
              {isHeard.value && <Icon of={check} />}
              {t(isHeard.value ? "test.heard" : isMeasured.value ? "test.speak" : "test.unmeasured")}
            </span>
          </>
        ) : (
          <span>{t("test.silent")}</span>
        )}
      </span>
    </li>
  );
}

function Sound() {
  const state = useSignal<"" | "playing" | "played">("");
  const playIt = async () => {
    state.value = "playing";
    await playTest();
    state.value = "played";
  };
  return (
    <li>
      <Icon of={volume} />
      <span class="check-name">{t("test.sound")}</span>
      <span class="check-value">
        <button type="button" class="button small" disabled={state.value === "playing"} onClick={() => void playIt()}>
          {state.value === "playing" ? t("test.playing") : t("test.play")}
        </button>
      </span>
      <p class="check-more" role="status">
        {state.value === "played" && t("test.played")}
      </p>
    </li>
  );
}

/** Whether the hospital is reached, and how well. Nobody waits for it, and whatever it finds, the way on is open. */
function NetworkCheck({ visit }: { visit: Visit }) {
  const wire = visit.wire.value;
  const word = useNetwork(wire);
  if (!wire) return null;
  const isOpen = wire.state.value === "open";
  const trouble = word === "good" || word === "unknown" ? undefined : word;
  const isGood = isOpen && !trouble;
  return (
    <li>
      <Icon of={network} />
      <span class="check-name">{t("test.network")}</span>
      <span class={`check-value${isGood ? " good" : ""}`} role="status">
        {isGood && <Icon of={check} />}
        {!isOpen
          ? t("test.networkWait")
          : trouble
            ? t(`test.network.${trouble}`)
            : word === "good"
              ? t("test.network.good")
              : t("test.networkGood")}
      </span>
      {trouble && <p class="check-more">{t(`test.networkHint.${trouble}`)}</p>}
    </li>
  );
}

function EarlyEnd({ visit }: { visit: Visit }) {
  const now = useClock(visit);
  const look = visit.look.value;
  return (
    <>
      {look?.opensAt && (
        <p class="notice info">
          {t("early.tested", {
            time: timeOfDay(look.opensAt, visit.timeZone),
            rest: restInWords(untilOpenMs(look, now)),
          })}
        </p>
      )}
      <button type="button" class="button wide" onClick={() => visit.stopTestEarly()}>
        {t("early.back")}
      </button>
    </>
  );
}

/** The way into the waiting room: with what works, and always one. */
function WayIn({ visit, isAsking }: { visit: Visit; isAsking: boolean }) {
  const isBusy = useSignal(false);
  const devices = visit.devices.value;
  const hasCamera = devices.camera.value === "works";
  const hasMic = devices.microphone.value === "works";
  const go = async (isSoundOnly: boolean) => {
    isBusy.value = true;
    await visit.ready(isSoundOnly);
    isBusy.value = false;
  };
  const hasNothing = !hasCamera && !hasMic;
  const word = isBusy.value
    ? t("test.entering")
    : hasCamera && hasMic
      ? t("test.enter")
      : hasMic
        ? t("test.enterSound")
        : hasCamera
          ? t("test.enterPicture")
          : t("test.enterNothing");
  return (
    <div class="way-in">
      {!isAsking && hasCamera && !hasMic && <p>{t("test.noMic")}</p>}
      {!isAsking && hasNothing && (
        <button type="button" class="button primary wide" disabled={isBusy.value} onClick={() => void go(true)}>
          {t("test.enterSound")}
        </button>
      )}
      <button
        type="button"
        class={`button wide${hasNothing ? "" : " primary"}`}
        disabled={isBusy.value || isAsking}
        onClick={() => void go(false)}
      >
        {word}
      </button>
      {!isAsking && hasNothing && <p class="muted">{t("test.nothing")}</p>}
    </div>
  );
}
