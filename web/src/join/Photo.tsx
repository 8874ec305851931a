import camera from "icon:camera";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../ui/icon";
import { Warning } from "./parts";
import { t } from "./photo.words";
import { type Taking, wordsOf } from "./taking";

/** Takes a photograph, shows it, and sends it when the person says so. */
export function Photo({ taking }: { taking: Taking }) {
  const picker = useRef<HTMLInputElement>(null);
  const now = taking.step.value;
  const status = useRef<HTMLParagraphElement>(null);
  const before = useRef(now.is);
  useEffect(() => {
    // The button that was pressed is gone.
    if (before.current !== now.is && document.activeElement === document.body) status.current?.focus();
    before.current = now.is;
  }, [now.is]);
  useEffect(
    () => () => {
      if (before.current === "sent") taking.read();
    },
    [taking],
  );
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
          <button type="button" class="button wide" onClick={() => taking.stop()}>
            {t("stop")}
          </button>
        </>
      )}
      {(now.is === "asking" || (now.is === "failed" && now.photo)) && (
        <button type="button" class="button primary wide" onClick={() => now.photo && void taking.send(now.photo)}>
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
          void taking.choose(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
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
