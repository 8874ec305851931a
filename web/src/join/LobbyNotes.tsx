import hourglass from "icon:hourglass";
import message from "icon:message-square";
import { timeOfDay } from "../i18n/time";
import { Icon } from "../ui/icon";
import { isQuiet, setQuiet } from "./calling";
import type { StaffMessage } from "./lobby";
import { t } from "./lobby.words";
import type { Visit } from "./visit";

/** What a message says, in the language of the page. */
export const textOf = ({ sentence, text }: StaffMessage): string => (sentence ? t(sentence) : (text ?? ""));

/** How late the visit is, which number this person is, and what staff say: the newest first. */
export function LobbyNotes({ visit }: { visit: Visit }) {
  const { lobby } = visit;
  const minutes = lobby.delayMinutes.value;
  const told = lobby.delayAt.value;
  const position = lobby.position.value;
  const messages = [...lobby.messages.value].reverse();
  return (
    <>
      {minutes > 0 && (
        <p class="notice warn">
          <Icon of={hourglass} />
          <span>
            {t("delay", { minutes })}
            {told && (
              <span class="lobby-told tabular">{t("delayTold", { time: timeOfDay(told, visit.timeZone) })}</span>
            )}
          </span>
        </p>
      )}
      {position !== undefined && (
        <p class="lobby-position">{position === 1 ? t("next") : t.count("before", position - 1)}</p>
      )}
      {messages.length > 0 && (
        <section class="lobby" aria-labelledby="lobby-title">
          <h2 id="lobby-title">
            <Icon of={message} />
            {t("title")}
          </h2>
          <ul>
            {messages.map((each) => (
              <li key={each.id}>
                <p>{textOf(each)}</p>
                <p class="muted tabular">{timeOfDay(each.at, visit.timeZone)}</p>
              </li>
            ))}
          </ul>
        </section>
      )}
      <label class="lobby-sound">
        <input type="checkbox" checked={!isQuiet.value} onChange={(event) => setQuiet(!event.currentTarget.checked)} />
        <span>{t("sound")}</span>
      </label>
    </>
  );
}
