import { type Signal, signal } from "@preact/signals";
import type { DeviceStateWord } from "../protocol";
import { remember, remembered } from "./remembered";
import { Meter } from "./sound";

export type Facing = "user" | "environment";
export type Kind = "camera" | "microphone";

/** Which state of a device a failure of `getUserMedia` means (Media Capture and Streams, section 10.3). */
export function classify(cause: unknown): Exclude<DeviceStateWord, "works" | "off"> {
  switch (cause instanceof Error || cause instanceof DOMException ? cause.name : "") {
    case "NotAllowedError":
    case "PermissionDeniedError":
    case "SecurityError":
      return "refused";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "in_use";
    default:
      return "missing";
  }
}

export const isPhone = (): boolean => matchMedia("(pointer: coarse) and (max-width: 820px)").matches;

const NO_NOISE_SUPPRESSION = "parvis.noise";

function cameraWish(facing: Facing, deviceId: string | undefined): MediaTrackConstraints {
  const size = isPhone()
    ? { width: { ideal: 640 }, height: { ideal: 480 } }
    : { width: { ideal: 1280 }, height: { ideal: 720 } };
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: facing } };
  return { ...size, frameRate: { ideal: 24, max: 30 }, ...which };
}

function microphoneWish(deviceId: string | undefined, noiseSuppression: boolean): MediaTrackConstraints {
  const wish: MediaTrackConstraints = { echoCancellation: true, noiseSuppression, autoGainControl: true };
  return deviceId ? { ...wish, deviceId: { exact: deviceId } } : wish;
}

/** The camera and the microphone of this device: asked for in one go, each with a state in words when it does not work. */
export class Devices {
  readonly camera: Signal<DeviceStateWord> = signal("off");
  readonly microphone: Signal<DeviceStateWord> = signal("off");
  readonly cameraTrack: Signal<MediaStreamTrack | undefined> = signal(undefined);
  readonly microphoneTrack: Signal<MediaStreamTrack | undefined> = signal(undefined);
  /** The system keeps the microphone silent for now: a telephone call, or a switch of the device. */
  readonly isInterrupted: Signal<boolean> = signal(false);
  readonly facing: Signal<Facing> = signal("user");
  /** Noise around the person is taken out; remembered on this device. */
  readonly hasNoiseSuppression: Signal<boolean> = signal(remembered(NO_NOISE_SUPPRESSION) !== "1");
  /** Inputs and outputs that the browser names; empty before permission. */
  readonly known: Signal<MediaDeviceInfo[]> = signal([]);

  #chosen: Partial<Record<Kind, string>> = {};
  #meter: Meter | undefined;
  #isClosed = false;
  #changed = () => void this.#enumerate();
  #visible = () => void this.#reacquire();

