import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "./reading.words";

/** A sound: everybody plays it for themselves. */
export function Sound({ mediaType, bytes }: { mediaType: string; bytes: Uint8Array }) {
  const address = useSignal<string | undefined>(undefined);
  const hasFailed = useSignal(false);
  useEffect(() => {
    hasFailed.value = false;
    const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: mediaType }));
    address.value = url;
    return () => URL.revokeObjectURL(url);
  }, [mediaType, bytes]);
  return (
    <div class="reading-sound">
      <p>{t("sound")}</p>
      {/* biome-ignore lint/a11y/useMediaCaption: a recording of a body or a dictation, for which there is no text */}
      <audio
        controls
        src={address.value}
        aria-label={t("soundLabel")}
        onError={() => {
          hasFailed.value = true;
        }}
      />
      {hasFailed.value && <p role="alert">{t("soundFailed")}</p>}
    </div>
  );
}
