import { type Signal, signal } from "@preact/signals";
import type { DeviceStateWord } from "../protocol";
import { remember, remembered } from "./remembered";
import { Meter } from "./sound";
import { Wishes } from "./wishes";

export type Facing = "user" | "environment";
export type Kind = "camera" | "microphone";

/** What has happened to a device against the person's doing. */
export interface DeviceNews {
  /**
   * `replaced`: it ended, and another has taken its place. `kept`: the one that was chosen does not open, and the one before is in
   * use again. `lost`: it ended.
   */
  is: "replaced" | "kept" | "lost";
  kind: Kind;
  /** The device that is in use now, as the browser names it; may be empty. */
  label: string;
}

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

const KINDS: readonly Kind[] = ["microphone", "camera"];

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

/**
 * The camera and the microphone of this device: asked for in one go, each with a state in words when it does not work. What the
 * browser gives late is used only if it is still wanted: nothing comes on after it was switched off.
 */
export class Devices {
  readonly camera: Signal<DeviceStateWord> = signal("off");
  readonly microphone: Signal<DeviceStateWord> = signal("off");
  readonly cameraTrack: Signal<MediaStreamTrack | undefined> = signal(undefined);
  readonly microphoneTrack: Signal<MediaStreamTrack | undefined> = signal(undefined);
  /** The system keeps the microphone silent for now: a telephone call, or a switch of the device. */
  readonly isInterrupted: Signal<boolean> = signal(false);
  /** To be told, until the person has read it or does something with the device. */
  readonly news: Signal<DeviceNews | undefined> = signal(undefined);
  readonly facing: Signal<Facing> = signal("user");
  /** Noise around the person is taken out; remembered on this device. */
  readonly hasNoiseSuppression: Signal<boolean> = signal(remembered(NO_NOISE_SUPPRESSION) !== "1");
  /** Inputs and outputs that the browser names; empty before permission. */
  readonly known: Signal<MediaDeviceInfo[]> = signal([]);

