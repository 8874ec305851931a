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
import { type ChatItem, MOST_CHARACTERS } from "../chat";
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
  const text = useSignal("");
  const isSending = useSignal(false);
  const sendingFile = useSignal("");
  const fault = useSignal("");
  const done = useSignal("");
  const list = useRef<HTMLOListElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
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
    fault.value = done.value = "";
    try {
      await f();
      return true;
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
      return false;
    }
  };
  const say = async () => {
    const wanted = text.peek().trim();
    if (wanted === "" || excess > 0 || isSending.peek()) return;
    isSending.value = true;
    if (await attempt(() => call.chat.say(wanted))) text.value = "";
    isSending.value = false;
  };
  const hand = async (chosen: File | undefined) => {
    if (!chosen) return;
    sendingFile.value = chosen.name;
    if (await attempt(() => files.send(chosen))) done.value = tc("chat.sent");
    sendingFile.value = "";
  };
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
        {fault.value}
      </p>
      <p class="spoken" role="status">
        {sendingFile.value ? tc("chat.sendingFile", { file: sendingFile.value }) : done.value}
      </p>
      <form
        class="chat-form"
        onSubmit={(event) => {
          event.preventDefault();
          void say();
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
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            void say();
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
            aria-label={tc("chat.file")}
            disabled={sendingFile.value !== ""}
            onClick={() => chooser.current?.click()}
          >
            <Icon of={paperclip} />
            {sendingFile.value ? tc("chat.sending") : tc("chat.fileShort")}
          </button>
          <button type="submit" class="button primary" disabled={isSending.value || excess > 0}>
            <Icon of={send} />
            {isSending.value ? tc("chat.sending") : tc("chat.send")}
          </button>
        </div>
        <input
          ref={chooser}
          class="chat-chooser"
          type="file"
          tabIndex={-1}
          aria-label={tc("chat.file")}
          onChange={(event) => {
            void hand(event.currentTarget.files?.[0]);
            event.currentTarget.value = "";
          }}
        />
      </form>
    </section>
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
