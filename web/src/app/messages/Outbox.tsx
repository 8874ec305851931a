import alert from "icon:circle-alert";
import { useEffect, useMemo } from "preact/hooks";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { OutboxEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Feed } from "../agenda/feed";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { useClock, usePage } from "../parts/hooks";
import { facts } from "../who";
import { sentenceOf } from "../words";
import { t } from "./messages.words";
import { outbox } from "./requests";
import { stateOf, subjectOf } from "./words";
import "./messages.css";

/** The last messages of all appointments; in the demonstration, with what they would say. */
export function Outbox() {
  const heading = usePage(t("outbox.title"));
  const zone = facts.value?.timeZone ?? "UTC";
  const now = useClock();
  const feed = useMemo(() => new Feed((signal) => outbox(signal).then((state) => [state])), []);
  useEffect(() => () => feed.close(), [feed]);
  const state = feed.entries.value?.[0];
  return (
    <>
      <Header />
      <main class="outbox" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t("outbox.title")}
        </h1>
        <p class="muted">{t("outbox.intro")}</p>
        {feed.problem.value && <Fault text={sentenceOf(feed.problem.value)} onRetry={() => feed.fetch()} />}
        {state && !state.channels.includes("email") && <p class="notice warn">{t("outbox.noMail")}</p>}
        {state && !state.channels.includes("sms") && <p class="notice warn">{t("outbox.noSms")}</p>}
        {facts.value?.isDemo && <p class="notice">{t("outbox.demo")}</p>}
        {!state && !feed.problem.value && <p class="muted">{t("loading")}</p>}
        {state?.messages.length === 0 && <p class="empty">{t("outbox.empty")}</p>}
        {state && state.messages.length > 0 && (
          <ul class="messages-list">
            {state.messages.map((message) => (
              <Entry key={message.entry.message} message={message} zone={zone} now={now} />
            ))}
          </ul>
        )}
      </main>
    </>
  );
}

function Entry({ message, zone, now }: { message: OutboxEntry; zone: string; now: number }) {
  const { entry, text } = message;
  const state = stateOf(entry, zone, now);
  const name = entry.name === "" ? t("outbox.somebody") : entry.name;
  const visit = t("outbox.for", { day: dayInWords(message.startsAt, zone), time: timeOfDay(message.startsAt, zone) });
  return (
    <li class={`message tone-${state.tone}`}>
      <p>
        <strong>{subjectOf(entry)}</strong>{" "}
        <span class="muted">
          {t(`channel.${entry.channel}`)} · {name} · {visit}
        </span>
      </p>
      <p class="message-state">
        {state.tone === "alarm" ? <Icon of={alert} /> : <span class="mark" aria-hidden="true" />}
        <span class="tabular">{state.words}</span>
      </p>
      {state.hint !== "" && <p class="muted">{state.hint}</p>}
      {text && (
        <details>
          <summary>
            {t("outbox.read")}
            <span class="spoken"> {`(${subjectOf(entry)}, ${t(`channel.${entry.channel}`)}, ${name})`}</span>
          </summary>
          <div class="message-text">
            <p class="muted">{t("outbox.to", { to: text.to })}</p>
            {text.subject !== "" && (
              <p>
                <strong>{text.subject}</strong>
              </p>
            )}
            <p class="message-words">{text.text}</p>
          </div>
        </details>
      )}
    </li>
  );
}
