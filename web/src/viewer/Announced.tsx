import type { Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Person } from "../protocol";
import { Announcer, KINDS, REST_MS } from "./announcer";
import { flipOf } from "./geometry";
import { measure } from "./numbers";
import type { Screens } from "./screens";
import type { Shown } from "./viewing";
import { t } from "./words";

/** Guests are told no more often than this who shows the images: nobody follows three names in a second. */
const GUEST_LEAD_MS = 3_000;

interface Props {
  screens: Screens;
  people: Signal<Person[]>;
  /** What has happened to the lead, as long as it is news. */
  news: string;
}

/** Says to screen readers what everybody else sees change. */
export function Announced({ screens, people, news }: Props) {
  const announcer = useMemo(
    () => new Announcer((kind) => (kind === "lead" && !screens.isStaff ? GUEST_LEAD_MS : REST_MS)),
    [screens],
  );
  useEffect(() => () => announcer.stop(), [announcer]);
  const { viewing } = screens;
  const arrangement = viewing.seen.value;
  const seen = screens.current.seen.value;
  const description = viewing.state.value?.description;
  const name = people.value.find((person) => person.participant === description?.participant)?.name ?? t("somebody");
  const described = description?.text ? t("described", { name, text: description.text }) : "";
  const layout = arrangement?.layout ?? "one";
  const isLinked = arrangement?.isLinked ?? false;
  const active = screens.active.value;
  const slice = seen ? sliceInWords(seen) : "";
  const look = seen ? lookInWords(seen) : "";
  useEffect(() => {
    announcer.say("lead", news);
  }, [announcer, news]);
  useEffect(() => announcer.say("description", described), [announcer, described]);
  const told = useRef({ layout: "one", isLinked: false, active: 0 });
  useEffect(() => {
    const before = told.current;
    told.current = { layout, isLinked, active };
    const hasSeveral = layout !== "one";
    const words = [
      layout !== before.layout && t("announceLayout", { layout: t(`layout.${layout}`) }),
      hasSeveral && isLinked && !before.isLinked && t("announceLinked"),
      hasSeveral && !isLinked && before.isLinked && t("announceUnlinked"),
      hasSeveral && active !== before.active && t("announceActive", { n: active + 1 }),
    ].filter(Boolean);
    if (words.length > 0) announcer.say("layout", words.join(" "));
  }, [announcer, layout, isLinked, active]);
  useEffect(() => announcer.say("slice", slice), [announcer, slice]);
  useEffect(() => announcer.say("window", look), [announcer, look]);
  const markNews = screens.markNews.value;
  useEffect(() => announcer.say("mark", markNews), [announcer, markNews]);
  return (
    <>
      {KINDS.map((kind) => (
        <p key={kind} class="spoken" aria-live="polite" data-kind={kind}>
          {announcer.spoken(kind).value}
        </p>
      ))}
    </>
  );
}

const sliceInWords = ({ content, index, count }: Shown): string =>
  t(content === "pictures" ? "announceSlice" : "announcePlace", { n: index + 1, count });

function lookInWords(shown: Shown): string {
  const { window, quarterTurns } = shown;
  const flip = flipOf(shown);
  return [
    window && t("announceWindow", { width: measure(window.width), center: measure(window.center, window.width) }),
    quarterTurns > 0 && flip !== "over" && t("announceTurn", { degrees: quarterTurns * 90 }),
    flip && t("announceFlip"),
  ]
    .filter(Boolean)
    .join(" ");
}
