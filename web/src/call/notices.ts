import type { DeviceStateWord, PathWord, SourceWord } from "../protocol";
import type { MediaState } from "./media";

/** What a person is told about their own call, the most pressing first. */
export type Notice =
  | { is: "wire_goes_on" | "wire" | "media" | "taken" | "silent" | "slow" | "restricted" }
  | { is: "muted"; source: SourceWord };

export interface Circumstances {
  isWireLost: boolean;
  media: MediaState;
  isTelephone: boolean;
  muteAsked: SourceWord | undefined;
  microphone: DeviceStateWord;
  isMicSilent: boolean;
  isUplinkSlow: boolean;
  cameraOn: boolean;
  path: PathWord;
}

/** Which notices apply. By telephone the state of sound and picture is of no account. */
export function noticesOf(now: Circumstances): Notice[] {
  const notices: Notice[] = [];
  const isMedia = !now.isTelephone;
  if (now.isWireLost) notices.push({ is: isMedia && now.media === "connected" ? "wire_goes_on" : "wire" });
  else if (isMedia && now.media === "lost") notices.push({ is: "media" });
  if (!isMedia) return notices;
  if (now.muteAsked) notices.push({ is: "muted", source: now.muteAsked });
  if (now.microphone === "in_use") notices.push({ is: "taken" });
  else if (now.isMicSilent) notices.push({ is: "silent" });
  if (now.isUplinkSlow && now.cameraOn) notices.push({ is: "slow" });
  if (now.path !== "udp" && now.media === "connected") notices.push({ is: "restricted" });
  return notices;
}

/** Whole seconds until a moment, by the gateway's clock; 0 when it has passed or is not known. */
export function secondsUntil(until: string | undefined, nowMs: number): number {
  const ms = until === undefined ? 0 : Date.parse(until) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, Math.ceil(ms / 1_000)) : 0;
}

/** How long the gateway keeps the place of a device that it does not hear, in milliseconds. */
export const GRACE_MS = 60_000;

const SILENT_AFTER_MS = 20_000;
/** Below this a microphone that works never stays: even a quiet room is louder now and then. */
const ANYTHING = 0.12;

/** Watches whether a microphone that is on has ever given a sound since it was opened. */
export class Silence {
  #onSince: number | undefined;
  #isHeard = false;

  sample(nowMs: number, level: number, isOn: boolean): boolean {
    if (!isOn) {
      this.#onSince = undefined;
      return false;
    }
    this.#onSince ??= nowMs;
    if (level > ANYTHING) this.#isHeard = true;
    return !this.#isHeard && nowMs - this.#onSince >= SILENT_AFTER_MS;
  }

  /** Another microphone has been opened. */
  forget(): void {
    this.#isHeard = false;
    this.#onSince = undefined;
  }
}
