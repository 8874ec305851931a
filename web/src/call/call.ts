import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Person, RoleWord, SourceWord } from "../protocol";
import { Rejected, type Wire } from "../wire";
import type { Devices } from "./devices";
import type { PeerState } from "./peer";
import { Publisher } from "./publisher";
import { type Received, received, type Sent, sent } from "./stats";
import { type Sources, Subscriber } from "./subscriber";

declare global {
  /** The call of this page, for whoever asks in the browser's console what is sent and decoded: `await parvisCall.stats()`. */
  var parvisCall: Call | undefined;
}

export type MediaState = "connecting" | "connected" | "lost";

export interface CallStats {
  media: MediaState;
  self: string;
  sent: Sent;
  people: Record<string, Received>;
}

/**
 * This person's part in a call, over one wire and with one set of devices. It sends and receives exactly while the gateway says
 * that this person is in the call; every welcome after a loss makes both connections anew.
 */
export class Call {
  /** The others and this person, as the gateway tells them; empty outside the call for guests. */
  readonly people: Signal<Person[]> = signal([]);
  readonly remote: Signal<Map<string, Sources>> = signal(new Map());
  readonly media: Signal<MediaState> = signal("connecting");
  readonly isInCall: Signal<boolean> = signal(false);
  /** The microphone works and the person has it on. */
  readonly micOn: ReadonlySignal<boolean>;
  readonly cameraOn: ReadonlySignal<boolean>;
  /** The screen that this person shares now. */
  readonly screenTrack: Signal<MediaStreamTrack | undefined> = signal(undefined);

  #wire: Wire;
  #devices: Devices;
  #publisher: Publisher | undefined;
  #subscriber: Subscriber | undefined;
  #publishing: PeerState = "new";
  #subscribing: PeerState = "new";
  #generation = 0;
  #peopleRevision = -1;
  #wantsIn = false;
  #wantsMic = signal(true);
  #stops: (() => void)[] = [];

  constructor(wire: Wire, devices: Devices) {
    this.#wire = wire;
    this.#devices = devices;
    globalThis.parvisCall = this;
    this.micOn = computed(() => this.#wantsMic.value && devices.microphoneTrack.value !== undefined);
    this.cameraOn = computed(() => devices.cameraTrack.value !== undefined);
    this.#stops.push(
      wire.on("welcome", (welcome) => {
        this.#stopMedia();
        this.#peopleRevision = -1;
        if (welcome.place.state === "in_call") this.#startMedia();
        else if (this.#wantsIn)
          void this.enter().catch((cause) => console.warn("could not come back into the call", cause));
      }),
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
      wire.on("taken_over", () => this.close()),
      wire.on("ended", () => this.close()),
      // A device that was chosen anew, flipped, or came back goes into the connection that there is.
      effect(() => {
        const track = devices.microphoneTrack.value;
        if (track) track.enabled = this.#wantsMic.peek();
        void this.#publisher?.send("microphone", track);
      }),
      effect(() => {
        // Read before `?.`, which would skip it while there is no publisher, and the effect would follow nothing.
        const track = devices.cameraTrack.value;
        void this.#publisher?.send("camera", track);
      }),
      effect(() => this.#tellMuted("microphone", !this.micOn.value)),
      effect(() => this.#tellMuted("camera", !this.cameraOn.value)),
    );
    // The page has a new network: the old path is dead, and the browser would take seconds to notice.
    const online = () => {
      this.#publisher?.restart();
      this.#subscriber?.restart();
    };
    addEventListener("online", online);
    this.#stops.push(() => removeEventListener("online", online));
    if (wire.state.peek() === "open" && wire.welcome.peek()?.place.state === "in_call") this.#startMedia();
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
    if (isOn && !this.#devices.microphoneTrack.peek()) await this.#devices.retryMicrophone();
    const track = this.#devices.microphoneTrack.peek();
    if (track) track.enabled = isOn;
    this.#wantsMic.value = isOn || !track;
  }

  /** Switches the camera off, light and all, or on. */
  async toggleCamera(): Promise<void> {
    if (this.cameraOn.value) this.#devices.switchCameraOff();
    else await this.#devices.switchCameraOn();
  }

  async flip(): Promise<void> {
    await this.#devices.flip();
  }

  /** Shares a screen or window that the person chooses in the browser's own dialog. False when they chose none. */
  async shareScreen(): Promise<boolean> {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: false });
      const track = stream.getVideoTracks()[0];
      if (!track) return false;
      track.contentHint = "detail";
      track.onended = () => void this.stopScreen();
      this.screenTrack.value = track;
      await this.#publisher?.send("screen", track);
      return true;
    } catch {
      return false;
    }
  }

  async stopScreen(): Promise<void> {
    const track = this.screenTrack.peek();
    if (!track) return;
    track.onended = null;
    track.stop();
    this.screenTrack.value = undefined;
    await this.#publisher?.withdraw("screen");
  }

  /** How loud this person's own microphone is, 0 to 1; 0 while it is off. */
  levels(): number {
    return this.micOn.value ? this.#devices.level() : 0;
  }

  /** What the browser has sent and decoded so far. */
  async stats(): Promise<CallStats> {
    const [out, into] = await Promise.all([this.#publisher?.stats(), this.#subscriber?.stats()]);
    return {
      media: this.media.peek(),
      self: this.self.participant,
      sent: sent(out),
      people: received(into, this.remote.peek()),
    };
  }

  /** Ends this person's part. The devices stay open: whoever opened them closes them. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#wantsIn = false;
    void this.stopScreen();
    this.#stopMedia();
  }

  #startMedia(): void {
    if (this.#publisher) return;
    this.#wantsIn = true;
    this.#publishing = this.#subscribing = "new";
    const publisher = new Publisher(this.#wire, this.#generation, (state) => {
      this.#publishing = state;
      if (state === "connected") this.#tellAllMuted();
      this.#settle();
    });
    this.#publisher = publisher;
    this.#subscriber = new Subscriber(
      this.#wire,
      (state) => {
        this.#subscribing = state;
        this.#settle();
      },
      (people) => {
        this.remote.value = people;
      },
    );
    batch(() => {
      this.isInCall.value = true;
      this.media.value = "connecting";
    });
    void publisher.send("microphone", this.#devices.microphoneTrack.peek());
    void publisher.send("camera", this.#devices.cameraTrack.peek());
    void publisher.send("screen", this.screenTrack.peek());
  }

  #stopMedia(): void {
    if (this.#publisher) this.#generation = this.#publisher.generation;
    this.#publisher?.close();
    this.#subscriber?.close();
    this.#publisher = this.#subscriber = undefined;
    batch(() => {
      this.isInCall.value = false;
      this.remote.value = new Map();
      this.media.value = "connecting";
    });
  }

  #settle(): void {
    const states = [this.#publishing, this.#subscribing];
    this.media.value = states.includes("lost") ? "lost" : states.includes("connected") ? "connected" : "connecting";
  }

  #tellMuted(source: SourceWord, isMuted: boolean): void {
    if (this.#publisher?.has(source)) this.#wire.send({ type: "mute", source, isMuted });
  }

  #tellAllMuted(): void {
    if (!this.micOn.peek()) this.#tellMuted("microphone", true);
    if (!this.cameraOn.peek()) this.#tellMuted("camera", true);
  }
}
