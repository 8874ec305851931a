import { useSignal } from "@preact/signals";
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
    <Frame visit={visit} title={d("info.title")}>
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
      <button type="button" class="button primary wide" onClick={() => visit.backToDoor()}>
        {d("info.back")}
      </button>
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
