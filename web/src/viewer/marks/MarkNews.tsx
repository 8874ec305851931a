import { effect, type ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Person } from "../../protocol";
import type { Screens } from "../screens";
import type { KnownMarks } from "./book";
import { t } from "./marks.words";
import { newsOfMarks, told } from "./news";

/** How long it is news what has become of a mark. */
const NEWS_MS = 3_000;

interface Props {
  screens: Screens;
  people: ReadonlySignal<readonly Person[]>;
}

/** Listens to what becomes of marks, and has it told to screen readers. Draws nothing. */
export function MarkNews({ screens, people }: Props) {
  useEffect(() => {
    const { viewing, markNews, self } = screens;
    let before: KnownMarks | undefined;
    let wereShown: boolean | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = effect(() => {
      const known = viewing.marks.known.value;
      const areShown = viewing.state.value?.hasMarks;
      const nameOf = (participant: string) =>
        people.peek().find((person) => person.participant === participant)?.name ?? t("somebody");
      const seen = viewing.seen.peek()?.viewports ?? [];
      const isSwitched = wereShown !== undefined && areShown !== undefined && wereShown !== areShown;
      const switched = isSwitched && known.all.size > 0 ? t(areShown ? "shown" : "hidden") : undefined;
      const drawn = before && areShown !== false ? newsOfMarks(before, known, { self, nameOf, seen }) : undefined;
      before = told(before, known);
      wereShown = areShown ?? wereShown;
      const text = switched ?? drawn;
      if (text === undefined) return;
      markNews.value = text;
      clearTimeout(timer);
      timer = setTimeout(() => {
        markNews.value = "";
      }, NEWS_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
      markNews.value = "";
    };
  }, [screens, people]);
  return null;
}
