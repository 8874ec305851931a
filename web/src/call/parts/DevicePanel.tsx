import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { Call } from "../call";
import type { Devices } from "../devices";
import { type ExtraSource, mayShareScreen } from "../extras";
import { Hearing } from "../hearing";
import { tc } from "./words";
import "./parts.css";

/** Which microphone, camera and speaker; how much data; and what to show beside the face. */
export function DevicePanel({ call, devices }: { call: Call; devices: Devices }) {
  const { watching, hearing } = call;
  const isTelephone = call.telephone.value !== undefined;
  return (
    <div class="devices">
      {!isTelephone && (
        <>
          <Choice
            label={tc("devices.microphone")}
            devices={devices.of("audioinput")}
            value={devices.chosen("microphone")}
            onChoose={(id) => void devices.choose("microphone", id)}
          />
          <Choice
            label={tc("devices.camera")}
            devices={devices.of("videoinput")}
            value={devices.chosen("camera")}
            onChoose={(id) => void devices.choose("camera", id)}
          />
        </>
      )}
      {Hearing.mayChooseSpeaker() && (
        <Choice
          label={tc("devices.speaker")}
          devices={devices.of("audiooutput")}
          value={hearing.speaker.value}
          first={tc("devices.system")}
          onChoose={(id) => hearing.choose(id)}
        />
      )}
      <Switch
        label={tc("devices.noise")}
        isOn={devices.hasNoiseSuppression.value}
        onChange={(is) => void devices.setNoiseSuppression(is)}
      />
      <Volumes call={call} />
      <h3>{tc("devices.data")}</h3>
      <Switch
        label={tc("devices.save")}
        hint={tc("devices.saveHint")}
        isOn={watching.isSavingData.value}
        onChange={(is) => watching.saveData(is)}
      />
      <Switch
        label={tc("devices.noVideo")}
        hint={tc("devices.noVideoHint")}
        isOn={watching.isVideoOff.value}
        onChange={(is) => watching.receiveVideo(!is)}
      />
      {!isTelephone && (
        <>
          <Switch
            label={tc("devices.noSending")}
            isOn={!call.cameraOn.value}
            onChange={() => void call.toggleCamera()}
          />
          <h3>{tc("devices.extra")}</h3>
          {/* Staff have a button of their own for it, always in sight. */}
          {call.self.role !== "practitioner" && mayShareScreen() && <Screen call={call} />}
          <Extra
            call={call}
            source="second_camera"
            title={tc("devices.second")}
            hint={tc("devices.secondHint")}
            start={tc("devices.show")}
            devices={devices.of("videoinput").filter(({ deviceId }) => deviceId !== devices.chosen("camera"))}
            onStart={(id) => call.extras.openSecondCamera(id)}
          />
          <Extra
            call={call}
            source="auscultation"
            title={tc("devices.auscultation")}
            hint={tc("devices.auscultationHint")}
            start={tc("devices.listen")}
            devices={devices.of("audioinput")}
            onStart={(id) => call.extras.openAuscultation(id)}
          />
        </>
      )}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  devices: readonly MediaDeviceInfo[];
  value: string;
  first?: string;
  onChoose(deviceId: string): void;
}

function Choice({ label, devices, value, first, onChoose }: ChoiceProps) {
  const id = useId();
  if (devices.length === 0) return null;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {first !== undefined && <option value="">{first}</option>}
        {devices
          .filter(({ deviceId }) => first === undefined || deviceId !== "default")
          .map((device, place) => (
            <option key={device.deviceId} value={device.deviceId}>
              {device.label || tc("devices.unnamed", { n: place + 1 })}
            </option>
          ))}
      </select>
    </div>
  );
}

