import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { Call } from "../../call/call";
import { Devices } from "../../call/devices";
import { Files } from "../../call/files";
import { locale } from "../../i18n";
import {
  type AppointmentEntry,
  type OutcomeWord,
  type Person,
  PROTOCOL,
  type ProblemCode,
  type StudyEntry,
} from "../../protocol";
import { keyImagesOf } from "../../viewer/key-images";
import { viewingOf } from "../../viewer/viewing";
import { type Request, Wire } from "../../wire";
import { Archives } from "../pacs/archives";
import { holdWhile } from "../parts/holding";
import { appointment as appointmentOf, studiesOf } from "../requests";
import { askToSignIn } from "../who";
import { codeOf } from "../words";
import { Uploads } from "./uploads";

/** Why this page's part in the consultation is over. */
export type Over =
  | { why: "refused"; code: ProblemCode }
  | { why: "taken_over" }
  | { why: "ended"; outcome: OutcomeWord | undefined }
  | { why: "left" };

/** Files of an upload that were looked at so far, and what they gave. */
export interface Receiving {
  files: number;
  received: number;
}

/** What is to be shown, and where. */
export interface Showing {
  series: string;
  /** Beside what is shown; otherwise in its place. */
  isBeside: boolean;
  /** The person was asked, and wants to show a study that names somebody else than the patient. */
  isOtherPatient: boolean;
}

export type Phase = "connecting" | "check" | "in" | "over";

/** One member of staff in one consultation: connection, devices, call, studies. Lives as long as its page. */
export class Visit {
  readonly appointment: string;
  readonly wire: Wire;
  readonly devices: Devices = new Devices();
  readonly call: Call;
  readonly uploads: Uploads;
  readonly archives: Archives;
  readonly files: Files;
  readonly entry: Signal<AppointmentEntry | undefined> = signal(undefined);
  readonly studies: Signal<readonly StudyEntry[] | undefined> = signal(undefined);
  readonly studiesProblem: Signal<ProblemCode | undefined> = signal(undefined);
  /** Series that the gateway could not show when it was asked to. */
  readonly cannotShow: Signal<ReadonlySet<string>> = signal(new Set());
  /** A series that was asked for and is not on show yet. */
  readonly opening: Signal<string | undefined> = signal(undefined);
  /** An upload that the gateway is taking in, whoever sends it. */
  readonly receiving: Signal<Receiving | undefined> = signal(undefined);
  readonly over: Signal<Over | undefined> = signal(undefined);
  readonly phase: ReadonlySignal<Phase>;
  /** What went wrong with the last thing that was asked for. */
  readonly problem: Signal<ProblemCode | undefined> = signal(undefined);
  #hasEntered: Signal<boolean> = signal(false);
  #stops: (() => void)[] = [];

