import { effect, type Signal, signal } from "@preact/signals";
import { locale } from "../../i18n";
import { type Person, PROTOCOL, type ProblemCode } from "../../protocol";
import type { Size } from "../../viewer/geometry";
import type { Screens } from "../../viewer/screens";
import { viewingOf } from "../../viewer/viewing";
import { Wire } from "../../wire";
import { askToSignIn } from "../who";
import { channelOf, nameOfWindow, type Word } from "./beside";

/** Why a second window shows nothing any more. */
export type Closed =
  | { why: "refused"; code: ProblemCode }
  /** The person's main page is not in the call any more. */
  | { why: "left" }
  /** The main page was opened again elsewhere. */
  | { why: "taken_over" }
  | { why: "ended" };

/** A second window: a connection of its own for images, beside the one of the page that is in the call. */
export class SecondWindow {
  readonly wire: Wire;
  readonly people: Signal<Person[]> = signal([]);
  readonly closed: Signal<Closed | undefined> = signal(undefined);
  /** Keys act here. */
  readonly hasKeyboard: Signal<boolean> = signal(document.hasFocus());
  #revision = -1;
  #name = nameOfWindow();
  #surfaces: readonly Size[] | undefined;
  #channel: BroadcastChannel;
  #stops: (() => void)[] = [];

  /** `again` is called when a window that is closed may be opened anew: the main page has come into the call. */
  constructor(appointment: string, again: () => void) {
    this.wire = new Wire(() => ({
      type: "hello",
      protocol: PROTOCOL,
      language: locale.peek(),
      appointment,
      window: "second",
    }));
    viewingOf(this.wire);
    this.#channel = channelOf(appointment);
    this.#channel.onmessage = ({ data }: MessageEvent<Word>) => {
      if (data.is !== "who") return;
      const closed = this.closed.peek();
      if (!closed) {
        if (this.wire.state.peek() === "open") this.#tell();
      } else if (closed.why !== "ended") again();
    };
    const { wire } = this;
    const controller = new AbortController();
    const { signal: until } = controller;
    for (const type of ["focus", "blur"] as const)
      addEventListener(
        type,
        () => {
          this.hasKeyboard.value = type === "focus";
        },
        { signal: until },
      );
    addEventListener("pagehide", () => this.#say({ is: "gone", window: this.#name }), { signal: until });
    // A page that the browser has kept comes back as it was.
    addEventListener("pageshow", ({ persisted }) => persisted && this.#tell(), { signal: until });
    this.#stops.push(
      () => controller.abort(),
      effect(() => {
        void this.hasKeyboard.value;
        if (wire.state.value === "open") this.#tell();
      }),
      effect(() => {
        const code = wire.refusal.value;
        if (code === undefined) return;
        this.#finish({ why: "refused", code });
        if (code === "sign_in_needed") askToSignIn();
      }),
      wire.on("problem", ({ code }) => {
        // The wire would try again, and there is nothing to wait for.
        if (wire.state.peek() !== "open" && code === "too_many") this.#finish({ why: "refused", code });
      }),
      wire.on("welcome", () => {
        this.#revision = -1;
      }),
      wire.on("people", ({ revision, people }) => {
        if (revision < this.#revision) return;
        this.#revision = revision;
        this.people.value = people;
      }),
      wire.on("place", ({ place }) => {
        if (place.state !== "in_call" && place.state !== "lost") this.#finish({ why: "left" });
      }),
      wire.on("taken_over", () => this.#finish({ why: "taken_over" })),
      wire.on("ended", () => this.#finish({ why: "ended" })),
    );
  }

  /** Tells the main page how large the pictures are on these screens, as long as they are looked at; the answer stops it. */
  shows(screens: Screens): () => void {
    return effect(() => {
      this.#surfaces = screens.all.map((screen) => screen.pixels.value);
      if (this.wire.state.peek() === "open") this.#tell();
    });
  }

  /** Ends it for good. */
  close(): void {
    this.#finish({ why: "left" });
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#channel.close();
  }

  #tell(): void {
    if (this.closed.peek()) return;
    const surfaces = this.#surfaces;
    const hasKeyboard = this.hasKeyboard.peek();
    this.#say({ is: "here", window: this.#name, hasKeyboard, ...(surfaces && { surfaces }) });
  }

  #say(word: Word): void {
    this.#channel.postMessage(word);
  }

  #finish(closed: Closed): void {
    if (this.closed.peek()) return;
    this.closed.value = closed;
    this.#say({ is: "gone", window: this.#name });
    this.wire.close();
  }
}
