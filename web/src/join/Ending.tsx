import { AfterPart } from "./asked";
import { t as tl } from "./lobby.words";
import { Frame, Telephone } from "./parts";
import type { Over, Visit } from "./visit";
import { sentenceOf, t } from "./words";

/** The page's part is over: why, and what can be done now. */
export function Ending({ visit, over }: { visit: Visit; over: Over }) {
  switch (over.why) {
    case "left":
    case "taken_over":
      return (
        <Frame visit={visit} title={t(`over.${over.why}.title`)}>
          <p>{t(`over.${over.why}.text`)}</p>
          <button type="button" class="button primary wide" onClick={() => visit.comeBack()}>
            {t(`over.${over.why}.again`)}
          </button>
        </Frame>
      );
    case "removed": {
      const farewell = visit.lobby.farewell.value;
      if (farewell)
        return (
          <Frame visit={visit} title={tl("farewell.title")}>
            <p>{tl(`farewell.${farewell}`)}</p>
            <Telephone visit={visit} isButton />
          </Frame>
        );
      return (
        <Frame visit={visit} title={t("over.removed.title")}>
          <p>{t("over.removed.text")}</p>
          <Telephone visit={visit} isButton />
        </Frame>
      );
    }
    case "ended":
      if (over.isCancelled)
        return (
          <Frame visit={visit} title={t("closed.cancelled.title")}>
            <p>{t("closed.cancelled.text")}</p>
            <Telephone visit={visit} isButton />
          </Frame>
        );
      return (
        <Frame visit={visit} title={t("over.ended.title")}>
          {over.outcome && over.outcome !== "completed" && <p>{t(`over.${over.outcome}`)}</p>}
          <p>{t("over.ended.text")}</p>
          <AfterPart visit={visit} />
        </Frame>
      );
    case "refused":
      return (
        <Frame visit={visit} title={t("over.refused.title")}>
          <p>{sentenceOf(over.code)}</p>
          <button type="button" class="button primary wide" onClick={() => location.reload()}>
            {t("reload")}
          </button>
          <Telephone visit={visit} isButton />
        </Frame>
      );
  }
}