  #chosen: Partial<Record<Kind, string>> = {};
  #wishes = new Wishes<Kind>();
  /** The person wants no picture of theirs sent: it is not asked for again until they do. */
  #isCameraDeclined = false;
  /** Another microphone has taken over by itself; not a second time before the person does something. */
  #hasReplaced = false;
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
   * Asks for what does not work yet, both in one call, on a tap of the person. What fails is tried alone, so that one working device
   * is kept; the states say the rest. Never throws.
   */
  async open(): Promise<void> {
    if (!Devices.isSupported()) {
      this.camera.value = this.microphone.value = "missing";
      return;
    }
    const wanted = KINDS.filter(
      (kind) => this[kind].peek() !== "works" && !(kind === "camera" && this.#isCameraDeclined),
    );
    const wishes = wanted.map((kind) => [kind, this.#wish(kind)] as const);
    let isAlone = wanted.length < 2;
    if (!isAlone)
      try {
        const both = await this.#get({ camera: true, microphone: true });
        for (const [kind, wish] of wishes) {
          const [track] = kind === "camera" ? both.getVideoTracks() : both.getAudioTracks();
          if (this.#take(kind, wish, track) === "missing") this.#refuse(kind, wish, "missing");
        }
      } catch (cause) {
        const why = classify(cause);
        isAlone = why !== "refused" || (await isOneAllowed());
        // Asking again at once would only annoy: both were refused together.
        if (!isAlone) for (const [kind, wish] of wishes) this.#refuse(kind, wish, why);
      }
    if (isAlone) for (const [kind, wish] of wishes) await this.#openOne(kind, wish);
    await this.#enumerate();
  }

  /** Only the microphone, on a tap: for those who want or can have no picture. */
  async openSoundOnly(): Promise<void> {
    if (this.camera.peek() === "works" || this.camera.peek() === "off") this.switchCameraOff();
    else this.#wishes.takeBack("camera");
    if (this.microphoneTrack.value?.readyState !== "live") await this.#openOne("microphone");
    await this.#enumerate();
  }

  /** Takes another input. When it does not open, the one before is used again. */
  async choose(kind: Kind, deviceId: string): Promise<void> {
    const before = this.chosen(kind);
    const wish = this.#wish(kind);
    this.#chosen[kind] = deviceId;
    this.#release(kind);
    const state = await this.#ask(kind, wish);
    if (state === undefined || state === "works") return;
    if (before === "" || before === deviceId) return this.#refuse(kind, wish, state);
    this.#chosen[kind] = before;
    if ((await this.#openOne(kind, wish)) === "works") this.#tell("kept", kind);
  }

  /** Front camera to back camera and the other way round. Phones give only one camera at a time, so the old one goes first. */
  async flip(): Promise<void> {
    const before = this.facing.value;
    this.facing.value = before === "user" ? "environment" : "user";
    delete this.#chosen.camera;
    this.#release("camera");
    await this.#openOne("camera");
    if (this.camera.value !== "works" && this.camera.value !== "off") {
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
    this.#isCameraDeclined = true;
    this.#fail("camera", "off");
  }

  async switchCameraOn(): Promise<void> {
    this.#isCameraDeclined = false;
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

  /** The browser has been asked for it and has not answered yet. */
  isOpening(kind: Kind): boolean {
    return this.#wishes.isOpen(kind);
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

  /** How loud the microphone is now, 0 to 1; undefined where that cannot be measured. */
  level(): number | undefined {
    return this.#meter?.level();
  }

  /** Lets go of both. */
  close(): void {
    this.#isClosed = true;
    if (Devices.isSupported()) navigator.mediaDevices.removeEventListener("devicechange", this.#changed);
    document.removeEventListener("visibilitychange", this.#visible);
    this.#fail("camera", "off");
    this.#fail("microphone", "off");
  }

  /** What the person asks for. */
  #wish(kind: Kind): symbol {
    if (kind === "microphone") this.#hasReplaced = false;
    return this.#wishes.make(kind);
  }

  #get(wanted: Partial<Record<Kind, boolean>>): Promise<MediaStream> {
    return navigator.mediaDevices.getUserMedia({
      ...(wanted.camera ? { video: cameraWish(this.facing.value, this.#chosen.camera) } : {}),
      ...(wanted.microphone ? { audio: microphoneWish(this.#chosen.microphone, this.hasNoiseSuppression.peek()) } : {}),
    });
  }

  /** One question to the browser. Tells how it went, or nothing when the answer is not wanted any more. */
  async #ask(kind: Kind, wish: symbol): Promise<DeviceStateWord | undefined> {
    if (!Devices.isSupported()) return "missing";
    try {
      const stream = await this.#get({ [kind]: true });
      return this.#take(kind, wish, stream.getTracks()[0]);
    } catch (cause) {
      return this.#wishes.isOpen(kind, wish) ? classify(cause) : undefined;
    }
  }

  /** A device that was chosen and has gone in the meantime gives way to whatever there is. Tells how it went, as `#ask` does. */
  async #openOne(kind: Kind, wish = this.#wish(kind)): Promise<DeviceStateWord | undefined> {
    if (!this.#wishes.isOpen(kind, wish)) return undefined;
    let state = await this.#ask(kind, wish);
    if (state === "missing" && this.#chosen[kind]) {
      delete this.#chosen[kind];
      state = await this.#ask(kind, wish);
    }
    if (state && state !== "works") this.#refuse(kind, wish, state);
    return state;
  }

  #take(kind: Kind, wish: symbol, track: MediaStreamTrack | undefined): DeviceStateWord | undefined {
    if (!track) return "missing";
    if (!this.#wishes.settle(kind, wish) || this.#isClosed) {
      track.stop();
      return undefined;
    }
    const before = this.#track(kind).peek();
    if (before && before !== track) before.stop();
    this.#untell(kind);
    if (kind === "camera") track.contentHint = "motion";
    track.onended = () => void this.#ended(kind, track);
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
    return "works";
  }

  /**
   * Unplugged, or taken away by the system. Nobody is to go unheard for that: another microphone takes over, once, and the person is
   * told. A camera never films without a tap: another one may look elsewhere.
   */
  async #ended(kind: Kind, track: MediaStreamTrack): Promise<void> {
    if (this.#track(kind).peek() !== track) return;
    const deviceId = this.chosen(kind);
    this.#fail(kind, "in_use");
    if (kind === "camera") {
      // It alone comes back when the page does.
      if (deviceId) this.#chosen.camera = deviceId;
      this.#tell("lost", kind);
    } else if (!this.#hasReplaced && document.visibilityState === "visible") {
      this.#hasReplaced = true;
      delete this.#chosen.microphone;
      const state = await this.#openOne(kind, this.#wishes.make(kind));
      if (state === "works") this.#tell("replaced", kind);
      else if (state && state !== "in_use") this.#tell("lost", kind);
      await this.#enumerate();
    }
  }

  #tell(is: DeviceNews["is"], kind: Kind): void {
    this.news.value = { is, kind, label: this.#track(kind).peek()?.label ?? "" };
  }

  #untell(kind: Kind): void {
    if (this.news.peek()?.kind === kind) this.news.value = undefined;
  }

  /** A wish that the browser does not grant. */
  #refuse(kind: Kind, wish: symbol, state: DeviceStateWord): void {
    if (this.#wishes.settle(kind, wish)) this.#fail(kind, state);
  }

  #fail(kind: Kind, state: DeviceStateWord): void {
    this.#wishes.takeBack(kind);
    this.#untell(kind);
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
    if (this.microphone.peek() === "in_use") await this.#openOne("microphone");
    if (this.camera.peek() === "in_use") {
      // The same one and no other.
      const wish = this.#wish("camera");
      const state = await this.#ask("camera", wish);
      if (state && this.#wishes.settle("camera", wish)) this.camera.value = state;
    }
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
