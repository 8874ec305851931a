import download from "icon:download";
import file from "icon:file";
import paperclip from "icon:paperclip";
import send from "icon:send";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { timeOfDay } from "../../i18n/time";
import { codeOf } from "../../problem";
import type { ProblemCode } from "../../protocol";
import { Icon } from "../../ui/icon";
import type { Call } from "../call";
import { type ChatItem, type Handing, MOST_CHARACTERS } from "../chat";
import type { Files } from "../files";
import { sizeOf } from "./size";
import { tc } from "./words";
import "./parts.css";

interface ChatPanelProps {
  call: Call;
  files: Files;
  zone: string;
  sentenceOf(code: ProblemCode): string;
}

/** What was written and handed over, and a line to write in. */
export function ChatPanel({ call, files, zone, sentenceOf }: ChatPanelProps) {
  const { chat } = call;
  const text = chat.draft;
  const fault = useSignal("");
  const had = useRef(chat.handed.peek());
  const list = useRef<HTMLOListElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const attach = useRef<HTMLButtonElement>(null);
  const items = call.chat.items.value;
  const self = call.self.participant;
  const excess = [...text.value.trim()].length - MOST_CHARACTERS;

  useEffect(() => {
    call.chat.setOpen(true);
    return () => call.chat.setOpen(false);
  }, [call]);
  useEffect(() => {
    list.current?.lastElementChild?.scrollIntoView({ block: "nearest" });
  }, [items.length]);

  const attempt = async (f: () => Promise<void>): Promise<boolean> => {
    fault.value = "";
    try {
      await f();
      return true;
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
      return false;
    }
  };
  const say = () => {
    if (excess <= 0) void chat.sayDraft();
  };
  const handings = chat.handings.value;
  const sending = handings.find(({ code }) => code === undefined);
  return (
    <section class="chat" aria-label={tc("chat.title")}>
      <p class="muted chat-kept">{items.length === 0 ? tc("chat.none") : tc("chat.kept")}</p>
      <ol class="chat-list" ref={list}>
        {items.map((item) => (
          <li key={`${item.kind} ${item.id}`} class={item.participant === self ? "is-own" : ""}>
            <p class="chat-who">
              <strong>{item.participant === self ? tc("chat.you") : item.name}</strong>{" "}
              <time class="muted" dateTime={item.at}>
                {timeOfDay(item.at, zone)}
              </time>
            </p>
            {item.kind === "line" ? (
              <>
                <p class="chat-text">{item.text}</p>
                {item.isKept === false && <p class="muted chat-kept">{tc("chat.notKept")}</p>}
              </>
            ) : (
              <Handed item={item} onSave={() => void attempt(() => files.save(item.id, item.fileName))} />
            )}
          </li>
        ))}
      </ol>
      <p class="chat-fault" role="alert">
        {fault.value || (chat.fault.value && sentenceOf(chat.fault.value))}
      </p>
      {/* Each file once, not each percent. */}
      <p class="spoken" role="status">
        {sending
          ? tc("chat.sendingFile", { file: sending.file.name })
          : chat.handed.value > had.current
            ? tc("chat.sent")
            : ""}
      </p>
      {handings.map((handing) => (
        <Leaving
          key={handing.key}
          handing={handing}
          sentenceOf={sentenceOf}
          onAgain={() => {
            chat.handAgain(files, handing.key);
            attach.current?.focus();
          }}
          onStop={() => {
            chat.stopHanding(handing.key);
            attach.current?.focus();
          }}
        />
      ))}
      <form
        class="chat-form"
        onSubmit={(event) => {
          event.preventDefault();
          say();
        }}
      >
        <label class="spoken" for="chat-text">
          {tc("chat.write")}
        </label>
        <textarea
          id="chat-text"
          rows={2}
          placeholder={tc("chat.write")}
          value={text.value}
          aria-invalid={excess > 0}
          aria-describedby={excess > 0 ? "chat-excess" : undefined}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            if (text.value === "") chat.fault.value = undefined;
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            say();
          }}
        />
        {excess > 0 && (
          <p class="chat-fault" id="chat-excess">
            {tc("chat.tooLong", { n: excess })}
          </p>
        )}
        <div class="chat-steps">
          <button
            type="button"
            class="button"
            ref={attach}
            aria-label={tc("chat.file")}
            onClick={() => chooser.current?.click()}
          >
            <Icon of={paperclip} />
            {tc("chat.fileShort")}
          </button>
          <button type="submit" class="button primary" disabled={chat.isSaying.value || excess > 0}>
            <Icon of={send} />
            {chat.isSaying.value ? tc("chat.sending") : tc("chat.send")}
          </button>
        </div>
        <input
          ref={chooser}
          class="chat-chooser"
          type="file"
          tabIndex={-1}
          aria-label={tc("chat.file")}
          onChange={(event) => {
            const [chosen] = event.currentTarget.files ?? [];
            if (chosen) chat.hand(files, chosen);
            event.currentTarget.value = "";
          }}
        />
      </form>
    </section>
  );
}

interface LeavingProps {
  handing: Handing;
  sentenceOf(code: ProblemCode): string;
  onAgain(): void;
  onStop(): void;
}

/** A file on its way, or one that did not go. */
function Leaving({ handing: { file, part, code }, sentenceOf, onAgain, onStop }: LeavingProps) {
  const name = file.name;
  return (
    <div class="chat-file">
      {code === undefined ? (
        <>
          <p>
            {tc("chat.sendingFile", { file: name })}{" "}
            <span class="muted tabular">{tc("chat.percent", { percent: Math.floor(part * 100) })}</span>
            <progress max={1} value={part} aria-label={tc("chat.sendingFile", { file: name })} />
          </p>
          <button type="button" class="button" aria-label={tc("chat.stopNamed", { file: name })} onClick={onStop}>
            {tc("chat.stop")}
          </button>
        </>
      ) : (
        <>
          <p class="chat-fault" role="alert">
            {tc("chat.fileFailed", { file: name, why: sentenceOf(code) })}
          </p>
          <button type="button" class="button" onClick={onAgain}>
            {tc("notice.retry")}
          </button>
          <button type="button" class="button" aria-label={tc("chat.stopNamed", { file: name })} onClick={onStop}>
            {tc("chat.stop")}
          </button>
        </>
      )}
    </div>
  );
}

function Handed({ item, onSave }: { item: Extract<ChatItem, { kind: "file" }>; onSave(): void }) {
  return (
    <div class="chat-file">
      <Icon of={file} />
      <p>
        {item.fileName} <span class="muted tabular">{sizeOf(item.bytes)}</span>
      </p>
      <button type="button" class="button" aria-label={tc("chat.saveNamed", { file: item.fileName })} onClick={onSave}>
        <Icon of={download} />
        {tc("chat.save")}
      </button>
    </div>
  );
}
