import waveform from "icon:audio-waveform";
import document from "icon:file";
import other from "icon:file-question-mark";
import report from "icon:file-text";
import video from "icon:film";
import image from "icon:image";
import keyObjects from "icon:images";
import presentation from "icon:sliders-horizontal";
import { useSignal } from "@preact/signals";
import type { ObjectKindWord, SeriesEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { thumbnailOf } from "../requests";
import { t } from "../words";

const ICONS: Readonly<Record<ObjectKindWord, Parameters<typeof Icon>[0]["of"]>> = {
  image,
  video,
  report,
  document,
  presentation,
  key_objects: keyObjects,
  waveform,
  other,
};

const isPicture = ({ kind }: SeriesEntry) => kind === "image" || kind === "video";

/** How a series looks in a list: its middle picture, else the icon of its kind, beside a word that says the same. */
export function SeriesPicture({ series, width, height }: { series: SeriesEntry; width: number; height: number }) {
  const hasFailed = useSignal(false);
  if (isPicture(series) && series.frames > 0 && !hasFailed.value)
    return (
      <img
        src={thumbnailOf(series.series)}
        alt=""
        width={width}
        height={height}
        loading="lazy"
        onError={() => {
          hasFailed.value = true;
        }}
      />
    );
  return (
    <span class="series-kind" aria-hidden="true">
      <Icon of={ICONS[series.kind] ?? other} size={28} />
    </span>
  );
}

/** What a series is, in a word, and how much of it there is. */
export function kindInWords(series: SeriesEntry): string {
  if (series.kind === "image") return series.frames > 0 ? t.count("series.frames", series.frames) : t("kind.noFrames");
  if (series.kind === "video") return series.frames > 0 ? t("kind.video") : t("kind.noFrames");
  return t(`kind.${series.kind}`);
}
