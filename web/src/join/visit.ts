import { batch, computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { hospital, look as lookAt } from "../api";
import { keepAwake } from "../call/awake";
import type { Call } from "../call/call";
import { Devices } from "../call/devices";
import { audio } from "../call/sound";
import { locale } from "../i18n";
import {
  type CompanyRequest,
  type HospitalFacts,
  type Look,
  type OutcomeWord,
  type Place,
  PROTOCOL,
  type ProblemCode,
} from "../protocol";
import { Wire } from "../wire";
import { needsOtherBrowser } from "./browser";
import { callBack, followLooks } from "./calling";
import { aheadMs, type Closed, closedBy, untilOpenMs } from "./door";
import { tellCompany, tellConsent } from "./knock";
import { loadCall, loaded } from "./later";
import { hasContinued, setContinued } from "./link";
import { Lobby } from "./lobby";
import { t as tl } from "./lobby.words";
import type { Taking } from "./taking";
import { codeOf, t } from "./words";

/** Why this page's part in the consultation is over. */
export type Over =
  | { why: "left" | "removed" | "taken_over" }
  | { why: "ended"; outcome: OutcomeWord | undefined; isCancelled: boolean }
  | { why: "refused"; code: ProblemCode };

/** What the patient sees. */
export type PageName =
  | "nolink"
  | "unsupported"
  | "looking"
  | "unreachable"
  | "door"
  | "inform"
  | "files"
  | "declined"
  | "key"
  | "early"
  | "change"
  | "closed"
  | "agree"
  | "resuming"
  | "test"
  | "waiting"
  | "call"
  | "over";

const LOOK_AGAIN_MS = 5_000;
const LOOK_WHILE_EARLY_MS = 60_000;
const OPENING_MS = 15_000;
const SLOW_MS = 4_000;
const NEW_FOR_MS = 30_000;
const ENDED_FOLLOWS_MS = 1_000;

/** One guest on the way into a consultation: the door, the connection, the devices, the call. Lives as long as the page. */
export class Visit {
  readonly link: string | undefined;
  readonly facts: Signal<HospitalFacts | undefined> = signal(undefined);
  readonly look: Signal<Look | undefined> = signal(undefined);
  readonly devices: Signal<Devices> = signal(new Devices());
  readonly wire: Signal<Wire | undefined> = signal(undefined);
  /** Comes a moment after the wire: it is fetched while the devices are tested, and nobody is let in before. */
  readonly call: Signal<Call | undefined> = signal(undefined);
  /** Where this person stands, as the gateway last said. */
  readonly place: Signal<Place | undefined> = signal(undefined);
  readonly over: Signal<Over | undefined> = signal(undefined);
  /** What this person is told while they wait. */
  readonly lobby: Lobby = new Lobby();
  /** The device test before the door opens. */
  readonly isTestingEarly: Signal<boolean> = signal(false);
  /** The patient calls the appointment off, or moves it. */
  readonly isChanging: Signal<boolean> = signal(false);
  /** They did, and this link leads nowhere any more: what they read of it stays. */
  readonly hasChanged: Signal<boolean> = signal(false);
  /** The browser is asking for permission now. */
  readonly isAsking: Signal<boolean> = signal(false);
  readonly isOtherBrowserWanted: Signal<boolean> = signal(needsOtherBrowser());
  /** The person has tapped on, and something more than the link is to be shown first. */
  readonly isAtKey: Signal<boolean> = signal(false);
  /** Reads what is to be known before the visit. */
  readonly isReading: Signal<boolean> = signal(false);
  /** The person wants to send files: the second door comes first, and then that page. */
  readonly wantsFiles: Signal<boolean> = signal(new URLSearchParams(location.search).has("files"));
  /** Who is with the person, once they have said. */
  readonly company: Signal<CompanyRequest | undefined> = signal(undefined);
  /** A photograph that is taken in the call, from when it was first asked for. */
  readonly photo: Signal<Taking | undefined> = signal(undefined);
  readonly wasPutBack: Signal<boolean> = signal(false);
  /** The gateway lets nobody into the call who has not agreed to the text of now. */
  readonly mustAgree: Signal<boolean> = signal(false);
  /** What went wrong with the last thing that was asked for. */
  readonly problem: Signal<ProblemCode | undefined> = signal(undefined);
  /** The first connection takes longer than anybody should look at without a word. */
  readonly isSlow: Signal<boolean> = signal(false);
  /** What screen readers are told: changes that the page shows elsewhere. */
  readonly said: Signal<string> = signal("");
  readonly page: ReadonlySignal<PageName>;

  #isResuming: boolean;
  #isLookLost = signal(false);
  #aheadMs = 0;
  #lookedAt = 0;
  #isLooking = false;
  #isEntering = false;
  /** Was early and tested the devices: goes into the waiting room without being asked. */
  #isKnocking = false;
  /** The answer to the information is on its way until this is done. */
  #answered: Promise<void> = Promise.resolve();
  #stops: (() => void)[] = [];
  #end: () => void = () => undefined;

  constructor(link: string | undefined) {
    this.link = link;
    this.#isResuming = hasContinued();
    this.page = computed(() => this.#page());
    void this.#fetchFacts();
    if (link === undefined) return;
    void this.#look();
    const ticking = setInterval(() => this.#tick(), 1_000);
    const back = () => this.#tick(true);
    document.addEventListener("visibilitychange", back);
    addEventListener("online", back);
    const stopLooking = followLooks();
    let sleep: (() => void) | undefined;
    const stopEffect = effect(() => {
      const isWatching = this.page.value === "waiting" || this.page.value === "call";
      if (isWatching) sleep ??= keepAwake();
      else {
        sleep?.();
        sleep = undefined;
      }
    });
    this.#end = () => {
      clearInterval(ticking);
      document.removeEventListener("visibilitychange", back);
      removeEventListener("online", back);
      stopLooking();
      stopEffect();
      sleep?.();
    };
  }

  /** Lets go of everything, without giving the place up. */
  close(): void {
    this.#end();
    for (const stop of this.#stops.splice(0)) stop();
    this.call.peek()?.close();
    this.wire.peek()?.close();
    this.devices.peek().close();
  }

  get timeZone(): string {
    return this.facts.value?.timeZone ?? "Europe/Paris";
  }

  /** Whom to call: the service, where it has a number of its own. */
  get telephone(): string | undefined {
    return this.look.value?.telephone ?? this.facts.value?.telephone;
  }

  /** Milliseconds since 1970 by the gateway's clock. */
  nowMs(): number {
    return this.wire.peek()?.now() ?? Date.now() + this.#aheadMs;
  }

  /** Why the door is closed for good. */
  get closed(): Closed | undefined {
    const door = this.look.value?.door;
    return door === "open" || door === "too_early" ? undefined : door;
  }

  say(text: string): void {
    this.said.value = text;
  }

  /** From the landing page to the device test, on a tap: browsers show their question only then. */
  continue(): void {
    audio();
    if (this.look.peek()?.asks) {
      this.isAtKey.value = true;
      return;
    }
    this.#goOn();
  }

  #goOn(): void {
    setContinued(true);
    this.#agree();
    this.#connect();
    void this.openDevices();
  }

  /** Whoever goes on past the information agrees to it; it stands on the page that they went on from. */
  #agree(): void {
    const { consent, consentVersion } = this.look.peek() ?? {};
    if (this.link === undefined || consentVersion === undefined || consent === "given") return;
    const request = { answer: "given", version: consentVersion, language: locale.peek() } as const;
    // Not told, the gateway asks for it before the call.
    this.#answered = tellConsent(this.link, request).catch((cause) =>
      console.info("the answer was not told", codeOf(cause)),
    );
  }

  /** Agrees to the text that was just read, and goes into the call. `false` when it could not be told. */
  async agree(version: number): Promise<boolean> {
    if (this.link === undefined) return false;
    try {
      await tellConsent(this.link, { answer: "given", version, language: locale.peek() });
    } catch (cause) {
      console.info("the answer was not told", codeOf(cause));
      return false;
    }
    this.mustAgree.value = false;
    await this.enter();
    return true;
  }

  /** The door was opened: goes on. `false` when the browser does not keep the pass that it was given. */
  async opened(): Promise<boolean> {
    const look = await lookAt(this.link ?? "");
    this.#aheadMs = aheadMs(look, Date.now());
    if (look.asks) return false;
    batch(() => {
      this.isAtKey.value = false;
      this.look.value = look;
    });
    if (this.wantsFiles.peek()) this.#toFiles();
    else if (look.door === "open") this.#goOn();
    return true;
  }

  /** After the visit, on a tap: shows what there is to show besides the link. `false` when there is nothing. */
  async prove(): Promise<boolean> {
    const look = await lookAt(this.link ?? "");
    if (!look.asks) return false;
    batch(() => {
      this.over.value = undefined;
      this.look.value = look;
      this.isAtKey.value = true;
    });
    return true;
  }

  /** To the page that sends files, on a tap; its secret stays behind `#`. */
  sendFiles(): void {
    this.wantsFiles.value = true;
    if (this.look.peek()?.asks) this.isAtKey.value = true;
    else this.#toFiles();
  }

  #toFiles(): void {
    this.wantsFiles.value = false;
    location.assign(`/upload#${this.link ?? ""}`);
  }

  backToDoor(): void {
    batch(() => {
      this.wantsFiles.value = false;
      this.isAtKey.value = false;
      this.isReading.value = false;
      this.isChanging.value = false;
    });
  }

  /** Looks at the door once more, on a tap. */
  async lookAgain(): Promise<void> {
    this.isAtKey.value = false;
    await this.#look();
  }

  /** The person wants no video consultation: staff are told. `false` when they could not be. */
  async refuse(): Promise<boolean> {
    const look = this.look.peek();
    if (this.link === undefined || look?.consentVersion === undefined) return false;
    try {
      await tellConsent(this.link, { answer: "refused", version: look.consentVersion, language: locale.peek() });
    } catch (cause) {
      console.info("the refusal was not told", codeOf(cause));
      return false;
    }
    await this.wire
      .peek()
      ?.request({ type: "leave" })
      .catch((cause) => console.info("left without an answer", codeOf(cause)));
    batch(() => {
      if (this.wire.peek()) this.#drop();
      this.isReading.value = false;
      this.look.value = { ...look, consent: "refused" };
    });
    return true;
  }

  /** Whoever refused may think better of it: the door is there again, and going on says yes. */
  changeMind(): void {
    const look = this.look.peek();
    if (!look) return;
    const { consent: _, ...rest } = look;
    this.look.value = rest;
  }

  /** Tests the devices before the door opens. */
  testEarly(): void {
    audio();
    this.isTestingEarly.value = true;
    void this.openDevices();
  }

  stopTestEarly(): void {
    this.isTestingEarly.value = false;
    this.#closeDevices();
  }

  /** Asks for camera and microphone, or for what is missing of them. */
  async openDevices(): Promise<void> {
    this.isAsking.value = true;
    await this.devices.peek().open();
    this.isAsking.value = false;
  }

  /** Into the waiting room with whatever works. With `isSoundOnly` the microphone is asked for alone, and no camera is used. */
  async ready(isSoundOnly: boolean): Promise<void> {
    if (this.#isEntering) return;
    this.#isEntering = true;
    this.problem.value = undefined;
    try {
      const devices = this.devices.peek();
      if (isSoundOnly) await devices.openSoundOnly();
      const wire = this.wire.peek();
      if (!wire) return;
      await opened(wire);
      const company = this.company.peek();
      if (company && this.link !== undefined)
        await tellCompany(this.link, company).catch((cause) =>
          console.info("who is there was not told", codeOf(cause)),
        );
      await wire.request({ type: "ready", camera: devices.camera.peek(), microphone: devices.microphone.peek() });
    } catch (cause) {
      this.problem.value = codeOf(cause);
    } finally {
      this.#isEntering = false;
    }
  }

  /** Asks again to be taken in after that has failed. */
  async enter(): Promise<void> {
    this.problem.value = undefined;
    await this.#answered;
    try {
      await this.call.peek()?.enter();
    } catch (cause) {
      const code = codeOf(cause);
      if (code === "consent_needed") {
        this.mustAgree.value = true;
        return;
      }
      // A connection that went away comes back and asks again by itself.
      if (code !== "unavailable") this.problem.value = code;
    }
  }

  async leave(): Promise<void> {
    await this.wire
      .peek()
      ?.request({ type: "leave" })
      .catch((cause) => console.info("left without an answer", codeOf(cause)));
    this.#finish({ why: "left" });
  }

  /** Back in after leaving or after another window took over, on a tap. */
  comeBack(): void {
    audio();
    batch(() => {
      this.over.value = undefined;
      this.look.value = undefined;
    });
    this.#isResuming = true;
    void this.#look();
  }

  #page(): PageName {
    if (this.link === undefined) return "nolink";
    if (this.over.value) return "over";
    if (this.wire.value) {
      const state = this.place.value?.state;
      switch (state) {
        case undefined:
          return this.#isResuming ? "resuming" : "test";
        case "waiting":
          return "waiting";
        case "admitted":
          return this.mustAgree.value ? "agree" : "call";
        case "in_call":
          return "call";
        default:
          return "test";
      }
    }
    if (this.hasChanged.value) return "change";
    const look = this.look.value;
    if (!look) return this.#isLookLost.value ? "unreachable" : "looking";
    // What is left of a visit may ask for more than the link.
    if (this.closed === "over" && this.isAtKey.value && look.asks) return "key";
    if (this.closed) return "closed";
    if (this.isOtherBrowserWanted.value) return "unsupported";
    if (look.consent === "refused") return "declined";
    if (this.isReading.value) return "inform";
    if (this.wantsFiles.value) return this.isAtKey.value && look.asks ? "key" : "files";
    if (look.door === "too_early" && this.isChanging.value) return look.asks ? "key" : "change";
    if (look.door === "too_early") return this.isTestingEarly.value ? "test" : "early";
    return this.isAtKey.value && look.asks ? "key" : "door";
  }

  async #fetchFacts(): Promise<void> {
    try {
      this.facts.value = await hospital();
    } catch {
      setTimeout(() => void this.#fetchFacts(), LOOK_AGAIN_MS);
    }
  }

  async #look(): Promise<void> {
    if (this.link === undefined || this.#isLooking) return;
    this.#isLooking = true;
    this.#lookedAt = Date.now();
    try {
      const look = await lookAt(this.link);
      this.#aheadMs = aheadMs(look, Date.now());
      const wasEarly = this.look.peek()?.door === "too_early";
      batch(() => {
        this.#isLookLost.value = false;
        this.look.value = look;
      });
      if (look.door !== "open") return;
      if (wasEarly) this.say(t("early.opened"));
      if (look.consent === "refused") return;
      if (this.#isResuming || this.isTestingEarly.peek()) {
        const isTested = this.isTestingEarly.peek();
        if (look.asks) {
          // The pass has run out, or there was none before the door opened.
          this.isTestingEarly.value = false;
          this.#isResuming = false;
          this.isAtKey.value = true;
          if (isTested) this.#closeDevices();
          return;
        }
        setContinued(true);
        this.#agree();
        this.#isKnocking = isTested;
        this.#connect();
        if (!isTested) void this.openDevices();
      }
    } catch (cause) {
      console.info("could not look at the door", codeOf(cause));
      this.#isLookLost.value = true;
    } finally {
      this.#isLooking = false;
    }
  }

  /** Looks at the door again: while the gateway does not answer, when it is time, and now and then in between. */
  #tick(isBack = false): void {
    if (this.wire.peek() || this.over.peek() || this.hasChanged.peek() || document.visibilityState === "hidden") return;
    const sinceMs = Date.now() - this.#lookedAt;
    const look = this.look.peek();
    if (!look) {
      if (this.#isLookLost.peek() && (isBack || sinceMs > LOOK_AGAIN_MS)) void this.#look();
    } else if (look.door === "too_early") {
      const isTime = untilOpenMs(look, this.nowMs()) === 0 && sinceMs > 2_000;
      if (isTime || isBack || sinceMs > LOOK_WHILE_EARLY_MS) void this.#look();
    }
  }

  #connect(): void {
    const link = this.link;
    if (link === undefined || this.wire.peek()) return;
    const wire = new Wire(() => ({ type: "hello", protocol: PROTOCOL, language: locale.peek(), link }));
    void loadCall();
    const slow = setTimeout(() => {
      this.isSlow.value = wire.state.peek() === "connecting";
    }, SLOW_MS);
    this.#stops.push(
      effect(() => {
        const { Call, viewingOf } = loaded.value ?? {};
        if (!Call || !viewingOf || this.call.peek()) return;
        untracked(() => {
          viewingOf(wire);
          this.#begin(new Call(wire, this.devices.peek()));
        });
      }),
      () => clearTimeout(slow),
      this.lobby.listen(wire, (news) => {
        if ("delayMinutes" in news) {
          this.say(tl("delay", { minutes: news.delayMinutes }));
          return;
        }
        this.say(`${tl("called")}. ${news.sentence ? tl(news.sentence) : (news.text ?? "")}`);
        // A page that is loaded again is told what was said before, and calls nobody for that.
        if (this.nowMs() - Date.parse(news.at) < NEW_FOR_MS) callBack(tl("called"), [150]);
      }),
      wire.on("welcome", ({ place }) => this.#moved(place)),
      wire.on("place", ({ place }) => this.#moved(place)),
      wire.on("taken_over", () => this.#finish({ why: "taken_over" })),
      wire.on("ended", ({ outcome, status }) =>
        this.#finish({ why: "ended", outcome, isCancelled: status === "cancelled" }),
      ),
      effect(() => {
        const code = wire.refusal.value;
        if (code !== undefined) this.#refused(code);
      }),
      // In the call its own page says it, with what it means there.
      follow(wire, (isLost) => {
        if (this.page.peek() !== "call") this.say(isLost ? t("lost.wire") : t("lost.back"));
      }),
    );
    batch(() => {
      this.place.value = undefined;
      this.isTestingEarly.value = false;
      this.wire.value = wire;
    });
  }

  /** The call has been fetched. Somebody who was let in meanwhile goes in now. */
  #begin(call: Call): void {
    this.call.value = call;
    if (this.place.peek()?.state === "admitted") void this.enter();
  }

  #moved(place: Place): void {
    if (place.state === "left") {
      // At the end of a consultation everybody leaves first; the word that it is over follows at once and says more.
      const timer = setTimeout(() => this.#finish({ why: "left" }), ENDED_FOLLOWS_MS);
      this.#stops.push(() => clearTimeout(timer));
      return;
    }
    const before = this.place.peek()?.state;
    batch(() => {
      this.#isResuming = false;
      this.isSlow.value = false;
      this.wasPutBack.value =
        place.state === "waiting" && (before === "in_call" || before === "admitted" || this.wasPutBack.peek());
      this.place.value = place;
    });
    switch (place.state) {
      case "admitted":
        if (before === "waiting") {
          callBack(tl("turn"), [200, 100, 200, 100, 400]);
          this.say(t("admitted.title"));
        }
        void this.enter();
        break;
      case "testing":
        if (this.#isKnocking) void this.#knock();
        break;
      case "removed":
        this.#finish({ why: "removed" });
        break;
      default:
        break;
    }
  }

  /** The door has opened for somebody who was early and has tested: they wait, and staff see it. */
  async #knock(): Promise<void> {
    this.#isKnocking = false;
    const { camera, microphone } = this.devices.peek();
    // Somebody whose devices do not work decides for themselves how to go in.
    if (this.isAsking.peek() || (camera.peek() !== "works" && microphone.peek() !== "works")) return;
    await this.ready(false);
    if (this.problem.peek() === undefined) callBack(t("early.opened"), [150]);
  }

  #refused(code: ProblemCode): void {
    const closed = closedBy(code);
    if (closed === undefined && code !== "too_early" && code !== "pass_needed") {
      this.#finish({ why: "refused", code });
      return;
    }
    // The door has changed since it was looked at: the page of the door says it.
    this.#drop();
    const look = this.look.peek();
    if (closed && look) this.look.value = { ...look, door: closed };
    else void this.#look();
  }

  #finish(over: Over): void {
    if (this.over.peek()) return;
    this.over.value = over;
    this.#drop();
  }

  #drop(): void {
    setContinued(false);
    for (const stop of this.#stops.splice(0)) stop();
    this.call.peek()?.close();
    this.wire.peek()?.close();
    this.#closeDevices();
    this.#isResuming = false;
    batch(() => {
      this.call.value = undefined;
      this.wire.value = undefined;
      this.place.value = undefined;
      this.wasPutBack.value = false;
      this.mustAgree.value = false;
      this.problem.value = undefined;
      this.isSlow.value = false;
    });
  }

  #closeDevices(): void {
    this.devices.peek().close();
    this.devices.value = new Devices();
  }
}

/** Waits until a wire is open. Rejects nothing: a request on a wire that did not open says why. */
function opened(wire: Wire): Promise<void> {
  return new Promise((resolve) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop: (() => void) | undefined;
    const end = () => {
      clearTimeout(timer);
      stop?.();
      resolve();
    };
    timer = setTimeout(end, OPENING_MS);
    stop = effect(() => {
      if (wire.state.value === "open" || wire.state.value === "closed") queueMicrotask(end);
    });
  });
}

/** Calls `tell` when a connection that was open is lost, and when it is back. */
function follow(wire: Wire, tell: (isLost: boolean) => void): () => void {
  let wasLost = false;
  return effect(() => {
    const state = wire.state.value;
    if (state === "lost" && !wasLost) {
      wasLost = true;
      tell(true);
    } else if (state === "open" && wasLost) {
      wasLost = false;
      tell(false);
    }
  });
}
