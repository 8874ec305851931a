import alert from "icon:circle-alert";
import check from "icon:circle-check";
import download from "icon:download";
import upload from "icon:upload";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call, hospital } from "../api";
import { filesOf, hasFiles, type NamedFile, picked } from "../app/consultation/drop";
import { offer } from "../call/files";
import { chooseLanguage, locale } from "../i18n";
import type { HospitalFacts, UploadLook } from "../protocol";
import { Icon } from "../ui/icon";
import { isIdle, receiptText, type Sending, type Sendings } from "./sendings";
import { sizeInWords } from "./size";
import { sentenceOf, t } from "./words";

interface UploadProps {
  secret: string | undefined;
  sendings: Sendings;
}

/** The page of whoever has a link to send by: what it is for, what to choose, and what became of each file. */
export function Upload({ secret, sendings }: UploadProps) {
  const look = useSignal<UploadLook | undefined>(undefined);
  const facts = useSignal<HospitalFacts | undefined>(undefined);
  const hasFailed = useSignal(false);
  const open = async () => {
    hasFailed.value = false;
    try {
      const [known, looked] = await Promise.all([
        hospital(),
        call<UploadLook>("POST", "/api/upload/look", { authorization: `Link ${secret ?? ""}` }),
      ]);
      facts.value = known;
      look.value = looked;
    } catch (cause) {
      console.info("the link could not be looked at", cause);
      hasFailed.value = true;
    }
  };
  useEffect(() => {
    void open();
  }, []);
  useEffect(() => {
    document.title = t("title");
  }, [locale.value]);
  const items = sendings.items.value;
  const isBusy = !isIdle(items);
  useEffect(() => {
    if (!isBusy) return;
    const hold = (event: Event) => event.preventDefault();
    addEventListener("beforeunload", hold);
    return () => removeEventListener("beforeunload", hold);
  }, [isBusy]);
  const looked = look.value;
  const other = locale.value === "fr" ? "en" : "fr";
  return (
    <main class="upload">
      <header class="upload-top">
        <p class="upload-hospital">{facts.value?.name}</p>
        <button type="button" class="button quiet" lang={other} onClick={() => chooseLanguage(other)}>
          {t("language")}
        </button>
      </header>
      <h1>{t("title")}</h1>
      <div role="status">{!looked && !hasFailed.value && <p>{t("loading")}</p>}</div>
      {hasFailed.value && (
        <div class="notice danger" role="alert">
          <Icon of={alert} />
          <p>{t("notOpened")}</p>
          <button type="button" class="button" onClick={() => void open()}>
            {t("again")}
          </button>
        </div>
      )}
      {looked && looked.state !== "open" && (
        <div class="notice warn" role="alert">
          <Icon of={alert} />
          <p>{t(looked.state)}</p>
          {looked.state === "pass_needed" && (
            <a class="button primary" href={`/join?files#${secret ?? ""}`}>
              {t("giveCode")}
            </a>
          )}
        </div>
      )}
      {looked?.state === "open" && <Open look={looked} sendings={sendings} zone={facts.value?.timeZone ?? "UTC"} />}
      {items.length > 0 && <List items={items} sendings={sendings} hospital={facts.value?.name ?? ""} />}
      {facts.value && (
        <p class="upload-help">
          <a href={`tel:${facts.value.telephone.replace(/[^+\d]/g, "")}`}>
            {t("call", { telephone: facts.value.telephone })}
          </a>
        </p>
      )}
    </main>
  );
}

