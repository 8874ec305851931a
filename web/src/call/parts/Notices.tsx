import phone from "icon:phone-call";
import alert from "icon:triangle-alert";
import note from "icon:wifi-off";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { timeOfDay } from "../../i18n/time";
import { Icon } from "../../ui/icon";
import type { Wire } from "../../wire";
import type { Call } from "../call";
import type { Devices } from "../devices";
import { GRACE_MS, type Notice, noticesOf, Silence, secondsUntil } from "../notices";
import { useSeconds } from "./news";
import { tc } from "./words";

interface NoticesProps {
  call: Call;
  wire: Wire;
  devices: Devices;
  onDevices(): void;
  /** Stands below the notice of a lost connection: who can be called. */
  help?: ComponentChildren;
}

/** What the person must know about their own connection and devices, each with what to do. */
export function Notices({ call, wire, devices, onDevices, help }: NoticesProps) {
  const isWireLost = wire.state.value === "lost";
  const isMicSilent = useSilence(call, devices);
  const lostAt = useRef(0);
  if (!isWireLost) lostAt.current = 0;
  else if (lostAt.current === 0) lostAt.current = wire.now();
  const now = useSeconds(wire, isWireLost);
  const notices = noticesOf({
    isWireLost,
    media: call.media.value,
    isTelephone: call.telephone.value !== undefined,
    muteAsked: call.muteAsked.value,
    microphone: devices.isInterrupted.value ? "in_use" : devices.microphone.value,
    isMicSilent,
    isUplinkSlow: call.isUplinkSlow.value,
    cameraOn: call.cameraOn.value,
    path: call.path.value,
  });
  const seconds = secondsUntil(new Date(lostAt.current + GRACE_MS).toISOString(), now);
  return (
    <div class="call-notices">
      {notices.map((notice) => (
        <One
          key={notice.is}
          notice={notice}
          grace={seconds > 0 ? tc.count("notice.grace", seconds) : tc("notice.graceOver")}
          call={call}
          devices={devices}
          onDevices={onDevices}
          help={help}
        />
      ))}
      <Own call={call} />
    </div>
  );
}

interface OneProps {
  notice: Notice;
  /** How long the place is kept, in words. */
  grace: string;
  call: Call;
  devices: Devices;
  onDevices(): void;
  help: ComponentChildren;
}

function One({ notice, grace, call, devices, onDevices, help }: OneProps) {
  switch (notice.is) {
    case "wire_goes_on":
      return (
        <Line isQuiet>
          <p>{tc("notice.wireGoesOn")}</p>
        </Line>
      );
    case "wire":
      return (
        <Line>
          <p>
            {tc("notice.wire")} {grace}
          </p>
          {help}
        </Line>
      );
    case "media":
      return (
        <Line>
          <p>{tc("notice.media")}</p>
          {help}
        </Line>
      );
    case "muted":
      return (
        <Line>
          <p>{tc(`notice.muted.${notice.source}`)}</p>
          {notice.source === "microphone" && (
            <button type="button" class="button" onClick={() => void call.toggleMic()}>
              {tc("notice.unmute")}
            </button>
          )}
        </Line>
      );
    case "taken":
      return (
        <Line>
          <p>{tc("notice.taken")}</p>
          <button type="button" class="button" onClick={() => void devices.retryMicrophone()}>
            {tc("notice.resume")}
          </button>
        </Line>
      );
    case "silent":
      return (
        <Line>
          <p>{tc("notice.silent")}</p>
          <button type="button" class="button" onClick={onDevices}>
            {tc("notice.devices")}
          </button>
        </Line>
      );
    case "slow":
      return (
        <Line>
          <p>{tc("notice.slow")}</p>
          <button type="button" class="button" onClick={() => void call.toggleCamera()}>
            {tc("notice.slowOff")}
          </button>
        </Line>
      );
    case "restricted":
      return (
        <Line isQuiet>
          <p>{tc("notice.restricted")}</p>
        </Line>
      );
  }
}

function Line({ isQuiet, isOwn, children }: { isQuiet?: boolean; isOwn?: boolean; children: ComponentChildren }) {
  return (
    <div class={`call-notice${isQuiet ? " quiet" : ""}${isOwn ? " own-notice" : ""}`}>
      <Icon of={isQuiet ? note : alert} />
      <div>{children}</div>
    </div>
  );
}

/** What this person shows beside their face, with the way to stop it. */
function Own({ call }: { call: Call }) {
  const { second_camera: second, auscultation } = call.extras.tracks;
  return (
    <>
      {second.value && <Stop text={tc("tile.ownSecond")} onStop={() => void call.extras.stop("second_camera")} />}
      {auscultation.value && (
        <Stop text={tc("tile.ownAuscultation")} onStop={() => void call.extras.stop("auscultation")} />
      )}
    </>
  );
}

function Stop({ text, onStop }: { text: string; onStop(): void }) {
  return (
    <Line isOwn>
      <p>{text}</p>
      <button type="button" class="button" onClick={onStop}>
        {tc("tile.stop")}
      </button>
    </Line>
  );
}

/** That the visit goes on by telephone; staff can turn it back. */
export function TelephoneBanner({ call, zone, onBack }: { call: Call; zone: string; onBack?: () => void }) {
  const telephone = call.telephone.value;
  if (!telephone) return null;
  return (
    <div class="call-notice telephone-banner">
      <Icon of={phone} />
      <div>
        <p>
          <strong>{tc("telephone.goesOn", { time: timeOfDay(telephone.since, zone) })}</strong>
        </p>
        <p>{onBack ? tc("telephone.staff") : tc("telephone.guest")}</p>
        {onBack && (
          <button type="button" class="button" onClick={onBack}>
            {tc("telephone.back")}
          </button>
        )}
      </div>
    </div>
  );
}

/** A new message, until it is read. */
export function NewMessage({ call, onRead }: { call: Call; onRead(): void }) {
  const latest = call.chat.latest.value;
  if (!latest || call.chat.unread.value === 0) return null;
  const text =
    latest.kind === "line"
      ? tc("notice.wrote", { name: latest.name, text: shorten(latest.text) })
      : tc("notice.gave", { name: latest.name, file: latest.fileName });
  return (
    <div class="call-notice quiet new-message">
      <p>{text}</p>
      <button type="button" class="button" onClick={onRead}>
        {tc("notice.read")}
      </button>
    </div>
  );
}

const shorten = (text: string): string => ([...text].length > 80 ? `${[...text].slice(0, 79).join("")}…` : text);

function useSilence(call: Call, devices: Devices): boolean {
  const isSilent = useSignal(false);
  const track = devices.microphoneTrack.value;
  useEffect(() => {
    const silence = new Silence();
    isSilent.value = false;
    if (!track) return;
    const timer = setInterval(() => {
      isSilent.value = silence.sample(performance.now(), call.levels(), call.micOn.peek());
    }, 200);
    return () => clearInterval(timer);
  }, [call, devices, track]);
  return isSilent.value;
}
