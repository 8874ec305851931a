import { type Signal, signal } from "@preact/signals";
import { remember, remembered } from "./remembered";

const SPEAKER = "parvis.speaker";

/** How the others are heard on this device: from which speaker, and each how loud. */
export class Hearing {
  /** The output that was chosen; empty for the one of the system. */
  readonly speaker: Signal<string> = signal(remembered(SPEAKER) ?? "");
  /** 0 to 1 for each participant; who is missing is heard in full. */
  readonly volumes: Signal<ReadonlyMap<string, number>> = signal(new Map());

  /** Not on iPhones, which decide by themselves. */
  static mayChooseSpeaker(): boolean {
    return typeof HTMLMediaElement !== "undefined" && "setSinkId" in HTMLMediaElement.prototype;
  }

  /** iPhones leave the volume to their buttons: what is set there does not stay. */
  static mayChangeVolume(): boolean {
    if (typeof Audio === "undefined") return false;
    const element = new Audio();
    element.volume = 0.5;
    return element.volume === 0.5;
  }

  choose(deviceId: string): void {
    this.speaker.value = deviceId;
    remember(SPEAKER, deviceId === "" ? undefined : deviceId);
  }

  setVolume(participant: string, volume: number): void {
    const volumes = new Map(this.volumes.peek());
    volumes.set(participant, Math.min(1, Math.max(0, volume)));
    this.volumes.value = volumes;
  }

  /** Devices have come or gone: whoever was heard through one that has gone is heard through that of the system. */
  async follow(elements: Iterable<HTMLMediaElement>): Promise<void> {
    if (!Hearing.mayChooseSpeaker() || this.speaker.peek() === "") return;
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    const isThere = devices.some(({ kind, deviceId }) => kind === "audiooutput" && deviceId === this.speaker.peek());
    for (const element of elements)
      if (isThere) await this.route(element);
      // An element that has this speaker already would not notice that it is gone.
      else await element.setSinkId("").catch(() => undefined);
  }

  /** Plays an element where the person wants it. A speaker that was unplugged gives way to that of the system. */
  async route(element: HTMLMediaElement): Promise<void> {
    if (!Hearing.mayChooseSpeaker()) return;
    try {
      await element.setSinkId(this.speaker.peek());
    } catch (cause) {
      console.info("the speaker that was chosen is not there", cause);
      await element.setSinkId("").catch(() => undefined);
    }
  }
}
