import { dayInWords, isoDay, timeOfDay } from "../../i18n/time";
import type { MessageEntry } from "../../protocol";
import { t } from "./messages.words";

/** "à 14 h 30" today, "le lundi 30 novembre à 14 h 30" on other days. */
export function whenInWords(at: string, zone: string, now: number): string {
  const time = timeOfDay(at, zone);
  if (isoDay(new Date(at), zone) === isoDay(new Date(now), zone)) return t("at", { time });
  return t("onDay", { day: dayInWords(at, zone), time });
}

/** What a message is. */
export function subjectOf(message: MessageEntry): string {
  if (message.kind === "late" && message.minutes !== undefined) return t("kind.lateBy", { minutes: message.minutes });
  return t(`kind.${message.kind}`);
}

export type Tone = "good" | "waits" | "alarm" | "quiet";

/** What became of it, and what can be done. */
export function stateOf(message: MessageEntry, zone: string, now: number): { words: string; hint: string; tone: Tone } {
  const when = whenInWords(message.at, zone, now);
  switch (message.state) {
    case "waiting":
      return { words: t("state.waiting", { when }), hint: "", tone: "waits" };
    case "queued":
      return message.failed === undefined
        ? { words: t("state.queued"), hint: "", tone: "waits" }
        : { words: t("state.again", { when }), hint: t(`failed.${message.failed}`), tone: "waits" };
    case "sent":
      return { words: t("state.sent", { when }), hint: "", tone: "good" };
    case "failed": {
      const isOver = message.failed === "not_now" || message.failed === "unreachable";
      const hint = message.failed === undefined ? "" : t(isOver ? "failed.over" : `failed.${message.failed}`);
      return { words: t("state.failed"), hint, tone: message.isAlarming ? "alarm" : "quiet" };
    }
    case "dropped":
      return {
        words: t("state.dropped"),
        hint: message.dropped === undefined ? "" : t(`dropped.${message.dropped}`),
        tone: "quiet",
      };
    case "bounced":
      return { words: t("state.bounced"), hint: t("bouncedHint"), tone: "alarm" };
  }
}
