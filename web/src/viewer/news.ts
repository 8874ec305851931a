import type { ViewingState } from "./viewing";
import { t } from "./words";

/** What of the state decides who leads. */
export type Lead = Pick<ViewingState, "presenter" | "isPresenterLost" | "asking">;

interface Reader {
  self: string;
  isStaff: boolean;
  /** May answer whoever asks for the lead. */
  mayAnswer: boolean;
  /** Does not want the lead any more. */
  hasWithdrawn: boolean;
  nameOf(participant: string): string;
}

/**
 * What has happened to the lead, for whoever reads it: plain words for guests. Nothing at the beginning, when whoever leads is
 * said anyway.
 */
export function newsOfLead(before: Lead | undefined, now: Lead, reader: Reader): string | undefined {
  if (!before) return undefined;
  const { self, isStaff, nameOf } = reader;
  const presenter = now.presenter;
  if (presenter !== before.presenter) {
    if (presenter === self) return t("leadYours");
    if (presenter !== undefined) return t(isStaff ? "leadTheirs" : "leadTheirsPlain", { name: nameOf(presenter) });
    return t(isStaff ? "leadNobodys" : "leadNobodysPlain");
  }
  if (presenter !== undefined && now.isPresenterLost !== before.isPresenterLost) {
    if (presenter === self) return undefined;
    const name = nameOf(presenter);
    if (!now.isPresenterLost) return t("leadBack", { name });
    return t(isStaff ? "leadLost" : "leadLostPlain", { name });
  }
  if (!isStaff) return undefined;
  if (before.asking.includes(self) && !now.asking.includes(self))
    return reader.hasWithdrawn ? undefined : t("leadNotGiven");
  const asks = now.asking.find((each) => each !== self && !before.asking.includes(each));
  return asks !== undefined && reader.mayAnswer ? t("leadAsked", { name: nameOf(asks) }) : undefined;
}