function Open({ look, sendings, zone }: { look: UploadLook; sendings: Sendings; zone: string }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const isOver = useSignal(false);
  const add = (found: readonly NamedFile[]) => sendings.add(found);
  useEffect(() => {
    // A file dropped beside would be opened by the browser in place of this page.
    const over = (event: DragEvent) => {
      if (!hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      isOver.value = true;
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) isOver.value = false;
    };
    const drop = (event: DragEvent) => {
      isOver.value = false;
      if (!event.dataTransfer || !hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      void filesOf(event.dataTransfer).then(add);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  // Phones have no folders to choose.
  const hasFolders = "webkitdirectory" in HTMLInputElement.prototype && !matchMedia("(pointer: coarse)").matches;
  const until = look.expiresAt
    ? new Intl.DateTimeFormat(locale.value, { dateStyle: "long", timeStyle: "short", timeZone: zone }).format(
        new Date(look.expiresAt),
      )
    : "";
  return (
    <section class={`upload-box${isOver.value ? " is-over" : ""}`}>
      <p>{look.isGuest ? t("guestIntro") : t("centreIntro", { label: look.label ?? "" })}</p>
      <p class="muted">{t("noReading")}</p>
      <div class="upload-ways">
        <button type="button" class="button primary" onClick={() => files.current?.click()}>
          <Icon of={upload} />
          {t("files")}
        </button>
        {hasFolders && (
          <button type="button" class="button" onClick={() => folder.current?.click()}>
            {t("folder")}
          </button>
        )}
        <input
          ref={files}
          type="file"
          multiple
          hidden
          data-pick="files"
          onChange={(event) => {
            add(picked(event.currentTarget.files));
            event.currentTarget.value = "";
          }}
        />
        <input
          ref={folder}
          type="file"
          hidden
          data-pick="folder"
          {...{ webkitdirectory: true }}
          onChange={(event) => {
            add(picked(event.currentTarget.files));
            event.currentTarget.value = "";
          }}
        />
      </div>
      {hasFolders && <p class="muted">{t("drop")}</p>}
      <p class="muted">{t("kinds")}</p>
      <p class="muted tabular">
        {t("left", {
          date: until,
          size: sizeInWords(look.bytesLeft),
          files: new Intl.NumberFormat(locale.value).format(look.filesLeft),
        })}
      </p>
    </section>
  );
}

function List({ items, sendings, hospital }: { items: readonly Sending[]; sendings: Sendings; hospital: string }) {
  const done = items.filter(({ state }) => state.is === "received").length;
  const failed = items.filter(({ state }) => state.is === "failed").length;
  return (
    <section class="upload-list" aria-labelledby="upload-list">
      <h2 id="upload-list">{t("list")}</h2>
      <p role="status" class={isIdle(items) && failed === 0 ? "notice good" : ""}>
        {isIdle(items) && failed === 0 && <Icon of={check} />}
        <span>
          {t("summary", { done, all: items.length })} {isIdle(items) && t(failed > 0 ? "someFailed" : "allDone")}
        </span>
      </p>
      <ul>
        {items.map((item) => (
          <Row key={item.key} item={item} onRetry={() => sendings.retry(item.key)} />
        ))}
      </ul>
      {isIdle(items) && done > 0 && (
        <button
          type="button"
          class="button"
          onClick={() =>
            offer(new Blob([receiptText(items, hospital)], { type: "text/plain" }), "accuse-reception.txt")
          }
        >
          <Icon of={download} />
          {t("save")}
        </button>
      )}
    </section>
  );
}

function Row({ item, onRetry }: { item: Sending; onRetry(): void }) {
  const { state, name } = item;
  const part = state.is === "counting" || state.is === "sending" ? state.part : undefined;
  return (
    <li class={`upload-row is-${state.is}`}>
      <p class="upload-name">
        {name} <span class="muted tabular">{sizeInWords(item.file.size)}</span>
      </p>
      <p class="upload-state">
        {state.is === "received" && <Icon of={check} />}
        {state.is === "failed" && <Icon of={alert} />}
        <span>{wordsOf(state)}</span>
      </p>
      {part !== undefined && <progress aria-label={t("progress", { name })} value={part} max={1} />}
      {state.is === "received" && state.receipt.refused > 0 && (
        <p class="muted">{t.count("refusedPart", state.receipt.refused)}</p>
      )}
      {state.is === "failed" && (
        <button type="button" class="button" aria-label={t("retryNamed", { name })} onClick={onRetry}>
          {t("retry")}
        </button>
      )}
      {state.is === "received" && item.sha256 && (
        <details>
          <summary>{t("check")}</summary>
          <dl>
            <dt>{t("here")}</dt>
            <dd data-hash="here">{item.sha256}</dd>
            <dt>{t("there")}</dt>
            <dd data-hash="there">{state.receipt.sha256}</dd>
          </dl>
          <p>{t("same")}</p>
        </details>
      )}
    </li>
  );
}

function wordsOf(state: Sending["state"]): string {
  switch (state.is) {
    case "received":
      if (state.receipt.isKnown) return t("receivedKnown");
      return state.receipt.objects > 0 ? t.count("receivedImages", state.receipt.objects) : t("received");
    case "failed":
      return sentenceOf(state.code);
    default:
      return t(state.is);
  }
}