function Switch(props: { label: string; hint?: string; isOn: boolean; onChange(is: boolean): void }) {
  const id = useId();
  return (
    <div class="switch">
      <label>
        <input
          type="checkbox"
          role="switch"
          checked={props.isOn}
          aria-checked={props.isOn}
          aria-describedby={props.hint === undefined ? undefined : id}
          onChange={(event) => props.onChange(event.currentTarget.checked)}
        />
        <span>{props.label}</span>
      </label>
      {props.hint !== undefined && (
        <p class="muted" id={id}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

/** A screen or window, chosen in the browser's own dialog. */
function Screen({ call }: { call: Call }) {
  const isOn = call.screenTrack.value !== undefined;
  const word = isOn ? tc("devices.stopShowing") : tc("devices.show");
  return (
    <div class="field extra">
      <strong>{tc("devices.screen")}</strong>
      <p class="hint">{tc("devices.screenHint")}</p>
      <button
        type="button"
        class="button"
        aria-label={`${word}\u00a0: ${tc("devices.screen")}`}
        onClick={() => void (isOn ? call.stopScreen() : call.shareScreen())}
      >
        {word}
      </button>
    </div>
  );
}

interface ExtraProps {
  call: Call;
  source: ExtraSource;
  title: string;
  hint: string;
  start: string;
  devices: readonly MediaDeviceInfo[];
  onStart(deviceId: string): Promise<void>;
}

function Extra({ call, source, title, hint, start, devices, onStart }: ExtraProps) {
  const id = useId();
  const chosen = useSignal("");
  const hasFailed = useSignal(false);
  const isOn = call.extras.tracks[source].value !== undefined;
  const deviceId = devices.some((device) => device.deviceId === chosen.value)
    ? chosen.value
    : (devices[0]?.deviceId ?? "");
  if (devices.length === 0 && !isOn) return null;
  const begin = async () => {
    hasFailed.value = false;
    try {
      await onStart(deviceId);
    } catch (cause) {
      console.info(`could not open the device for ${source}`, cause);
      hasFailed.value = true;
    }
  };
  return (
    <div class="field extra">
      <label for={id}>{title}</label>
      <p class="hint">{hint}</p>
      <div class="extra-line">
        <select
          id={id}
          value={deviceId}
          disabled={isOn}
          onChange={(event) => {
            chosen.value = event.currentTarget.value;
          }}
        >
          {devices.map((device, place) => (
            <option key={device.deviceId} value={device.deviceId}>
              {device.label || tc("devices.unnamed", { n: place + 1 })}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="button"
          aria-label={`${isOn ? tc("devices.stopShowing") : start}\u00a0: ${title}`}
          onClick={() => void (isOn ? call.extras.stop(source) : begin())}
        >
          {isOn ? tc("devices.stopShowing") : start}
        </button>
      </div>
      <p role="alert">{hasFailed.value ? tc("devices.failed") : ""}</p>
    </div>
  );
}

function Volumes({ call }: { call: Call }) {
  const self = call.self.participant;
  const others = call.people.value.filter(
    ({ participant, place }) => participant !== self && place.state === "in_call" && call.remote.value.has(participant),
  );
  if (others.length === 0 || !Hearing.mayChangeVolume()) return null;
  return (
    <>
      <h3>{tc("devices.volumes")}</h3>
      {others.map(({ participant, name }) => (
        <Volume key={participant} call={call} participant={participant} name={name} label={name} />
      ))}
    </>
  );
}

interface VolumeProps {
  call: Call;
  participant: string;
  name: string;
  /** What is written beside it; the word for volume unless told. */
  label?: string;
}

/** How loud one person is heard here. */
export function Volume({ call, participant, name, label }: VolumeProps) {
  const volume = call.hearing.volumes.value.get(participant) ?? 1;
  return (
    <label class="volume">
      <span>{label ?? tc("devices.volumes")}</span>
      <input
        type="range"
        min={0}
        max={100}
        step={5}
        value={Math.round(volume * 100)}
        aria-label={tc("devices.volume", { name })}
        onInput={(event) => call.hearing.setVolume(participant, Number(event.currentTarget.value) / 100)}
      />
    </label>
  );
}