  /** `uploads` go on when the visit is over, and when it is taken back. */
  constructor(appointment: string, uploads = new Uploads(appointment)) {
    this.appointment = appointment;
    this.uploads = uploads;
    uploads.onReceived = () => void this.fetchStudies();
    this.wire = new Wire(() => ({ type: "hello", protocol: PROTOCOL, language: locale.peek(), appointment }));
    viewingOf(this.wire);
    keyImagesOf(this.wire);
    this.call = new Call(this.wire, this.devices);
    this.files = new Files(this.wire, undefined);
    this.archives = new Archives(appointment, () => void this.fetchStudies());
    this.phase = computed(() =>
      this.over.value
        ? "over"
        : this.#hasEntered.value
          ? "in"
          : this.wire.welcome.value === undefined
            ? "connecting"
            : "check",
    );
    this.#stops.push(
      effect(() => {
        if (this.call.isInCall.value) this.#hasEntered.value = true;
      }),
      effect(() => {
        const code = this.wire.refusal.value;
        if (code === undefined) return;
        this.#finish({ why: "refused", code });
        if (code === "sign_in_needed") askToSignIn();
      }),
      holdWhile(() => this.call.chat.handings.value.some(({ code }) => code === undefined), {
        what: "sending",
        settle: async () => false,
        drop: () => undefined,
      }),
      this.wire.on("taken_over", () => this.#finish({ why: "taken_over" })),
      this.wire.on("ended", ({ outcome }) => this.#finish({ why: "ended", outcome })),
      this.wire.on("studies_changed", () => void this.fetchStudies()),
      this.wire.on("receiving", ({ files, received, isOver }) => {
        this.receiving.value = isOver ? undefined : { files, received };
      }),
      // What was told before a lost connection may never be told to have ended.
      this.wire.on("welcome", () => {
        this.receiving.value = undefined;
      }),
    );
    void this.#fetchEntry();
    void this.fetchStudies();
  }

  /** The others that wait, the longest first. */
  get waiting(): Person[] {
    const since = (person: Person) => Date.parse(person.place.since ?? "") || 0;
    return this.call.people.value
      .filter((person) => person.place.state === "waiting")
      .sort((a, b) => since(a) - since(b));
  }

  /** Guests whose page does not answer, and whose place in the waiting room is kept. */
  get away(): Person[] {
    return this.call.people.value.filter(
      (person) => person.place.state === "lost" && person.waitingSince !== undefined,
    );
  }

  /** Lets somebody in. `isRecognised`: the person at this page said that they see who it is. */
  admit(participant: string, isRecognised: boolean): Promise<boolean> {
    return this.ask({ type: "admit", participant, ...(isRecognised && { isRecognised }) });
  }

  /** Milliseconds for which somebody has been where they are, by the gateway's clock. */
  sinceMs(person: Person): number {
    return person.place.since === undefined ? 0 : Math.max(0, this.wire.now() - Date.parse(person.place.since));
  }

  /** Goes into the call, and lets somebody in with the same step when that was asked for. */
  async enter(admit: string | undefined, isRecognised = false): Promise<void> {
    this.problem.value = undefined;
    try {
      await this.call.enter();
      this.#hasEntered.value = true;
    } catch (cause) {
      this.problem.value = codeOf(cause);
      return;
    }
    if (admit !== undefined && this.waiting.some((person) => person.participant === admit))
      await this.admit(admit, isRecognised);
  }

  /** Asks for something; what goes wrong is shown on the page. Whether it was done. */
  async ask(request: Request): Promise<boolean> {
    this.problem.value = undefined;
    try {
      await this.wire.request(request);
      return true;
    } catch (cause) {
      this.problem.value = codeOf(cause);
      if (this.problem.value === "unknown_series") void this.fetchStudies();
      return false;
    }
  }

  /** Where a series is shown: in the viewport that tools act on. */
  get viewport(): number {
    return viewingOf(this.wire).seen.peek()?.active ?? 0;
  }

  /** Shows a series, to everybody or to whoever looks by themself; what goes wrong is shown on the page. */
  async share(series: string, isBeside = false): Promise<void> {
    this.problem.value = undefined;
    try {
      await this.show({ series, isBeside, isOtherPatient: false });
    } catch (cause) {
      const code = codeOf(cause);
      this.problem.value = code;
      if (code === "unknown_series") void this.fetchStudies();
      if (code === "cannot_show" || code === "no_images")
        this.cannotShow.value = new Set([...this.cannotShow.peek(), series]);
    }
  }

  /**
   * Shows a series in the viewport that tools act on, or beside it, then linked with it.
   *
   * @throws Rejected when the gateway does not show it.
   */
  async show({ series, isBeside, isOtherPatient }: Showing): Promise<void> {
    this.opening.value = series;
    try {
      if (isBeside) await this.#showBeside(series, isOtherPatient);
      else await this.wire.request({ type: "share", series, viewport: this.viewport, isOtherPatient });
    } finally {
      if (this.opening.peek() === series) this.opening.value = undefined;
    }
  }

  async #showBeside(series: string, isOtherPatient: boolean): Promise<void> {
    const viewing = viewingOf(this.wire);
    const state = viewing.state.peek();
    const isLeading = state?.presenter === this.wire.welcome.peek()?.participant;
    // Refused when somebody else leads, before anything is changed.
    if (!viewing.isOwn.peek() && !isLeading) await this.wire.request({ type: "present" });
    const layout = viewing.seen.peek()?.layout ?? "one";
    if (layout === "one") this.wire.send({ type: "set_layout", layout: "side_by_side" });
    // In each layout of several, the neighbour in the same row or column.
    const viewport = this.viewport ^ 1;
    try {
      await this.wire.request({ type: "share", series, viewport, isOtherPatient });
    } catch (cause) {
      if (layout === "one") this.wire.send({ type: "set_layout", layout });
      throw cause;
    }
    this.wire.send({ type: "set_linked", isLinked: true });
  }

  async fetchStudies(): Promise<void> {
    try {
      const studies = await studiesOf(this.appointment);
      batch(() => {
        this.studies.value = studies;
        this.studiesProblem.value = undefined;
      });
    } catch (cause) {
      this.studiesProblem.value = codeOf(cause);
    }
  }

  /** Goes without ending it for the others. */
  async leave(): Promise<void> {
    await this.wire.request({ type: "leave" }).catch(codeOf);
    this.#finish({ why: "left" });
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.archives.close();
    this.call.close();
    this.wire.close();
    this.devices.close();
  }

  #finish(over: Over): void {
    if (this.over.peek()) return;
    this.over.value = over;
    this.close();
  }

  async #fetchEntry(): Promise<void> {
    try {
      this.entry.value = await appointmentOf(this.appointment);
    } catch (cause) {
      // The wire says why, if the consultation itself does not open.
      codeOf(cause);
    }
  }
}
