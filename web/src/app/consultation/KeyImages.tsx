import archive from "icon:archive";
import keep from "icon:bookmark-plus";
import note from "icon:file-text";
import trash from "icon:trash";
import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { timeOfDay } from "../../i18n/time";
import type { KeyImageState } from "../../protocol";
import { Icon } from "../../ui/icon";
import { type KeepNews, type KeyImages as Kept, keyImagesOf } from "../../viewer/key-images";
import { Confirm, Fault } from "../parts/Dialog";
import { saveKeyImages } from "../requests";
import { facts } from "../who";
import { codeOf, sentenceOf } from "../words";
import { KeyPicture } from "./KeyPicture";
import { t } from "./key-images.words";
import type { Visit } from "./visit";

/** As many characters as a caption may have. */
const CAPTION_MAX = 200;

/** What is told of the image that was to be kept last; "" when nothing is news. */
export function keepInWords(news: KeepNews | undefined): string {
  if (news === undefined) return "";
  return news.what === "refused" ? t("refused", { why: sentenceOf(news.code) }) : t(news.what);
}

/** The images that were kept: to keep another, to caption them, to take one out again, and what the patient gets of them. */
export function KeyImages({ visit, onSummary }: { visit: Visit; onSummary(): void }) {
  const kept = keyImagesOf(visit.wire);
  const items = kept.items.value ?? [];
  const asked = useSignal<KeyImageState | undefined>(undefined);
  const said = useSignal("");
  const title = useRef<HTMLHeadingElement>(null);
  return (
    <>
      <section class="keep-image">
        <button type="button" class="button primary" onClick={() => void kept.keep(visit.viewport)}>
          <Icon of={keep} />
          {t("keep")}
        </button>
        <p class="muted">{t("keepHint")}</p>
      </section>
      <h2 ref={title} tabIndex={-1} class="key-images-title">
        {t.count("count", items.length)}
      </h2>
      <p class="spoken" role="status">
        {said.value}
      </p>
      {items.length === 0 && <p class="muted">{t("empty")}</p>}
      <ul class="key-images">
        {items.map((image) => (
          <KeyImage
            key={image.image}
            image={image}
            kept={kept}
            by={nameOf(visit, image)}
            onRemove={() => {
              asked.value = image;
            }}
          />
        ))}
      </ul>
      {items.length > 0 && <SaveImages visit={visit} />}
      <button type="button" class="button wide" aria-haspopup="dialog" onClick={onSummary}>
        <Icon of={note} />
        {t("summary")}
      </button>
      {asked.value && (
        <Confirm
          title={t("removeQuestion")}
          meaning={t("removeMeaning")}
          confirm={t("removeConfirm")}
          keep={t("removeKeep")}
          onConfirm={async () => {
            await kept.remove(asked.value?.image ?? "");
            said.value = t("removed");
            // The button that asked goes with its image.
            setTimeout(() => title.current?.focus());
          }}
          onClose={() => {
            asked.value = undefined;
          }}
        />
      )}
    </>
  );
}

/** Puts the images beside the studies as objects that other systems understand. */
function SaveImages({ visit }: { visit: Visit }) {
  const said = useSignal("");
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const save = async () => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    fault.value = said.value = "";
    try {
      said.value = t.count("stored", (await saveKeyImages(visit.appointment)).images);
    } catch (cause) {
      fault.value = t("storeFailed", { why: sentenceOf(codeOf(cause)) });
    }
    isBusy.value = false;
  };
  return (
    <div class="key-images-save">
      <button type="button" class="button wide" aria-disabled={isBusy.value} onClick={() => void save()}>
        <Icon of={archive} />
        {t("store")}
      </button>
      <p role="status" class="muted">
        {said.value}
      </p>
      <Fault text={fault.value} />
    </div>
  );
}

function nameOf(visit: Visit, { participant }: KeyImageState): string {
  if (participant === visit.wire.welcome.value?.participant) return t("you");
  const isThem = (person: { participant: string }) => person.participant === participant;
  return visit.call.people.value.find(isThem)?.name ?? visit.entry.value?.participants.find(isThem)?.name ?? "";
}

interface KeyImageProps {
  image: KeyImageState;
  kept: Kept;
  by: string;
  onRemove(): void;
}

function KeyImage({ image, kept, by, onRemove }: KeyImageProps) {
  const name = `${image.title} · ${t("place", { n: image.index + 1 })}`;
  const time = timeOfDay(image.at, facts.value?.timeZone ?? "UTC");
  return (
    <li class="key-image">
      <KeyPicture image={image.image} alt={image.caption || name} />
      <div class="key-image-what">
        <p>{name}</p>
        <p class="muted tabular">{by ? t("by", { name: by, time }) : time}</p>
        {image.isShownToPatient && <p class="key-image-shown">{t("inSummary")}</p>}
        <Caption image={image} kept={kept} />
        <button type="button" class="button quiet-danger" onClick={onRemove}>
          <Icon of={trash} />
          {t("remove")}
          <span class="spoken"> {image.caption || name}</span>
        </button>
      </div>
    </li>
  );
}

function Caption({ image, kept }: { image: KeyImageState; kept: Kept }) {
  const id = useId();
  const draft = useSignal(kept.drafts.get(image.image) ?? image.caption);
  const said = useSignal("");
  const fault = useSignal("");
  const saved = useRef(image.caption);
  useEffect(() => {
    // Somebody else has written it, and nothing is written here.
    if (draft.peek() === saved.current) draft.value = image.caption;
    saved.current = image.caption;
  }, [image.caption, draft]);
  const isChanged = draft.value.trim() !== image.caption;
  const save = async () => {
    const caption = draft.peek().trim();
    if (caption === image.caption) return;
    fault.value = said.value = "";
    try {
      await kept.caption(image.image, caption);
      if (draft.peek().trim() === caption) kept.drafts.delete(image.image);
      said.value = t("captionSaved");
    } catch (cause) {
      fault.value = t("captionFailed", { why: sentenceOf(codeOf(cause)) });
    }
  };
  return (
    <form
      class="field"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label for={id}>{t("caption")}</label>
      <input
        id={id}
        maxLength={CAPTION_MAX}
        autocomplete="off"
        aria-describedby={`${id}-hint`}
        value={draft.value}
        onInput={(event) => {
          draft.value = event.currentTarget.value;
          if (draft.value.trim() === image.caption) kept.drafts.delete(image.image);
          else kept.drafts.set(image.image, draft.value);
          said.value = "";
        }}
      />
      <p class="hint" id={`${id}-hint`}>
        {t("captionHint")}
      </p>
      {isChanged && (
        <button type="submit" class="button">
          {t("captionSave")}
        </button>
      )}
      <p role="status" class="muted">
        {said.value}
      </p>
      <Fault text={fault.value} />
    </form>
  );
}
