import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type {
  PathWord,
  PausedReason,
  Person,
  QualityWord,
  RoleWord,
  SourceWord,
  TelephoneReason,
  TelephoneState,
} from "../protocol";
import { Rejected, type Welcome, type Wire } from "../wire";
import { waitMs } from "./backoff";
import { Chat } from "./chat";
import { type Devices, isPhone, type Kind } from "./devices";
import { Extras } from "./extras";
import { Hearing } from "./hearing";
import { Media, type MediaState } from "./media";
import type { Received, Sent } from "./stats";
import type { Sources } from "./subscriber";
import type { Travel } from "./travel";
import { Watching } from "./watched";

export type { MediaState } from "./media";

declare global {
  /** The call of this page, for whoever asks in the browser's console what is sent and decoded: `await parvisCall.stats()`. */
  var parvisCall: Call | undefined;
}

export interface CallStats {
  media: MediaState;
  self: string;
  path: PathWord;
  sent: Sent;
  people: Record<string, Received>;
}

/** After so long a beginning that did not help is forgotten. */
const FORGET_ANEW_MS = 60_000;

/** One source of one person, as a key. */
export const keyOf = (participant: string, source: SourceWord): string => `${participant} ${source}`;

/**
 * This person's part in a call, over one wire and with one set of devices. It sends and receives exactly while the gateway says
 * that this person is in the call. Media outlive a loss of the wire; a welcome that does not know them makes them anew.
 */
export class Call {
  /** The others and this person, as the gateway tells them; empty outside the call for guests. */
  readonly people: Signal<Person[]> = signal([]);
  readonly remote: Signal<Map<string, Sources>> = signal(new Map());
  readonly media: Signal<MediaState> = signal("connecting");
  readonly path: Signal<PathWord> = signal("udp");
  readonly isInCall: Signal<boolean> = signal(false);
  /** Who speaks. */
  readonly speaker: Signal<string | undefined> = signal(undefined);
  /** How well each person's connection carries. */
  readonly quality: Signal<ReadonlyMap<string, QualityWord>> = signal(new Map());
  /** Pictures that do not come, by `keyOf`. */
  readonly paused: Signal<ReadonlyMap<string, PausedReason>> = signal(new Map());
  /** This person's own picture does not get through. */
  readonly isUplinkSlow: Signal<boolean> = signal(false);
  /** How many people do without a picture of this person's, because their connections do not carry it. */
  readonly unseen: Signal<ReadonlyMap<SourceWord, number>> = signal(new Map());
  /** Nobody new may come in. */
  readonly isLocked: Signal<boolean> = signal(false);
  /** The visit goes on by telephone. */
  readonly telephone: Signal<TelephoneState | undefined> = signal(undefined);
  /** Staff have switched this source of this person off, until it is switched on again. */
  readonly muteAsked: Signal<SourceWord | undefined> = signal(undefined);
  /** What the person has asked for in the call, and the browser did not give. */
  readonly withheld: Signal<ReadonlySet<Kind>> = signal(new Set());
  /** The microphone works and the person has it on. */
  readonly micOn: ReadonlySignal<boolean>;
  readonly cameraOn: ReadonlySignal<boolean>;
  /** The screen that this person shares now. */
  readonly screenTrack: Signal<MediaStreamTrack | undefined>;
  readonly extras: Extras;
  readonly watching: Watching;
  readonly chat: Chat;
  readonly hearing = new Hearing();

  #wire: Wire;
  #devices: Devices;
  #media: Media | undefined;
  #follow: () => void = () => undefined;
  #generation = 0;
  #peopleRevision = -1;
  #wantsIn = false;
  #wantsMic = signal(true);
  #beforeTelephone = { mic: false, camera: false };
  #anewTimer: ReturnType<typeof setTimeout> | undefined;
  #anewAt = Number.NEGATIVE_INFINITY;
  #anews = 0;
  #stops: (() => void)[] = [];

