import type { DeviceStateWord, PathWord, SourceWord } from "../protocol";
import type { DeviceNews, Kind } from "./devices";
import type { MediaState } from "./media";

export type PictureWord = Extract<SourceWord, "camera" | "second_camera" | "screen">;
export const PICTURES: readonly PictureWord[] = ["camera", "second_camera", "screen"];

/** Why a device does not work. */
export type FaultWord = Exclude<DeviceStateWord, "works" | "off">;
export type Faulty = Kind | "both";

/** What a person is told about their own call, the most pressing first. */
export type Notice =
  | { is: "wire_goes_on" | "wire" | "media" | "taken" | "silent" | "slow" | "restricted" }
  | { is: "muted"; source: SourceWord }
  | { is: "device"; news: DeviceNews }
  /** They asked for it in the call, and the browser did not give it. */
  | { is: "withheld"; what: Faulty; why: FaultWord }
  /** Their picture is held back on the way to so many people. */
  | { is: "unseen"; source: PictureWord; people: number };

export interface Circumstances {
  isWireLost: boolean;
  media: MediaState;
  isTelephone: boolean;
  muteAsked: SourceWord | undefined;
  microphone: DeviceStateWord;
  camera: DeviceStateWord;
  /** What the person has asked for in the call without getting it. */
  withheld: ReadonlySet<Kind>;
  isMicSilent: boolean;
  deviceNews: DeviceNews | undefined;
  isUplinkSlow: boolean;
  /** How many people do without a picture that this person sends now. */
  unseen: ReadonlyMap<SourceWord, number>;
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
  notices.push(...withheldOf(now));
  if (now.muteAsked) notices.push({ is: "muted", source: now.muteAsked });
  if (now.microphone === "in_use") notices.push({ is: "taken" });
  else if (now.isMicSilent) notices.push({ is: "silent" });
  if (now.deviceNews) notices.push({ is: "device", news: now.deviceNews });
  if (now.isUplinkSlow && now.cameraOn) notices.push({ is: "slow" });
  for (const source of PICTURES) {
    const people = now.unseen.get(source) ?? 0;
    // Whoever sends too little reaches nobody: that is the cause, and it is told already.
    if (people > 0 && !now.isUplinkSlow) notices.push({ is: "unseen", source, people });
  }
  if (now.path !== "udp" && now.media === "connected") notices.push({ is: "restricted" });
  return notices;
}

function withheldOf({ withheld, microphone, camera, deviceNews }: Circumstances): Notice[] {
  const isFault = (state: DeviceStateWord): state is FaultWord => state !== "works" && state !== "off";
  const told = deviceNews?.is === "lost" ? deviceNews.kind : undefined;
  const faults = new Map<Kind, FaultWord>();
  // A microphone that another app has taken has a notice of its own.
  if (withheld.has("microphone") && told !== "microphone" && isFault(microphone) && microphone !== "in_use")
    faults.set("microphone", microphone);
  if (withheld.has("camera") && told !== "camera" && isFault(camera)) faults.set("camera", camera);
  const why = faults.get("camera");
  if (why && why === faults.get("microphone")) return [{ is: "withheld", what: "both", why }];
  return [...faults].map(([what, why]) => ({ is: "withheld", what, why }));
}

/** Whole seconds until a moment, by the gateway's clock; 0 when it has passed or is not known. */
export function secondsUntil(until: string | undefined, nowMs: number): number {
  const ms = until === undefined ? 0 : Date.parse(until) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, Math.ceil(ms / 1_000)) : 0;
}

/** How long the gateway keeps the place of a device that it does not hear, in milliseconds. */
export const GRACE_MS = 60_000;

const NEVER_HEARD_MS = 20_000;
/** Below this a microphone that works never stays: even a quiet room is louder now and then. */
const ANYTHING = 0.12;
const DEAD_MS = 60_000;
/**
 * Below this not one sample of a window moves (one step of 16 bits in 512 samples makes 0.0016). What is left of a room
 * when noise has been taken out moves more than that; a microphone that was switched off at its own button does not.
 */
const DEAD = 0.001;
/** Without a measurement for so long, nothing is known of the time in between: the page was asleep. */
const GAP_MS = 2_000;

/**
 * Watches a microphone from when it is opened: whether it has given any sound since it is on, and once it has, whether it falls
 * silent altogether. Only time that was measured counts.
 */
export class Silence {
  #onSince = 0;
  #movedAt = 0;
  #sampledAt: number | undefined;
  #isHeard = false;

  /** `level`: as `Meter` tells it, undefined where that is not known. True while the person should be told. */
  sample(nowMs: number, level: number | undefined, isOn: boolean): boolean {
    if (!isOn || level === undefined) {
      this.#sampledAt = undefined;
      return false;
    }
    if (this.#sampledAt === undefined || nowMs - this.#sampledAt > GAP_MS) this.#onSince = this.#movedAt = nowMs;
    this.#sampledAt = nowMs;
    if (level > ANYTHING) this.#isHeard = true;
    if (level > DEAD) this.#movedAt = nowMs;
    return this.#isHeard ? nowMs - this.#movedAt >= DEAD_MS : nowMs - this.#onSince >= NEVER_HEARD_MS;
  }
}
