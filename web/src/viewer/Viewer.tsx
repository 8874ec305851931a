import { effect, type Signal, useComputed, useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { Person } from "../protocol";
import type { Wire } from "../wire";
import { Announced } from "./Announced";
import type { Size } from "./geometry";
import { Hands } from "./Hands";
import { useMarks } from "./marks/useMarks";
import { type Lead, newsOfLead } from "./news";
import type { ShareProps } from "./Share";
import { Stage } from "./Stage";
import { Screens } from "./screens";
import type { ToolsProps } from "./Tools";
import { anyOf, viewingOf } from "./viewing";
import { t } from "./words";
import "./viewer.css";
import "./stage.css";

/** How long it stands over the pictures who has the lead now. */
const NEWS_MS = 3_000;

export interface ViewerProps {
  wire: Wire;
  /** This person. */
  self: string;
  /** Staff: may show and change what is seen. Guests follow and may point. */
  mayPresent: boolean;
  people: Signal<Person[]>;
  /** Without them there are the images, and what keys do. */
  hasTools?: boolean;
  /** Of how many pixels the pictures of a viewport are where they are large, when that is not here; tools count those. */
  pixelsElsewhere?(viewport: number): Size | undefined;
  /** Hears of the screens; what it answers is called when they go. */
  onScreens?(screens: Screens): () => void;
}

/** What only staff load. */
interface StaffTools {
  Tools: ComponentType<ToolsProps>;
  Share: ComponentType<ShareProps>;
}

/** What the consultation looks at: pictures for this screen, where people point, and the tools of whoever presents. */
export function Viewer(props: ViewerProps) {
  const { wire, self, mayPresent, people, hasTools = true, pixelsElsewhere, onScreens } = props;
  const viewing = useMemo(() => viewingOf(wire), [wire]);
  const screens = useMemo(() => new Screens(wire, viewing, self, mayPresent), [wire, viewing, self, mayPresent]);
  useEffect(() => screens.mount(), [screens]);
  useEffect(() => onScreens?.(screens), [screens]);
  screens.pixelsElsewhere = pixelsElsewhere;
  const staff = useSignal<StaffTools | undefined>(undefined);
  useEffect(() => {
    if (!mayPresent) return;
    void Promise.all([import("./Tools"), import("./Share")]).then(([{ Tools }, { Share }]) => {
      staff.value = { Tools, Share };
    });
  }, [mayPresent, staff]);
  const news = useNews(wire, screens, people);
  const { layer, hands, List } = useMarks(screens);

  const state = viewing.state.value;
  const shown = anyOf(viewing.seen.value);
  const isOwn = viewing.isOwn.value;
  const nameOf = (participant: string | undefined) =>
    people.value.find((person) => person.participant === participant)?.name ?? t("somebody");
  const description = state?.description;
  const hasSeveral = (viewing.seen.value?.viewports.length ?? 1) > 1;
  const { Tools, Share } = staff.value ?? {};
  return (
    <section class="viewer" data-ground="dark" aria-label={t("viewer")}>
      <div class="viewer-stage" data-layout={viewing.seen.value?.layout ?? "one"}>
        <Stage screens={screens} people={people} presenter={state?.presenter} Marks={layer?.Marks} />
        <Notes wire={wire} news={news} isOwn={isOwn} />
      </div>
      {hasSeveral && <p class="viewer-warning below">{t("notDiagnostic")}</p>}
      {description?.text && (
        <p class="viewer-description">
          {t("described", { name: nameOf(description.participant), text: description.text })}
        </p>
      )}
      {hasTools && hands && shown && <hands.MarkStrip screens={screens} people={people} />}
      {hasTools && Tools && screens.isSteering.value && <Tools screens={screens} />}
      {hasTools && Share && (shown || isOwn || state?.presenter !== undefined) && (
        <Share screens={screens} people={people}>
          {hands && shown && <hands.MarkTools screens={screens} people={people} List={List} />}
        </Share>
      )}
      {!mayPresent && shown && screens.marking.value?.isBusy.value !== true && (
        <div class="viewer-status">
          <p>
            {state?.presenter === undefined
              ? t("nobodyShows", { title: shown.title || t("aFile") })
              : `${t("theyShow", { name: nameOf(state.presenter), title: shown.title || t("aFile") })} ${t("youFollow")}`}
          </p>
          <Hands screens={screens} mayPoint />
          {hands && <hands.MarkTools screens={screens} people={people} />}
        </div>
      )}
      <Announced screens={screens} people={people} news={news} />
      {layer && <layer.MarkNews screens={screens} people={people} />}
    </section>
  );
}

/** What has just happened to the lead, or to what was on show; "" when it is no news any more. */
function useNews(wire: Wire, screens: Screens, people: Signal<Person[]>): string {
  const news = useSignal("");
  useEffect(() => {
    let before: Lead | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (text: string) => {
      news.value = text;
      clearTimeout(timer);
      timer = setTimeout(() => {
        news.value = "";
      }, NEWS_MS);
    };
    const ignore = wire.on("series_withdrawn", () => tell(t("withdrawn")));
    const stop = effect(() => {
      const state = screens.viewing.state.value;
      if (!state) return;
      const { self, isStaff, hasWithdrawn } = screens;
      const text = newsOfLead(before, state, {
        self,
        isStaff,
        hasWithdrawn,
        mayAnswer: state.presenter === self || state.hosts.includes(self),
        nameOf: (participant) =>
          people.peek().find((person) => person.participant === participant)?.name ?? t("somebody"),
      });
      before = state;
      if (text !== undefined) tell(text);
    });
    return () => {
      stop();
      ignore();
      clearTimeout(timer);
    };
  }, [wire, screens, people]);
  return news.value;
}

/** What concerns all viewports, over them. Screen readers are told the news elsewhere, and in their time. */
function Notes({ wire, news, isOwn }: { wire: Wire; news: string; isOwn: boolean }) {
  const isLost = useComputed(() => wire.state.value === "lost" || wire.state.value === "connecting");
  return (
    <>
      {isOwn && <p class="viewer-banner">{t("ownView")}</p>}
      <div class="viewer-notes" role="status">
        {isLost.value && <p>{t("lost")}</p>}
      </div>
      {news && !isLost.value && (
        <div class="viewer-notes" aria-hidden="true">
          <p>{news}</p>
        </div>
      )}
    </>
  );
}
