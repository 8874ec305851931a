import alert from "icon:circle-alert";
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import type { AppointmentEntry, MessageEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Fault } from "../parts/Dialog";
import { codeOf, sentenceOf } from "../words";
import { Contacts } from "./Contacts";
import { t } from "./messages.words";
import { messagesOf, repeatMessage, tellLate } from "./requests";
import { stateOf, subjectOf } from "./words";
import "./messages.css";

interface MessagesProps {
  /** Fetched again when it is another object: what the agenda is told of covers messages. */
  entry: AppointmentEntry;
  zone: string;
  now: number;
}

/** What was sent to the people of an appointment, what became of it, and what can be done about it. */
export function Messages({ entry, zone, now }: MessagesProps) {
  const messages = useSignal<readonly MessageEntry[] | undefined>(undefined);
  const fault = useSignal("");
  const done = useSignal("");
  const take = async (asked: Promise<MessageEntry[]>) => {
    try {
      messages.value = await asked;
      fault.value = "";
      return true;
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
      return false;
    }
  };
  const fetch = () => take(messagesOf(entry.appointment));
  useEffect(() => {
    void fetch();
  }, [entry]);
  const isOpen = entry.status === "booked" || entry.status === "arrived";
  return (
    <section class="messages" aria-labelledby="panel-messages">
      <h3 id="panel-messages">{t("title")}</h3>
      <Fault text={fault.value} onRetry={() => void fetch()} />
      {messages.value === undefined && fault.value === "" && <p class="muted">{t("loading")}</p>}
      {messages.value?.length === 0 && <p class="muted">{t("none")}</p>}
      {messages.value && messages.value.length > 0 && (
        <ul class="messages-list">
          {messages.value.map((message) => (
            <Line
              key={message.message}
              message={message}
              zone={zone}
              now={now}
              onRepeat={() => {
                done.value = "";
                void take(repeatMessage(message.message)).then((isDone) => {
                  if (isDone) done.value = t("repeated");
                });
              }}
            />
          ))}
        </ul>
      )}
      {isOpen && entry.mayChange && <Contacts entry={entry} onSaved={() => void fetch()} />}
      {isOpen && entry.mayChange && messages.value && (
        <Late
          onTell={(minutes) => {
            const before = messages.peek()?.length ?? 0;
            done.value = "";
            void take(tellLate(entry.appointment, minutes)).then((isDone) => {
              if (isDone) done.value = t((messages.peek()?.length ?? 0) > before ? "lateSent" : "lateNobody");
            });
          }}
        />
      )}
      <p role="status">{done.value}</p>
    </section>
  );
}

function Line({
  message,
  zone,
  now,
  onRepeat,
}: {
  message: MessageEntry;
  zone: string;
  now: number;
  onRepeat(): void;
}) {
  const state = stateOf(message, zone, now);
  const what = `${subjectOf(message)}, ${t(`channel.${message.channel}`)}, ${message.name}`;
  return (
    <li class={`message tone-${state.tone}`}>
      <p>
        <strong>{subjectOf(message)}</strong>{" "}
        <span class="muted">
          {t(`channel.${message.channel}`)} · {message.name}
        </span>
      </p>
      <p class="message-state">
        {state.tone === "alarm" ? <Icon of={alert} /> : <span class="mark" aria-hidden="true" />}
        <span class="tabular">{state.words}</span>
      </p>
      {state.hint !== "" && <p class="muted">{state.hint}</p>}
      {message.mayRepeat && (message.state === "failed" || message.state === "bounced" || message.state === "sent") && (
        <button type="button" class="button" onClick={onRepeat}>
          {t("repeat")}
          <span class="spoken"> {t("repeatSpoken", { what })}</span>
        </button>
      )}
    </li>
  );
}

function Late({ onTell }: { onTell(minutes: number): void }) {
  const minutes = useSignal(15);
  const id = useId();
  return (
    <form
      class="messages-late"
      onSubmit={(event) => {
        event.preventDefault();
        onTell(minutes.value);
      }}
    >
      <label for={id}>{t("lateMinutes")}</label>
      <input
        id={id}
        type="number"
        min={5}
        max={240}
        step={5}
        required
        value={minutes.value}
        onInput={(event) => {
          minutes.value = event.currentTarget.valueAsNumber;
        }}
      />
      <button type="submit" class="button">
        {t("lateSend")}
      </button>
    </form>
  );
}
