import later from "icon:arrow-down";
import earlier from "icon:arrow-up";
import download from "icon:download";
import eye from "icon:eye";
import send from "icon:send";
import { useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import { type Files, offer } from "../../call/files";
import { locale } from "../../i18n";
import type { LanguageWord } from "../../protocol";
import { Icon } from "../../ui/icon";
import type { PagesProps } from "../../viewer/reading/Pages";
import { KeyPicture } from "../consultation/KeyPicture";
import { Confirm, Fault } from "../parts/Dialog";
import { summaryPdf } from "../requests";
import { codeOf, sentenceOf } from "../words";
import { Draft, faultOf, MAX_IMAGES, type SummaryImage, sentencesOf } from "./summary";
import { t } from "./summary.words";
import "../../viewer/reading/reading.css";
import "./summary.css";

interface SummaryProps {
  appointment: string;
  /** The key images, oldest first; absent until they are known. */
  images: readonly SummaryImage[] | undefined;
  /** In a consultation: the way into its chat. */
  files?: Files;
}

/** What the patient takes home: written, with the images that were chosen, seen as a document, sent or saved. */
export function Summary({ appointment, images, files }: SummaryProps) {
  const language = useSignal<LanguageWord>(locale.peek());
  const draft = useMemo(() => Draft.of(appointment, language.value), [appointment, language.value]);
  useEffect(() => {
    void draft.open();
    return () => draft.close();
  }, [draft]);
  return (
    <div class="summary">
      <p class="muted">{t("intro")}</p>
      <Languages
        chosen={language.value}
        choose={(to) => {
          language.value = to;
        }}
      />
      {draft.isOpen.value ? (
        <Editor key={draft.language} draft={draft} images={images} files={files} />
      ) : draft.problem.value ? (
        <Fault text={sentenceOf(draft.problem.value)} onRetry={() => void draft.open()} />
      ) : (
        <p role="status">{t("opening")}</p>
      )}
    </div>
  );
}

function Languages({ chosen, choose }: { chosen: LanguageWord; choose(to: LanguageWord): void }) {
  const name = useId();
  return (
    <fieldset class="summary-languages">
      <legend>{t("language")}</legend>
      {(["fr", "en"] as const).map((language) => (
        <label key={language} class="check">
          <input type="radio" name={name} checked={chosen === language} onChange={() => choose(language)} />
          {t(`language.${language}`)}
        </label>
      ))}
    </fieldset>
  );
}

interface EditorProps {
  draft: Draft;
  images: readonly SummaryImage[] | undefined;
  files: Files | undefined;
}

function Editor({ draft, images, files }: EditorProps) {
  const id = useId();
  const fault = faultOf(draft.text.value);
  useEffect(() => {
    if (images) draft.prune(new Set(images.map(({ image }) => image)));
  }, [draft, images]);
  return (
    <>
      <div class="field">
        <label for={id}>{t("sentences")}</label>
        <p class="hint" id={`${id}-hint`}>
          {t("sentencesHint")}
        </p>
        <textarea
          id={id}
          rows={8}
          lang={draft.language}
          aria-describedby={`${id}-hint ${id}-fault`}
          aria-invalid={fault !== undefined}
          value={draft.text.value}
          onInput={(event) => draft.write(event.currentTarget.value)}
        />
        <p id={`${id}-fault`} class="field-fault" role="alert">
          {fault && (fault.what === "tooMany" ? t("tooMany") : t("tooLong", { line: fault.line }))}
        </p>
      </div>
      <Images draft={draft} images={images} isInCall={files !== undefined} />
      <Kept draft={draft} isFaulty={fault !== undefined} />
      <Ways draft={draft} files={files} />
    </>
  );
}

/** What an image is called in this list. */
const nameOf = (image: SummaryImage): string =>
  image.caption || `${image.title} · ${t("place", { n: image.index + 1 })}`;

function Images({ draft, images, isInCall }: Pick<EditorProps, "draft" | "images"> & { isInCall: boolean }) {
  const said = useSignal("");
  const chosen = draft.images.value;
  // Those that were chosen stand first, in their order.
  const place = (image: SummaryImage) => (chosen.includes(image.image) ? chosen.indexOf(image.image) : chosen.length);
  const sorted = [...(images ?? [])].sort((a, b) => place(a) - place(b));
  const there = chosen.filter((each) => images?.some(({ image }) => image === each));
  const isFull = there.length >= MAX_IMAGES;
  const move = (image: SummaryImage, by: -1 | 1) => {
    draft.move(image.image, by);
    const n = draft.images.peek().indexOf(image.image) + 1;
    said.value = t("moved", { name: nameOf(image), n, total: draft.images.peek().length });
  };
  return (
    <fieldset class="summary-images">
      <legend>{t("images")}</legend>
      {sorted.length === 0 ? (
        <p class="muted">{t(isInCall ? "noImagesYet" : "noImages")}</p>
      ) : (
        <p class="hint">{t("imagesHint")}</p>
      )}
      <ul>
        {sorted.map((image) => {
          const isChosen = chosen.includes(image.image);
          const name = nameOf(image);
          return (
            <li key={image.image} class="summary-image">
              <KeyPicture image={image.image} alt="" />
              <label class="check">
                <input
                  type="checkbox"
                  checked={isChosen}
                  disabled={!isChosen && isFull}
                  onChange={(event) => draft.choose(image.image, event.currentTarget.checked)}
                />
                <span>
                  {name}
                  {!image.caption && <span class="muted"> ({t("noCaption")})</span>}
                </span>
              </label>
              {isChosen && there.length > 1 && (
                <div class="summary-order">
                  <Mover
                    icon={earlier}
                    word={t("earlier")}
                    name={name}
                    isEnd={there[0] === image.image}
                    onClick={() => move(image, -1)}
                  />
                  <Mover
                    icon={later}
                    word={t("later")}
                    name={name}
                    isEnd={there.at(-1) === image.image}
                    onClick={() => move(image, 1)}
                  />
                </div>
              )}
            </li>
          );
        })}
      </ul>
      {isFull && <p class="hint">{t("tooManyImages")}</p>}
      <p class="spoken" role="status">
        {said.value}
      </p>
    </fieldset>
  );
}

interface MoverProps {
  icon: Parameters<typeof Icon>[0]["of"];
  word: string;
  name: string;
  /** There is no further place. */
  isEnd: boolean;
  onClick(): void;
}

function Mover({ icon, word, name, isEnd, onClick }: MoverProps) {
  return (
    <button
      type="button"
      class="button"
      aria-label={`${word}, ${name}`}
      title={word}
      aria-disabled={isEnd}
      onClick={() => !isEnd && onClick()}
    >
      <Icon of={icon} />
    </button>
  );
}

/** Whether all is saved. */
function Kept({ draft, isFaulty }: { draft: Draft; isFaulty: boolean }) {
  const keeping = draft.keeping.value;
  if (keeping === "failed" && draft.letter.value !== undefined)
    return <Fault text={t("noLetter", { letter: draft.letter.value })} />;
  if (keeping === "failed")
    return (
      <Fault
        text={t("failed", { why: sentenceOf(draft.problem.value ?? "internal") })}
        onRetry={() => void draft.flush()}
      />
    );
  return (
    <div class="summary-kept">
      {/* Not each key that is pressed is read out. */}
      <p role="status" class="muted">
        {keeping === "changed" ? "" : t(keeping)}
      </p>
      {keeping === "changed" && (
        <>
          <p class="muted">{t("changed")}</p>
          {!isFaulty && (
            <button type="button" class="button" onClick={() => void draft.flush()}>
              {t("save")}
            </button>
          )}
        </>
      )}
    </div>
  );
}

type Doing = "viewing" | "saving" | "sending";

/** What can be done with the document. */
function Ways({ draft, files }: { draft: Draft; files: Files | undefined }) {
  const isAsking = useSignal(false);
  const said = useSignal("");
  const fault = useSignal("");
  const doing = useSignal<Doing | undefined>(undefined);
  const seen = useSignal<Uint8Array | undefined>(undefined);
  const { keeping, text, images } = draft;
  useSignalEffect(() => {
    // As it was it would mislead.
    if (keeping.value === "changed") seen.value = undefined;
  });
  /** The document as it is now; nothing when it could not be saved, which is said elsewhere. */
  const made = async (): Promise<File | undefined> => {
    if (!(await draft.flush())) return undefined;
    const pdf = await summaryPdf(draft.appointment, draft.language);
    return new File([pdf], t("file"), { type: "application/pdf" });
  };
  const act = async (what: Doing, after: (file: File) => string | Promise<string>) => {
    if (doing.peek()) return;
    doing.value = what;
    fault.value = "";
    said.value = t("preparing");
    try {
      const file = await made();
      said.value = file ? await after(file) : "";
    } catch (cause) {
      said.value = "";
      fault.value = t("pdfFailed", { why: sentenceOf(codeOf(cause)) });
    } finally {
      doing.value = undefined;
    }
  };
  if (sentencesOf(text.value).length === 0 && images.value.length === 0) return <p class="muted">{t("empty")}</p>;
  const isBusy = doing.value !== undefined;
  return (
    <div class="summary-ways">
      <button
        type="button"
        class="button"
        aria-disabled={isBusy}
        onClick={() =>
          void act("viewing", async (file) => {
            seen.value = new Uint8Array(await file.arrayBuffer());
            return "";
          })
        }
      >
        <Icon of={eye} />
        {t("view")}
      </button>
      <button
        type="button"
        class="button"
        aria-disabled={isBusy}
        onClick={() =>
          void act("saving", (file) => {
            offer(file, file.name);
            return t("downloaded");
          })
        }
      >
        <Icon of={download} />
        {t("download")}
      </button>
      {files && (
        <button
          type="button"
          class="button primary"
          aria-haspopup="dialog"
          aria-disabled={isBusy}
          onClick={() => {
            if (!isBusy) isAsking.value = true;
          }}
        >
          <Icon of={send} />
          {t("send")}
        </button>
      )}
      <p role="status">{said.value}</p>
      <Fault text={fault.value} />
      {seen.value && <Preview bytes={seen.value} />}
      {files && isAsking.value && (
        <Confirm
          title={t("sendQuestion")}
          meaning={t("sendMeaning")}
          confirm={t("sendConfirm")}
          keep={t("sendKeep")}
          isDanger={false}
          onConfirm={async () => {
            const file = await made();
            if (!file) return;
            await files.send(file);
            said.value = t("sent");
          }}
          onClose={() => {
            isAsking.value = false;
          }}
        />
      )}
    </div>
  );
}

/** The pages as the patient will see them, drawn by the reader that is there for documents of studies. */
function Preview({ bytes }: { bytes: Uint8Array }) {
  const box = useRef<HTMLElement>(null);
  const Pages = useSignal<ComponentType<PagesProps> | undefined>(undefined);
  const hasFailed = useSignal(false);
  useEffect(() => {
    box.current?.focus();
    import("../../viewer/reading/Pages").then(
      (module) => {
        Pages.value = module.Pages;
      },
      () => {
        hasFailed.value = true;
      },
    );
  }, [Pages, hasFailed]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section ref={box} class="summary-preview" tabIndex={0} aria-label={t("preview")}>
      {Pages.value ? (
        <Pages.value bytes={bytes} size={1} box={box} />
      ) : (
        <p role="status">{t(hasFailed.value ? "previewFailed" : "preparing")}</p>
      )}
    </section>
  );
}