  constructor(wire: Wire, devices: Devices) {
    this.#wire = wire;
    this.#devices = devices;
    globalThis.parvisCall = this;
    this.micOn = computed(() => this.#wantsMic.value && devices.microphoneTrack.value !== undefined);
    this.cameraOn = computed(() => devices.cameraTrack.value !== undefined);
    this.extras = new Extras({
      send: async (source, track) => this.#media?.send(source, track),
      withdraw: async (source) => this.#media?.withdraw(source),
    });
    this.screenTrack = this.extras.tracks.screen;
    this.chat = new Chat(wire);
    this.watching = new Watching(
      () => this.people.peek(),
      (watch) => {
        if (this.isInCall.peek()) wire.send(watch);
      },
    );
    this.#listen(wire);
    this.#stops.push(
      // A device that was chosen anew, flipped, or came back goes into the connection that there is.
      effect(() => {
        const track = devices.microphoneTrack.value;
        if (track) track.enabled = this.#wantsMic.peek();
        void this.#media?.send("microphone", track);
      }),
      effect(() => {
        // Read before `?.`, which would skip it while there are no media, and the effect would follow nothing.
        const track = devices.cameraTrack.value;
        void this.#media?.send("camera", track);
      }),
      effect(() => this.#tellMuted("microphone", !this.micOn.value)),
      effect(() => this.#tellMuted("camera", !this.cameraOn.value)),
      effect(() => {
        const is = this.watching.isSavingData.value;
        this.#media?.saveData(is);
      }),
      effect(() => {
        if (this.people.value) this.watching.touch();
      }),
    );
    // Made on a wire that is open already, it takes up what was said at its opening.
    const welcome = wire.welcome.peek();
    if (wire.state.peek() === "open" && welcome) this.#welcomed(welcome);
  }

  /** Who this is; empty before the first welcome. */
  get self(): { participant: string; role: RoleWord } {
    const welcome = this.#wire.welcome.value;
    return { participant: welcome?.participant ?? "", role: welcome?.role ?? "patient" };
  }

  /**
   * Goes into the call, and comes back by itself after a loss until the person leaves.
   *
   * @throws Rejected when the gateway does not let this person in.
   */
  async enter(): Promise<void> {
    this.#wantsIn = true;
    try {
      await this.#wire.request({ type: "enter" });
    } catch (cause) {
      // A wire that went away comes back and asks again; any other answer is final.
      if (!(cause instanceof Rejected && cause.code === "unavailable")) this.#wantsIn = false;
      throw cause;
    }
    this.#startMedia();
  }

  /** Switches the microphone off or on. One that was refused or missing is asked for again. */
  async toggleMic(): Promise<void> {
    const isOn = !this.micOn.value;
    // Said before the browser is asked: staff may mute, or the person, until it answers.
    this.#wantMic(isOn);
    if (isOn && this.muteAsked.peek() === "microphone") this.muteAsked.value = undefined;
    if (isOn && !this.#devices.microphoneTrack.peek()) await this.open("microphone");
  }

  /** Switches the camera off, light and all, or on. */
  async toggleCamera(): Promise<void> {
    if (this.cameraOn.value) this.#devices.switchCameraOff();
    else {
      if (this.muteAsked.peek() === "camera") this.muteAsked.value = undefined;
      await this.open("camera");
    }
  }

  /** Asks the browser for it, on a tap, and keeps in mind when it does not give it. */
  async open(kind: Kind): Promise<void> {
    const devices = this.#devices;
    await (kind === "microphone" ? devices.retryMicrophone() : devices.switchCameraOn());
    const state = devices[kind].peek();
    this.#withhold(kind, state !== "works" && state !== "off");
  }

  /** The person goes on without it. */
  goWithout(kind: Kind): void {
    this.#withhold(kind, false);
  }

  #withhold(kind: Kind, is: boolean): void {
    const withheld = new Set(this.withheld.peek());
    if (is) withheld.add(kind);
    else withheld.delete(kind);
    this.withheld.value = withheld;
  }

  async flip(): Promise<void> {
    await this.#devices.flip();
  }

  /** Shares a screen or window that the person chooses in the browser's own dialog. False when they chose none. */
  shareScreen(): Promise<boolean> {
    return this.extras.shareScreen();
  }

  stopScreen(): Promise<void> {
    return this.extras.stop("screen");
  }

  /** Turns the visit into a telephone call for everybody. @throws Rejected for guests. */
  async telephoneInstead(reason: TelephoneReason): Promise<void> {
    await this.#wire.request({ type: "telephone", isOver: false, reason });
  }

  /** How loud this person's own microphone is, 0 to 1; 0 while it is off, undefined where that cannot be measured. */
  levels(): number | undefined {
    return this.micOn.value ? this.#devices.level() : 0;
  }

  /** What the browser has sent and decoded so far. */
  async stats(): Promise<CallStats> {
    const counted = await this.#media?.stats();
    return {
      media: this.media.peek(),
      self: this.self.participant,
      path: this.path.peek(),
      sent: counted?.sent ?? { framesEncoded: 0, videoPackets: 0, audioPackets: 0 },
      people: counted?.people ?? {},
    };
  }

  /** How sound and picture travel now, one entry for each direction that is connected. */
  async travels(): Promise<readonly Travel[]> {
    const all = (await this.#media?.travels()) ?? [];
    return all.filter((each) => each.isConnected);
  }

  /** Ends this person's part. The devices stay open: whoever opened them closes them. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    clearTimeout(this.#anewTimer);
    this.#wantsIn = false;
    this.extras.stopAll();
    this.chat.close();
    this.#stopMedia();
    this.watching.close();
  }

  #listen(wire: Wire): void {
    this.#stops.push(
      wire.on("welcome", (welcome) => this.#welcomed(welcome)),
      wire.on("place", ({ place }) => {
        if (place.state === "in_call") this.#startMedia();
        else if (place.state !== "lost") {
          if (place.state === "waiting" || place.state === "removed" || place.state === "left") this.#wantsIn = false;
          this.#stopMedia();
        }
      }),
      wire.on("people", ({ revision, people }) => {
        if (revision < this.#peopleRevision) return;
        this.#peopleRevision = revision;
        this.people.value = people;
      }),
      wire.on("muted", ({ participant, source, isMuted }) => {
        this.people.value = this.people.value.map((person) =>
          person.participant === participant
            ? { ...person, muted: [...person.muted.filter((other) => other !== source), ...(isMuted ? [source] : [])] }
            : person,
        );
      }),
      wire.on("layers_wanted", ({ source, rids }) => this.#media?.want(source, rids)),
      wire.on("speaker", ({ participant }) => {
        this.speaker.value = participant;
      }),
      wire.on("quality_of", ({ participant, word }) => {
        this.quality.value = new Map(this.quality.peek()).set(participant, word);
      }),
      wire.on("video_paused", ({ participant, source, isPaused, reason }) => {
        const paused = new Map(this.paused.peek());
        if (isPaused) paused.set(keyOf(participant, source), reason);
        else paused.delete(keyOf(participant, source));
        this.paused.value = paused;
      }),
      wire.on("slow_uplink", ({ isSlow }) => {
        this.isUplinkSlow.value = isSlow;
      }),
      wire.on("unseen", ({ source, people }) => {
        this.unseen.value = new Map(this.unseen.peek()).set(source, people);
      }),
      wire.on("locked", ({ isLocked }) => {
        this.isLocked.value = isLocked;
      }),
      wire.on("telephone", ({ state }) => this.#setTelephone(state)),
      wire.on("mute_asked", ({ source }) => this.#muteAsked(source)),
      // The gateway has given up a connection of this device: both begin anew.
      wire.on("problem", ({ code }) => {
        if (code === "bad_media" && this.#media) this.#beginAnew();
      }),
      wire.on("taken_over", () => this.close()),
      wire.on("ended", () => this.close()),
    );
  }

  #welcomed({ place, isLocked, telephone }: Welcome): void {
    this.#peopleRevision = -1;
    this.isLocked.value = isLocked;
    this.#setTelephone(telephone);
    if (this.#media && place.state === "in_call") {
      // The gateway knows this device again and has kept its connections. What was said meanwhile did not arrive.
      this.#media.resumed();
      this.#tellState();
      return;
    }
    this.#stopMedia();
    if (place.state === "in_call") this.#startMedia();
    else if (this.#wantsIn)
      void this.enter().catch((cause) => console.warn("could not come back into the call", cause));
  }

  /** Staff may switch off what somebody sends, and never on. */
  #muteAsked(source: SourceWord): void {
    const devices = this.#devices;
    if (source === "microphone") {
      if (!this.micOn.peek() && !(devices.isOpening("microphone") && this.#wantsMic.peek())) return;
      this.#wantMic(false);
    } else if (source === "camera") {
      if (!this.cameraOn.peek() && !devices.isOpening("camera")) return;
      devices.switchCameraOff();
    } else {
      if (!this.extras.isOn(source)) return;
      void this.extras.stop(source);
    }
    this.muteAsked.value = source;
  }

  #wantMic(is: boolean): void {
    const track = this.#devices.microphoneTrack.peek();
    if (track) track.enabled = is;
    this.#wantsMic.value = is;
  }

  /** While the visit goes on by telephone the browser holds no microphone and no camera; the telephone needs them. */
  #setTelephone(state: TelephoneState | undefined): void {
    const was = this.telephone.peek() !== undefined;
    this.telephone.value = state;
    if (was === (state !== undefined)) return;
    const devices = this.#devices;
    if (state) {
      this.#beforeTelephone = {
        mic: devices.microphoneTrack.peek() !== undefined || devices.isOpening("microphone"),
        camera: this.cameraOn.peek() || devices.isOpening("camera"),
      };
      for (const source of ["second_camera", "auscultation", "screen_sound"] as const) void this.extras.stop(source);
      devices.switchCameraOff();
      devices.releaseMicrophone();
    } else void this.#reopen();
  }

  async #reopen(): Promise<void> {
    const { mic, camera } = this.#beforeTelephone;
    if (mic && !this.#devices.microphoneTrack.peek()) await this.#devices.retryMicrophone();
    // Back to the telephone while the browser was asking.
    if (this.telephone.peek()) return;
    if (camera && !this.#devices.cameraTrack.peek()) await this.#devices.switchCameraOn();
  }

  #startMedia(): void {
    if (this.#media) return;
    this.#wantsIn = true;
    const media = new Media({
      wire: this.#wire,
      generation: this.#generation,
      isPhone: isPhone(),
      expects: () => this.#expects(),
      onConnected: () => this.#tellState(),
      onGivenUp: () => this.#beginAnew(),
    });
    this.#media = media;
    media.saveData(this.watching.isSavingData.peek());
    batch(() => {
      this.isInCall.value = true;
      this.media.value = "connecting";
    });
    this.#follow = effect(() => {
      batch(() => {
        this.media.value = media.state.value;
        this.remote.value = media.remote.value;
        this.path.value = media.path.value;
      });
    });
    void media.send("microphone", this.#devices.microphoneTrack.peek());
    void media.send("camera", this.#devices.cameraTrack.peek());
    this.extras.sendAgain();
    this.watching.tell(true);
  }

  #stopMedia(): void {
    this.#follow();
    this.#follow = () => undefined;
    if (this.#media) this.#generation = this.#media.generation;
    this.#media?.close();
    this.#media = undefined;
    batch(() => {
      this.isInCall.value = false;
      this.remote.value = new Map();
      this.media.value = "connecting";
      this.speaker.value = undefined;
      this.paused.value = new Map();
      this.isUplinkSlow.value = false;
      this.unseen.value = new Map();
    });
  }

  /** Both connections and the wire from the start; at once the first time, and slower each time it does not help. */
  #beginAnew(): void {
    if (this.#anewTimer !== undefined) return;
    const now = performance.now();
    this.#anews = now - this.#anewAt > FORGET_ANEW_MS ? 0 : this.#anews + 1;
    this.#anewAt = now;
    const begin = () => {
      this.#anewTimer = undefined;
      console.info("sound and picture begin anew");
      this.#stopMedia();
      this.#wire.beginAnew();
    };
    this.#anewTimer = setTimeout(begin, this.#anews === 0 ? 0 : 2 * waitMs(this.#anews, 1));
  }

  /** Whether anybody should be heard or seen now. */
  #expects(): boolean {
    if (this.telephone.peek()) return false;
    const { participant: self } = this.#wire.welcome.peek() ?? {};
    return this.people.peek().some(({ participant, place, muted }) => {
      const sources = this.remote.peek().get(participant);
      if (participant === self || place.state !== "in_call" || !sources) return false;
      if (sources.microphone && !muted.includes("microphone")) return true;
      const isSeen = !this.watching.isVideoOff.peek() && !this.paused.peek().has(keyOf(participant, "camera"));
      return sources.camera !== undefined && !muted.includes("camera") && isSeen;
    });
  }

  #tellMuted(source: SourceWord, isMuted: boolean): void {
    if (this.#media?.has(source)) this.#wire.send({ type: "mute", source, isMuted });
  }

  /** Tells what the gateway cannot know: what is switched off, and what is looked at. */
  #tellState(): void {
    this.#tellMuted("microphone", !this.micOn.peek());
    this.#tellMuted("camera", !this.cameraOn.peek());
    this.watching.tell(true);
  }
}
