import smaller from "icon:a-arrow-down";
import larger from "icon:a-arrow-up";
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Icon } from "../../ui/icon";
import type { Screen } from "../screen";
import type { Content, Shown } from "../viewing";
import { useFollowing } from "./follow";
import type { PagesProps } from "./Pages";
import { SIZE_MAX, SIZE_MIN, SIZE_STEP } from "./position";
import { t } from "./reading.words";
import { Sound } from "./Sound";
import { Text } from "./Text";
import "./reading.css";

export interface ReadingProps {
  screen: Screen;
  shown: Shown;
  /** Undefined until it has come. */
  content: Content | undefined;
  isPresenting: boolean;
  /** This person looks by themself: nobody follows. */
  isOwn?: boolean;
  /** Name of whoever presents. */
  presenter: string;
}

/** What is shown and no picture: a text, the pages of a PDF, a sound. */
export function Reading(props: ReadingProps) {
  const { content, shown } = props;
  // Until it is there, the notes of the viewer say that it takes long.
  if (!content) return <div class="reading" />;
  if ("mediaType" in content && content.mediaType.startsWith("audio/"))
    return (
      <div class="reading">
        <Sound key={shown.series + shown.index} mediaType={content.mediaType} bytes={content.bytes} />
      </div>
    );
  return <Scroll key={shown.series + shown.index} {...props} content={content} />;
}

function Scroll({ screen, shown, content, isPresenting, isOwn, presenter }: ReadingProps & { content: Content }) {
  const { box, sheet, size, isFollowing, resize, followAgain } = useFollowing(screen.steering, shown, isPresenting);
  return (
    <div class="reading">
      <fieldset class="reading-bar" aria-label={t("size")}>
        <button
          type="button"
          class="button"
          aria-label={t("smaller")}
          aria-disabled={size <= SIZE_MIN + 1e-6}
          onClick={() => resize(1 / SIZE_STEP)}
        >
          <Icon of={smaller} />
        </button>
        <button
          type="button"
          class="button"
          aria-label={t("larger")}
          aria-disabled={size >= SIZE_MAX - 1e-6}
          onClick={() => resize(SIZE_STEP)}
        >
          <Icon of={larger} />
        </button>
        {isOwn ? null : isPresenting ? (
          <p>{t("theyFollow")}</p>
        ) : isFollowing.value ? (
          <p>{t("following", { name: presenter })}</p>
        ) : (
          <button type="button" class="button primary" onClick={followAgain}>
            {t("followAgain")}
          </button>
        )}
      </fieldset>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section ref={box} class="reading-box" tabIndex={0} aria-label={shown.title || t("document")}>
        <div ref={sheet} class="reading-sheet">
          {"document" in content ? (
            <Text document={content.document} size={size} />
          ) : content.mediaType === "application/pdf" ? (
            <LazyPages bytes={content.bytes} size={size} box={box} />
          ) : (
            <p class="reading-fault">{t("unknownKind")}</p>
          )}
        </div>
      </section>
      <p class="reading-warning">{t("notDiagnostic")}</p>
    </div>
  );
}

/** The reader of PDFs is large: it is loaded when the first one is shown. */
function LazyPages(props: PagesProps) {
  const Pages = useSignal<ComponentType<PagesProps> | undefined>(undefined);
  const hasFailed = useSignal(false);
  const load = () => {
    hasFailed.value = false;
    import("./Pages").then(
      (module) => {
        Pages.value = module.Pages;
      },
      () => {
        hasFailed.value = true;
      },
    );
  };
  useEffect(load, []);
  if (Pages.value) return <Pages.value {...props} />;
  return (
    <div class="reading-fault" role="status">
      <p>{hasFailed.value ? t("notLoaded") : t("opening")}</p>
      {hasFailed.value && (
        <button type="button" class="button" onClick={load}>
          {t("again")}
        </button>
      )}
    </div>
  );
}
