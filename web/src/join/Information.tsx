import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { locale } from "../i18n";
import type { Information as Text } from "../protocol";
import { d } from "./door.words";
import { information } from "./knock";
import { Frame, Telephone, Warning } from "./parts";
import type { Visit } from "./visit";
import { t } from "./words";

/** What is to be known before the visit, and the way out for whoever wants no video. */
export function Information({ visit }: { visit: Visit }) {
  return (
    <Reading visit={visit} title={d("info.title")}>
      {() => (
        <button type="button" class="button primary wide" onClick={() => visit.backToDoor()}>
          {d("info.back")}
        </button>
      )}
    </Reading>
  );
}

/** Somebody who was let in has not agreed to the text of now: it has changed, or their answer was lost. */
export function Agreement({ visit }: { visit: Visit }) {
  const isTelling = useSignal(false);
  const hasFailed = useSignal(false);
  const agree = async (version: number, again: () => void) => {
    isTelling.value = true;
    hasFailed.value = !(await visit.agree(version));
    isTelling.value = false;
    // It may have changed while it was read.
    if (hasFailed.value) again();
  };
  return (
    <Reading visit={visit} title={d("agree.title")} lead={d("agree.text")}>
      {(text, again) => (
        <>
          {hasFailed.value && <Warning>{d("agree.failed")}</Warning>}
          <button
            type="button"
            class="button primary wide"
            disabled={isTelling.value || !text}
            onClick={() => text && void agree(text.version, again)}
          >
            {d(isTelling.value ? "agree.telling" : "agree.yes")}
          </button>
        </>
      )}
    </Reading>
  );
}

interface ReadingProps {
  visit: Visit;
  title: string;
  lead?: string;
  children(text: Text | undefined, again: () => void): ComponentChildren;
}

function Reading({ visit, title, lead, children }: ReadingProps) {
  const text = useSignal<Text | undefined>(undefined);
  const hasFailed = useSignal(false);
  const isRefusing = useSignal(false);
  const hasRefusalFailed = useSignal(false);
  const fetchIt = () => {
    hasFailed.value = false;
    information(visit.link ?? "").then(
      (found) => {
        text.value = found;
      },
      () => {
        hasFailed.value = true;
      },
    );
  };
  useEffect(fetchIt, []);
  const refuse = async () => {
    isRefusing.value = true;
    hasRefusalFailed.value = !(await visit.refuse());
    isRefusing.value = false;
  };
  return (
    <Frame visit={visit} title={title}>
      {lead && <p class="notice info">{lead}</p>}
      {!text.value && !hasFailed.value && <p role="status">{t("again")}</p>}
      {hasFailed.value && (
        <Warning>
          <p>{d("info.failed")}</p>
          <button type="button" class="button" onClick={fetchIt}>
            {t("retry")}
          </button>
        </Warning>
      )}
      {text.value?.[locale.value]
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => (
          <p key={line}>{line}</p>
        ))}
      {hasRefusalFailed.value && <Warning>{d("info.refuseFailed")}</Warning>}
      {children(text.value, fetchIt)}
      <button type="button" class="button wide" disabled={isRefusing.value} onClick={() => void refuse()}>
        {d(isRefusing.value ? "info.refusing" : "info.refuse")}
      </button>
    </Frame>
  );
}

/** The person wants no video: staff know, and the number is here. */
export function Declined({ visit }: { visit: Visit }) {
  return (
    <Frame visit={visit} title={d("declined.title")}>
      <p>{d("declined.text")}</p>
      <Telephone visit={visit} isButton />
      <button type="button" class="button wide" onClick={() => visit.changeMind()}>
        {d("declined.again")}
      </button>
    </Frame>
  );
}

/** Somebody came back from the page that sends files: it wants what can be shown besides the link. Nothing is sent before a tap. */
export function Files({ visit }: { visit: Visit }) {
  const asks = visit.look.value?.asks;
  return (
    <Frame visit={visit} title={d("files.title")}>
      <p>{d(asks ? "files.text" : "files.ready")}</p>
      <button type="button" class="button primary wide" onClick={() => visit.sendFiles()}>
        {d(asks ? "files.code" : "files.go")}
      </button>
      <button type="button" class="button wide" onClick={() => visit.backToDoor()}>
        {d("files.back")}
      </button>
    </Frame>
  );
}
