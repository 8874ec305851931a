import camera from "icon:camera";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { timeOfDay } from "../i18n/time";
import type { ProblemCode } from "../protocol";
import { Icon } from "../ui/icon";
import type { Wire } from "../wire";
import { Warning } from "./parts";
import { t } from "./photo.words";
import { prepared, sendPhoto } from "./photos";
import { sentenceOf } from "./words";

export interface PhotoProps {
  wire: Wire;
  link: string | undefined;
  /** Of the hospital. */
  zone: string;
}

type Step =
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

/** Takes a photograph, shows it, and sends it when the person says so. */
export function Photo({ wire, link, zone }: PhotoProps) {
  const step = useSignal<Step>({ is: "choosing" });
  const picker = useRef<HTMLInputElement>(null);
  const stopping = useRef(new AbortController());
  const address = useRef<string | undefined>(undefined);
  const forget = () => {
    if (address.current !== undefined) URL.revokeObjectURL(address.current);
    address.current = undefined;
  };
  useEffect(
    () => () => {
      stopping.current.abort();
      forget();
    },
    [],
  );
  const choose = async (file: File | undefined) => {
    if (!file) return;
    step.value = { is: "preparing" };
    const photo = await prepared(file);
    forget();
    address.current = URL.createObjectURL(photo);
    step.value = { is: "asking", photo, address: address.current };
  };
  const send = async (photo: Blob) => {
    const controller = new AbortController();
    stopping.current = controller;
    const shown = address.current ?? "";
    step.value = { is: "sending", part: 0, address: shown };
    try {
      const receipt = await sendPhoto({
        wire,
        link: link ?? "",
        photo,
        name: t("name", { time: timeOfDay(new Date(wire.now()), zone) }),
        signal: controller.signal,
        onPart: (part) => {
          if (!controller.signal.aborted) step.value = { is: "sending", part, address: shown };
        },
      });
      forget();
      step.value = receipt.received > 0 ? { is: "sent" } : { is: "failed", why: t("notTaken") };
    } catch (code) {
      if (controller.signal.aborted) step.value = { is: "asking", photo, address: shown };
      else step.value = { is: "failed", why: sentence(code as ProblemCode), photo };
    }
  };
  const now = step.value;
  const status = useRef<HTMLParagraphElement>(null);
  const before = useRef(now.is);
  useEffect(() => {
    // The button that was pressed is gone.
    if (before.current !== now.is && document.activeElement === document.body) status.current?.focus();
    before.current = now.is;
  }, [now.is]);
  const isBusy = now.is === "preparing" || now.is === "sending";
  return (
    <div class="photo">
      {now.is === "choosing" && (
        <>
          <p>{t("why")}</p>
          <p>{t("where")}</p>
        </>
      )}
      {(now.is === "asking" || now.is === "sending") && <Preview key={now.address} address={now.address} />}
      <p role="status" ref={status} tabIndex={-1}>
        {wordsOf(now)}
      </p>
      {now.is === "failed" && (
        <Warning>
          <p>{now.why}</p>
        </Warning>
      )}
      {now.is === "sending" && (
        <>
          <progress
            key={String(now.part >= 1)}
            max={1}
            {...(now.part < 1 && { value: now.part })}
            aria-label={t("progress")}
          />
          <button type="button" class="button wide" onClick={() => stopping.current.abort()}>
            {t("stop")}
          </button>
        </>
      )}
      {(now.is === "asking" || (now.is === "failed" && now.photo)) && (
        <button type="button" class="button primary wide" onClick={() => now.photo && void send(now.photo)}>
          {t("send")}
        </button>
      )}
      {!isBusy && (
        <button
          type="button"
          class={`button wide${now.is === "choosing" ? " primary" : ""}`}
          onClick={() => picker.current?.click()}
        >
          <Icon of={camera} />
          {now.is === "choosing" ? t("take") : t("again")}
        </button>
      )}
      <input
        ref={picker}
        type="file"
        accept="image/*"
        capture="environment"
        hidden
        aria-label={t("take")}
        onChange={(event) => {
          void choose(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}

/** What is read out: each step once, not each percent. */
function wordsOf(step: Step): string {
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

function Preview({ address }: { address: string }) {
  const hasFailed = useSignal(false);
  if (hasFailed.value) return <p>{t("noPreview")}</p>;
  return (
    <img
      class="photo-preview"
      src={address}
      alt={t("preview")}
      onError={() => {
        hasFailed.value = true;
      }}
    />
  );
}
