import { type Signal, signal } from "@preact/signals";
import type { SourceWord } from "../protocol";

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

  constructor(way: Way) {
    this.#way = way;
  }

  /** A screen or window that the person chooses in the browser's own dialog, with its sound where the browser offers it. */
  async shareScreen(): Promise<boolean> {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia(SCREEN);
      const [video] = stream.getVideoTracks();
      const [sound] = stream.getAudioTracks();
      if (!video) return false;
      video.contentHint = "detail";
      await this.#take("screen", video);
      if (sound) {
        sound.contentHint = "music";
        await this.#take("screen_sound", sound);
      }
      return true;
    } catch (cause) {
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
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { ...only(deviceId), width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 24, max: 30 } },
    });
    const [track] = stream.getVideoTracks();
    if (!track) return;
    track.contentHint = "detail";
    await this.#take("second_camera", track);
  }

  /**
   * Sound as the microphone gives it, for auscultation.
   *
   * @throws DOMException when it cannot be opened.
   */
  async openAuscultation(deviceId: string): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { ...RAW_SOUND, ...only(deviceId) } });
    const [track] = stream.getAudioTracks();
    if (!track) return;
    track.contentHint = "music";
    await this.#take("auscultation", track);
  }

  async stop(source: ExtraSource): Promise<void> {
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

  async #take(source: ExtraSource, track: MediaStreamTrack): Promise<void> {
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