  constructor() {
    if (!Devices.isSupported()) return;
    navigator.mediaDevices.addEventListener("devicechange", this.#changed);
    document.addEventListener("visibilitychange", this.#visible);
  }

  /** False in pages that other apps open in themselves, and without HTTPS. */
  static isSupported(): boolean {
    return typeof navigator.mediaDevices?.getUserMedia === "function" && typeof RTCPeerConnection === "function";
  }

  /**
   * Asks for both in one call, on a tap of the person. What fails is tried alone, so that one working device is kept; the states
   * say the rest. Never throws.
   */
  async open(): Promise<void> {
    if (!Devices.isSupported()) {
      this.camera.value = this.microphone.value = "missing";
      return;
    }
    try {
      const both = await this.#get({ camera: true, microphone: true });
      this.#take("camera", both.getVideoTracks()[0]);
      this.#take("microphone", both.getAudioTracks()[0]);
    } catch (cause) {
      const why = classify(cause);
      if (why === "refused" && !(await isOneAllowed())) {
        // Asking again at once would only annoy: both were refused together.
        this.#fail("camera", why);
        this.#fail("microphone", why);
      } else {
        await this.#openOne("microphone");
        await this.#openOne("camera");
      }
    }
    await this.#enumerate();
  }

  /** Only the microphone, on a tap: for those who want or can have no picture. */
  async openSoundOnly(): Promise<void> {
    this.#fail("camera", this.camera.value === "works" ? "off" : this.camera.value);
    if (this.microphoneTrack.value?.readyState !== "live") await this.#openOne("microphone");
    await this.#enumerate();
  }

  /** Takes another input. A device that has gone in the meantime falls back to whatever there is. */
  async choose(kind: Kind, deviceId: string): Promise<void> {
    this.#chosen[kind] = deviceId;
    this.#release(kind);
    await this.#openOne(kind);
  }

  /** Front camera to back camera and the other way round. Phones give only one camera at a time, so the old one goes first. */
  async flip(): Promise<void> {
    const before = this.facing.value;
    this.facing.value = before === "user" ? "environment" : "user";
    delete this.#chosen.camera;
    this.#release("camera");
    await this.#openOne("camera");
    if (this.camera.value !== "works") {
      this.facing.value = before;
      await this.#openOne("camera");
    }
  }

  /** More than one camera, so that flipping makes sense. */
  mayFlip(): boolean {
    return this.known.value.filter((device) => device.kind === "videoinput").length > 1;
  }

  /** Really off: the light beside the lens goes out. */
  switchCameraOff(): void {
    this.#fail("camera", "off");
  }

  async switchCameraOn(): Promise<void> {
    await this.#openOne("camera");
    await this.#enumerate();
  }

  /** Opens a microphone that was refused, missing or in use before. */
  async retryMicrophone(): Promise<void> {
    await this.#openOne("microphone");
    await this.#enumerate();
  }

  /** Gives the microphone back to the device, for a telephone call. */
  releaseMicrophone(): void {
    this.#fail("microphone", "off");
  }

  /** Switches the browser's noise suppression, with a new track from the same microphone. */
  async setNoiseSuppression(is: boolean): Promise<void> {
    this.hasNoiseSuppression.value = is;
    remember(NO_NOISE_SUPPRESSION, is ? undefined : "1");
    if (this.microphoneTrack.peek() === undefined) return;
    this.#release("microphone");
    await this.#openOne("microphone");
  }

  /** The devices of one kind, to choose from. */
  of(kind: MediaDeviceKind): MediaDeviceInfo[] {
    return this.known.value.filter((device) => device.kind === kind);
  }

  /** Which device is in use, as the browser names it; empty when none is. */
  chosen(kind: Kind): string {
    return this.#track(kind).value?.getSettings?.().deviceId ?? "";
  }

  /** How loud the microphone is now, 0 to 1. */
  level(): number {
    return this.#meter?.level() ?? 0;
  }

  /** Lets go of both. */
  close(): void {
    this.#isClosed = true;
    if (Devices.isSupported()) navigator.mediaDevices.removeEventListener("devicechange", this.#changed);
    document.removeEventListener("visibilitychange", this.#visible);
    this.#fail("camera", "off");
    this.#fail("microphone", "off");
  }

  #get(wanted: Partial<Record<Kind, boolean>>): Promise<MediaStream> {
    return navigator.mediaDevices.getUserMedia({
      ...(wanted.camera ? { video: cameraWish(this.facing.value, this.#chosen.camera) } : {}),
      ...(wanted.microphone ? { audio: microphoneWish(this.#chosen.microphone, this.hasNoiseSuppression.peek()) } : {}),
    });
  }

  async #openOne(kind: Kind): Promise<void> {
    if (!Devices.isSupported()) return this.#fail(kind, "missing");
    try {
      const stream = await this.#get({ [kind]: true });
      this.#take(kind, stream.getTracks()[0]);
    } catch (cause) {
      if (this.#chosen[kind] && classify(cause) === "missing") {
        delete this.#chosen[kind];
        return this.#openOne(kind);
      }
      this.#fail(kind, classify(cause));
    }
  }

  #take(kind: Kind, track: MediaStreamTrack | undefined): void {
    if (!track) {
      this.#fail(kind, "missing");
      return;
    }
    if (this.#isClosed) {
      track.stop();
      return;
    }
    const before = this.#track(kind).peek();
    if (before && before !== track) before.stop();
    if (kind === "camera") track.contentHint = "motion";
    // Unplugged, or taken away by the system: the person is told, and it is tried again when the page is back in front.
    track.onended = () => {
      if (this.#track(kind).peek() === track) this.#fail(kind, "in_use");
    };
    this.#track(kind).value = track;
    this[kind].value = "works";
    if (kind === "microphone") {
      this.isInterrupted.value = false;
      track.onmute = () => {
        this.isInterrupted.value = this.microphoneTrack.peek() === track;
      };
      track.onunmute = () => {
        this.isInterrupted.value = false;
      };
      this.#meter?.close();
      this.#meter = new Meter(track);
    }
  }

  #fail(kind: Kind, state: DeviceStateWord): void {
    this.#stop(kind);
    this[kind].value = state;
  }

  /** Gives the device back, but keeps showing its track as the current one: the next takes its place without a gap in between. */
  #release(kind: Kind): void {
    const track = this.#track(kind).peek();
    if (!track) return;
    track.onended = track.onmute = track.onunmute = null;
    track.stop();
  }

  #stop(kind: Kind): void {
    this.#release(kind);
    this.#track(kind).value = undefined;
    if (kind === "microphone") {
      this.isInterrupted.value = false;
      this.#meter?.close();
      this.#meter = undefined;
    }
  }

  #track(kind: Kind): Signal<MediaStreamTrack | undefined> {
    return kind === "camera" ? this.cameraTrack : this.microphoneTrack;
  }

  async #enumerate(): Promise<void> {
    if (!Devices.isSupported()) return;
    const hasPermission = this.camera.peek() === "works" || this.microphone.peek() === "works";
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    this.known.value = hasPermission ? devices.filter((device) => device.deviceId !== "") : [];
  }

  /** A telephone call or another app took a device while the page was hidden. */
  async #reacquire(): Promise<void> {
    if (this.#isClosed || document.visibilityState !== "visible") return;
    for (const kind of ["microphone", "camera"] as const) if (this[kind].peek() === "in_use") await this.#openOne(kind);
    // After a telephone call iOS may leave a microphone silent that a new question wakes.
    if (this.isInterrupted.peek()) await this.#openOne("microphone");
  }
}

/** Whether the person refused only one of the two, as far as the browser tells. */
async function isOneAllowed(): Promise<boolean> {
  const states = await Promise.all(
    ["camera", "microphone"].map((name) =>
      Promise.resolve(navigator.permissions?.query({ name: name as PermissionName }))
        .then((status) => status?.state)
        .catch(() => undefined),
    ),
  );
  return states.includes("granted") || (states.includes("denied") && states.includes("prompt"));
}
