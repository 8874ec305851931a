import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ReceivedEntry } from "../../protocol";
import type { PagesProps } from "../../viewer/reading/Pages";
import { Dialog, Fault } from "../parts/Dialog";
import { receivedFile } from "../requests";
import { codeOf, sentenceOf } from "../words";
import { t } from "./received.words";
import "../../viewer/reading/reading.css";

/**
 * One file that came, read in place. Its bytes are fetched, and what is shown is made of them here by its kind: a picture, the pages of
 * a PDF drawn without scripts, a text as text, a clip or a sound. Nothing of it is ever a page of this site.
 */
export function Reader({ entry, onClose }: { entry: ReceivedEntry; onClose(): void }) {
  const blob = useSignal<Blob | undefined>(undefined);
  const fault = useSignal("");
  const load = async () => {
    fault.value = "";
    try {
      const bytes = await receivedFile(entry.upload);
      // By the kind that the gateway saw in the bytes, whatever else says.
      blob.value = new Blob([bytes], { type: entry.mediaType });
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  useEffect(() => {
    void load();
  }, [entry.upload]);
  return (
    <Dialog title={entry.name} isWide onClose={onClose}>
      <div class="received-reader">
        {fault.value !== "" && <Fault text={fault.value} onRetry={() => void load()} />}
        {!blob.value && fault.value === "" && <p role="status">{t("opening")}</p>}
        {blob.value && <Shown entry={entry} blob={blob.value} />}
      </div>
      <p class="muted">{t("asCame")}</p>
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("close")}
        </button>
      </div>
    </Dialog>
  );
}

function Shown({ entry, blob }: { entry: ReceivedEntry; blob: Blob }) {
  switch (entry.reader) {
    case "pdf":
      return <PdfPages blob={blob} name={entry.name} />;
    case "text":
      return <TextPage blob={blob} name={entry.name} />;
    default:
      return <Playing entry={entry} blob={blob} />;
  }
}

function Playing({ entry, blob }: { entry: ReceivedEntry; blob: Blob }) {
  const address = useSignal<string | undefined>(undefined);
  const hasFailed = useSignal(false);
  useEffect(() => {
    const url = URL.createObjectURL(blob);
    address.value = url;
    return () => URL.revokeObjectURL(url);
  }, [blob]);
  const fail = () => {
    hasFailed.value = true;
  };
  if (hasFailed.value) return <Fault text={t("cannotPlay")} />;
  if (!address.value) return null;
  if (entry.reader === "image")
    return <img class="received-image" src={address.value} alt={t("imageAlt", { name: entry.name })} onError={fail} />;
  if (entry.reader === "video")
    return (
      // biome-ignore lint/a11y/useMediaCaption: a film of a patient, for which there is no text
      <video class="received-image" src={address.value} controls playsInline aria-label={entry.name} onError={fail} />
    );
  return (
    // biome-ignore lint/a11y/useMediaCaption: a sound of a patient, for which there is no text
    <audio src={address.value} controls aria-label={entry.name} onError={fail} />
  );
}

function TextPage({ blob, name }: { blob: Blob; name: string }) {
  const text = useSignal("");
  useEffect(() => {
    void blob.text().then((read) => {
      text.value = read;
    });
  }, [blob]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class="received-scroll" tabIndex={0} aria-label={name}>
      <pre>{text.value}</pre>
    </section>
  );
}

function PdfPages({ blob, name }: { blob: Blob; name: string }) {
  const box = useRef<HTMLElement>(null);
  const bytes = useSignal<Uint8Array | undefined>(undefined);
  const Pages = useSignal<ComponentType<PagesProps> | undefined>(undefined);
  const hasFailed = useSignal(false);
  useEffect(() => {
    Promise.all([blob.arrayBuffer(), import("../../viewer/reading/Pages")]).then(
      ([buffer, module]) => {
        bytes.value = new Uint8Array(buffer);
        Pages.value = module.Pages;
      },
      () => {
        hasFailed.value = true;
      },
    );
  }, [blob]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section ref={box} class="received-scroll" tabIndex={0} aria-label={name}>
      {hasFailed.value && <Fault text={t("cannotPlay")} />}
      {Pages.value && bytes.value && <Pages.value bytes={bytes.value} size={1} box={box} />}
    </section>
  );
}
