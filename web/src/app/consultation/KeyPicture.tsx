import { useSignal } from "@preact/signals";
import { keyImagePicture } from "../requests";
import { t } from "./key-images.words";

/** The picture of a key image, or a word in its place. */
export function KeyPicture({ image, alt }: { image: string; alt: string }) {
  const hasFailed = useSignal(false);
  if (hasFailed.value) return <p class="key-image-none muted">{t("noPicture")}</p>;
  return (
    <img
      class="key-image-picture"
      src={keyImagePicture(image)}
      alt={alt}
      loading="lazy"
      onError={() => {
        hasFailed.value = true;
      }}
    />
  );
}
