import type { MarkState } from "../../protocol";
import type { Shown } from "../viewing";
import type { KnownMarks } from "./book";
import { t } from "./marks.words";
import { isMeasuring } from "./measure";
import { valueInWords, whatOf } from "./values";

interface Reader {
  self: string;
  nameOf(participant: string): string;
  /** What is on this person's screen: of other frames they hear nothing. */
  seen: readonly (Shown | null)[];
}

const isSeen = (seen: Reader["seen"], mark: MarkState): boolean =>
  seen.some((shown) => shown?.instance === mark.instance && shown.frame === mark.frame);

/** What a mark is, in a sentence. */
const aMark = (mark: MarkState): string => (mark.number === undefined ? t(`a.${mark.shape}`) : whatOf(mark));

/** What it measures comes later than the mark, and is said with it. */
const isPending = (mark: MarkState): boolean => isMeasuring(mark.shape) && mark.measured === undefined;

/** What has been told by now: marks that are still measured are as they were told before. */
export function told(before: KnownMarks | undefined, now: KnownMarks): KnownMarks {
  if (before?.era !== now.era) return now;
  const all = new Map(now.all);
  for (const mark of now.all.values()) {
    if (!isPending(mark)) continue;
    const was = before.all.get(mark.mark);
    if (was) all.set(mark.mark, was);
    else all.delete(mark.mark);
  }
  return { all, era: now.era };
}

/** What has become of the marks on the screen, for whoever hears it; undefined when nothing has. */
export function newsOfMarks(before: KnownMarks, now: KnownMarks, reader: Reader): string | undefined {
  if (before.era !== now.era) return undefined;
  const sentences: string[] = [];
  for (const mark of now.all.values()) {
    const was = before.all.get(mark.mark);
    if (mark === was || isPending(mark) || !isSeen(reader.seen, mark)) continue;
    const isAlike = was && was.text === mark.text && JSON.stringify(was.points) === JSON.stringify(mark.points);
    if (!isAlike) sentences.push(sentenceOf(mark, was ? "changed" : "added", reader));
  }
  for (const mark of before.all.values())
    if (!now.all.has(mark.mark) && isSeen(reader.seen, mark))
      sentences.push(
        mark.participant === reader.self
          ? t("youRemoved", { what: whatOf(mark) })
          : t("removed", { what: whatOf(mark), name: reader.nameOf(mark.participant) }),
      );
  return sentences.length > 1 ? t("several", { n: sentences.length }) : sentences[0];
}

function sentenceOf(mark: MarkState, become: "added" | "changed", { self, nameOf }: Reader): string {
  const what = aMark(mark);
  const value = isMeasuring(mark.shape) || mark.text ? valueInWords(mark) : "";
  const isOwn = mark.participant === self;
  const name = nameOf(mark.participant);
  if (isOwn)
    return value
      ? t(become === "added" ? "youAddedValue" : "youChangedValue", { what, value })
      : t(become === "added" ? "youAdded" : "youChanged", { what });
  return value
    ? t(become === "added" ? "addedValue" : "changedValue", { name, what, value })
    : t(become === "added" ? "added" : "changed", { name, what });
}
