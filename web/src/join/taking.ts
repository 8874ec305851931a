import { type Signal, signal } from "@preact/signals";
import { timeOfDay } from "../i18n/time";
import type { ProblemCode } from "../protocol";
import type { Wire } from "../wire";
import { t } from "./photo.words";
import { prepared, sendPhoto } from "./photos";
import { sentenceOf } from "./words";

export type Step =
  | { is: "choosing" }
  | { is: "preparing" }
  | { is: "asking"; photo: Blob; address: string }
  | { is: "sending"; part: number; address: string }
  | { is: "sent" }
  | { is: "failed"; why: string; photo?: Blob };

function sentence(code: ProblemCode): string {
  if (code === "too_many") return t("tooMany");
  return code === "wrong_file_kind" ? t("notPhoto") : sentenceOf(code);
}

/** One photograph on its way from the camera to the hospital. It goes on when its dialog is closed. */
export class Taking {
  readonly step: Signal<Step> = signal({ is: "choosing" });
  #wire: Wire;
  #link: string;
  #zone: () => string;
  #controller = new AbortController();
  #address = "";

  /** `zone`: of the hospital. */
  constructor(wire: Wire, link: string | undefined, zone: () => string) {
    this.#wire = wire;
    this.#link = link ?? "";
    this.#zone = zone;
  }

  get isSending(): boolean {
    return this.step.value.is === "sending";
  }

  async choose(file: File | undefined): Promise<void> {
    if (!file) return;
    this.step.value = { is: "preparing" };
    const photo = await prepared(file);
    this.#forget();
    this.#address = URL.createObjectURL(photo);
    this.step.value = { is: "asking", photo, address: this.#address };
  }

  async send(photo: Blob): Promise<void> {
    const controller = new AbortController();
    this.#controller = controller;
    const address = this.#address;
    this.step.value = { is: "sending", part: 0, address };
    try {
      const receipt = await sendPhoto({
        wire: this.#wire,
        link: this.#link,
        photo,
        name: t("name", { time: timeOfDay(new Date(this.#wire.now()), this.#zone()) }),
        signal: controller.signal,
        onPart: (part) => {
          if (!controller.signal.aborted) this.step.value = { is: "sending", part, address };
        },
      });
      this.#forget();
      this.step.value = receipt.received > 0 ? { is: "sent" } : { is: "failed", why: t("notTaken") };
    } catch (code) {
      if (controller.signal.aborted) this.step.value = { is: "asking", photo, address };
      else this.step.value = { is: "failed", why: sentence(code as ProblemCode), photo };
    }
  }

  /** Does not send it after all. */
  stop(): void {
    this.#controller.abort();
  }

  /** The person has read that it arrived. */
  read(): void {
    if (this.step.peek().is === "sent") this.step.value = { is: "choosing" };
  }

  #forget(): void {
    if (this.#address !== "") URL.revokeObjectURL(this.#address);
    this.#address = "";
  }
}

/** What is read out: each step once, not each percent. */
export function wordsOf(step: Step): string {
  switch (step.is) {
    case "preparing":
      return t("preparing");
    case "sending":
      return step.part < 1 ? t("sending", { percent: Math.floor(step.part * 4) * 25 }) : t("looking");
    case "sent":
      return t("sent");
    default:
      return "";
  }
}
