import { type Signal, signal } from "@preact/signals";
import type { SourceWord } from "../protocol";
import { Wishes } from "./wishes";

/** What somebody sends beside their face and voice. */
export type ExtraSource = Exclude<SourceWord, "microphone" | "camera">;
export const EXTRAS: readonly ExtraSource[] = ["screen", "screen_sound", "second_camera", "auscultation"];

interface Way {
  send(source: ExtraSource, track: MediaStreamTrack): Promise<void>;
  withdraw(source: ExtraSource): Promise<void>;
}

/** The sound of a stethoscope is not a voice: nothing may be cleaned out of it (Media Capture and Streams, section 4.3.8). */
const RAW_SOUND: MediaTrackConstraints = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
  channelCount: { ideal: 2 },
};

/** The sound of all of a computer would send the others their own voices back; that of a tab or window does not. */
const SCREEN: DisplayMediaStreamOptions & { systemAudio: string; selfBrowserSurface: string } = {
  video: { frameRate: { max: 15 } },
  audio: true,
  systemAudio: "exclude",
  selfBrowserSurface: "exclude",
};

/** Phones share no screen from a page. */
export const mayShareScreen = (): boolean => typeof navigator.mediaDevices?.getDisplayMedia === "function";

const only = (deviceId: string | undefined): MediaTrackConstraints =>
  deviceId === undefined || deviceId === "" ? {} : { deviceId: { exact: deviceId } };

/** A screen, a second camera and raw sound, each a track of its own that comes and goes. */
export class Extras {
  readonly tracks: Record<ExtraSource, Signal<MediaStreamTrack | undefined>> = {
    screen: signal(undefined),
    screen_sound: signal(undefined),
    second_camera: signal(undefined),
    auscultation: signal(undefined),
  };
  #way: Way;
  #wishes = new Wishes<ExtraSource>();

  constructor(way: Way) {
    this.#way = way;
  }

  /** It is sent, or the browser has been asked for it. */
  isOn(source: ExtraSource): boolean {
    return this.tracks[source].peek() !== undefined || this.#wishes.isOpen(source);
  }

  /** A screen or window that the person chooses in the browser's own dialog, with its sound where the browser offers it. */
  async shareScreen(): Promise<boolean> {
    const wish = this.#wishes.make("screen_sound");
    try {
      const stream = await this.#ask("screen", () => navigator.mediaDevices.getDisplayMedia(SCREEN));
      const isHeard = this.#wishes.settle("screen_sound", wish);
      const [video] = stream?.getVideoTracks() ?? [];
      const [sound] = stream?.getAudioTracks() ?? [];
      if (!isHeard || !video) sound?.stop();
      if (!video) return false;
      await this.#take("screen", video, "detail");
      if (isHeard && sound) await this.#take("screen_sound", sound, "music");
      return true;
    } catch (cause) {
      this.#wishes.settle("screen_sound", wish);
      console.info("no screen was chosen", cause);
      return false;
    }
  }

  /**
   * Another camera beside the one for the face: dermatoscope, otoscope.
   *
   * @throws DOMException when it cannot be opened.
   */
  async openSecondCamera(deviceId: string): Promise<void> {
    const video = {
      ...only(deviceId),
      width: { ideal: 1920 },
      height: { ideal: 1080 },
      frameRate: { ideal: 24, max: 30 },
    };
    const stream = await this.#ask("second_camera", () => navigator.mediaDevices.getUserMedia({ video }));
    const [track] = stream?.getVideoTracks() ?? [];
    if (track) await this.#take("second_camera", track, "detail");
  }

  /**
   * Sound as the microphone gives it, for auscultation.
   *
   * @throws DOMException when it cannot be opened.
   */
  async openAuscultation(deviceId: string): Promise<void> {
    const audio = { ...RAW_SOUND, ...only(deviceId) };
    const stream = await this.#ask("auscultation", () => navigator.mediaDevices.getUserMedia({ audio }));
    const [track] = stream?.getAudioTracks() ?? [];
    if (track) await this.#take("auscultation", track, "music");
  }

  async stop(source: ExtraSource): Promise<void> {
    this.#wishes.takeBack(source);
    if (source === "screen") await this.stop("screen_sound");
    const track = this.tracks[source].peek();
    if (!track) return;
    track.onended = null;
    track.stop();
    this.tracks[source].value = undefined;
    await this.#way.withdraw(source);
  }

  stopAll(): void {
    for (const source of EXTRAS) void this.stop(source);
  }

  /** Everything that is there goes into connections that were made anew. */
  sendAgain(): void {
    for (const source of EXTRAS) {
      const track = this.tracks[source].peek();
      if (track) void this.#way.send(source, track);
    }
  }

  /** Asks the browser. What was stopped while it was asking goes back at once, and nothing is given. */
  async #ask(source: ExtraSource, question: () => Promise<MediaStream>): Promise<MediaStream | undefined> {
    const wish = this.#wishes.make(source);
    try {
      const stream = await question();
      if (this.#wishes.settle(source, wish)) return stream;
      for (const track of stream.getTracks()) track.stop();
      return undefined;
    } catch (cause) {
      this.#wishes.settle(source, wish);
      throw cause;
    }
  }

  async #take(source: ExtraSource, track: MediaStreamTrack, hint: "detail" | "music"): Promise<void> {
    track.contentHint = hint;
    const before = this.tracks[source].peek();
    if (before) {
      before.onended = null;
      before.stop();
    }
    // Stopped in the browser's own bar, or unplugged.
    track.onended = () => void this.stop(source);
    this.tracks[source].value = track;
    await this.#way.send(source, track);
  }
}
