import arrowLeft from "icon:arrow-left";
import volume from "icon:volume-2";
import { useSignal, useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { keepAwake } from "../../call/awake";
import type { Call } from "../../call/call";
import { type Feed, feedsOf, IMAGES } from "../../call/feeds";
import { ChatPanel } from "../../call/parts/ChatPanel";
import { Happened } from "../../call/parts/Happened";
import { NewMessage, Notices, Outgoing, TelephoneBanner } from "../../call/parts/Notices";
import { useCallNews, useTell } from "../../call/parts/news";
import { useWatched } from "../../call/parts/useWatched";
import { Voices } from "../../call/parts/Voices";
import { tc } from "../../call/parts/words";
import { timeOfDay } from "../../i18n/time";
import { Icon } from "../../ui/icon";
import { keyImagesOf } from "../../viewer/key-images";
import { Viewer } from "../../viewer/Viewer";
import { anyOf, viewingOf } from "../../viewer/viewing";
import { nameOf } from "../agenda/agenda";
import { Alarm } from "../agenda/alarm";
import { Dialog, Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { useClock, usePage, usePicture } from "../parts/hooks";
import { AfterVisit } from "../report/AfterVisit";
import { NotesPanel } from "../report/NotesPanel";
import { Notes } from "../report/notes";
import { t as tr } from "../report/report.words";
import { Summary } from "../summary/Summary";
import { SecondScreens } from "../view/beside";
import { SecondScreenButton, SecondScreenNotes } from "../view/SecondScreen";
import { facts } from "../who";
import { sentenceOf, t } from "../words";
import { CallBar } from "./CallBar";
import { Check, DeviceFault } from "./Check";
import { filesOf, hasFiles } from "./drop";
import { KeyImages, keepInWords } from "./KeyImages";
import { t as tk } from "./key-images.words";
import { DevicesDialog } from "./More";
import { OpenAlone } from "./OpenAlone";
import { People, WaitingNow } from "./People";
import { SeriesStrip } from "./SeriesStrip";
import { Splitter, useSplit } from "./Splitter";
import { Studies } from "./Studies";
import { UploadReport } from "./UploadReport";
import { Uploads } from "./uploads";
import { Videos } from "./Videos";
import { type Over, Visit } from "./visit";
import "./consultation.css";
import { FollowUp } from "./FollowUp";

export function Consultation({ appointment }: { appointment: string }) {
  const { query, path, route } = useLocation();
  // Once: whoever loads the page again, or takes it back, is there already.
  const asked = useRef(query.show);
  const isAsked = query.show !== undefined;
  useEffect(() => {
    if (isAsked) route(path, true);
  }, [isAsked, path, route]);
  // A visit that was taken over is taken back by a new one.
  const round = useSignal(0);
  const uploads = useMemo(() => new Uploads(appointment), [appointment]);
  useEffect(() => () => uploads.stop(), [uploads]);
  return (
    <Round
      key={round.value}
      appointment={appointment}
      uploads={uploads}
      admit={query.admit}
      asked={asked.current}
      again={() => {
        asked.current = undefined;
        round.value++;
      }}
    />
  );
}

interface RoundProps {
  appointment: string;
  uploads: Uploads;
  admit: string | undefined;
  /** A series: this person goes in at once, and looks at it alone. */
  asked: string | undefined;
  again(): void;
}

function Round({ appointment, uploads, admit, asked, again }: RoundProps) {
  const visit = useMemo(() => new Visit(appointment, uploads), [appointment, uploads]);
  useEffect(() => () => visit.close(), [visit]);
  const entry = visit.entry.value;
  const heading = usePage(entry ? nameOf(entry) : t("visit.title"));
  const phase = visit.phase.value;
  const over = visit.over.value;
  const isEntering = useSignal(asked !== undefined);
  const mayEnter = asked !== undefined && phase === "check";
  useEffect(() => {
    if (!mayEnter) return;
    void visit.enter(undefined).then(() => {
      isEntering.value = false;
    });
  }, [visit, mayEnter, isEntering]);
  useEffect(() => {
    document.documentElement.dataset.ground = phase === "in" ? "dark" : "light";
    return () => {
      delete document.documentElement.dataset.ground;
    };
  }, [phase]);

  if (over) return <OverPage visit={visit} over={over} again={again} />;
  if (phase === "in") return <Room visit={visit} asked={asked} />;
  return (
    <>
      <Header />
      <main class="narrow" id="content">
        <a class="back" href="/app">
          <Icon of={arrowLeft} />
          {t("app.toAgenda")}
        </a>
        <h1 ref={heading} tabIndex={-1}>
          {t("check.title")}
        </h1>
        {entry && <Title visit={visit} />}
        {phase === "connecting" || isEntering.value ? <Connecting /> : <Check visit={visit} admit={admit} />}
      </main>
    </>
  );
}

function Connecting() {
  const begun = useRef(Date.now());
  const isSlow = useClock() - begun.current > 8_000;
  return <p role="status">{isSlow ? t("visit.slow") : t("visit.connecting")}</p>;
}

function Title({ visit }: { visit: Visit }) {
  const entry = visit.entry.value;
  const zone = facts.value?.timeZone ?? "UTC";
  if (!entry) return null;
  return (
    <p>{t("visit.with", { name: nameOf(entry), time: timeOfDay(entry.startsAt, zone), service: entry.service })}</p>
  );
}

function OverPage({ visit, over, again }: { visit: Visit; over: Over; again(): void }) {
  const { appointment } = visit;
  const heading = usePage(t("visit.title"));
  return (
    <>
      <Header />
      <main class="narrow" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {over.why === "ended"
            ? t("visit.ended")
            : over.why === "left"
              ? t("visit.left")
              : over.why === "taken_over"
                ? t("visit.takenOver")
                : t("visit.refused")}
        </h1>
        {over.why === "ended" && (
          <p>
            {over.outcome ? `${t(`outcome.${over.outcome}`)}. ` : ""}
            {t("visit.endedHint")}
          </p>
        )}
        <UploadReport visit={visit} />
        {over.why === "ended" && <AfterVisit appointment={appointment} />}
        {over.why === "refused" && <Fault text={sentenceOf(over.code)} />}
        <div class="actions start">
          <a class="button primary" href="/app">
            {t("app.backToAgenda")}
          </a>
          {over.why === "ended" && (
            <>
              <a class="button" href={`/app/report/${encodeURIComponent(appointment)}`}>
                {tr("open")}
              </a>
              <a class="button" href={`/app/summary/${encodeURIComponent(appointment)}`}>
                {tk("summary")}
              </a>
            </>
          )}
          {over.why === "ended" && <FollowUp appointment={appointment} />}
          {over.why !== "ended" && (
            <button type="button" class="button" onClick={again}>
              {over.why === "taken_over"
                ? t("visit.takeBack")
                : over.why === "left"
                  ? t("visit.comeBack")
                  : t("app.retry")}
            </button>
          )}
        </div>
      </main>
    </>
  );
}

/** The reading room: images on the left; people, studies and the call on the right. */
function Room({ visit, asked }: { visit: Visit; asked: string | undefined }) {
  const { call, wire } = visit;
  const tab = useSignal<Tab>("people");
  const isDropping = useSignal(false);
  /** Images, or which of the feeds is in front. */
  const stage = useSignal<string>(IMAGES);
  const said = useSignal("");
  const isChoosing = useSignal(false);
  const isSummarising = useSignal(false);
  const split = useSplit();
  const notes = useMemo(() => Notes.of(visit.appointment), [visit]);
  useEffect(() => () => notes.close(), [notes]);
  const second = useMemo(() => new SecondScreens(visit.appointment), [visit]);
  useEffect(() => second.mount(call.isInCall), [second, call]);
  const people = call.people.value;
  const self = call.self.participant;
  const feeds = feedsOf(call, people);
  const front = feeds.find((feed) => feed.key === stage.value);
  const entry = visit.entry.value;
  const heading = usePage(entry ? nameOf(entry) : t("visit.title"));
  useEffect(keepAwake, []);
  const alarm = useRef(new Alarm());
  const waitingIds = visit.waiting.map((each) => each.participant).join(" ");
  useEffect(() => {
    alarm.current.update(waitingIds === "" ? [] : waitingIds.split(" "));
  }, [waitingIds]);

  const tell = useTell((text) => {
    said.value = text;
  });
  useCallNews(call, wire, tell);

  // What somebody begins to show comes to the front, unless images are being looked at.
  const known = useRef("");
  useSignalEffect(() => {
    const keys = feedsOf(call, call.people.value).map((feed) => feed.key);
    const fresh = keys.find((key) => !known.current.split("\n").includes(key));
    if (fresh !== undefined && !anyOf(viewingOf(wire).seen.peek())) stage.value = fresh;
    if (!keys.includes(stage.peek())) stage.value = IMAGES;
    known.current = keys.join("\n");
  });

  useEffect(() => {
    let depth = 0;
    const controller = new AbortController();
    const on = (type: "dragenter" | "dragover" | "dragleave" | "drop", f: (event: DragEvent) => void) =>
      document.addEventListener(
        type,
        (event) => {
          if (!hasFiles(event.dataTransfer)) return;
          event.preventDefault();
          f(event);
        },
        { signal: controller.signal },
      );
    const over = (by: number) => {
      depth = Math.max(0, depth + by);
      isDropping.value = depth > 0;
    };
    on("dragenter", () => over(1));
    on("dragleave", () => over(-1));
    on("dragover", () => undefined);
    on("drop", (event) => {
      over(-depth);
      if (!event.dataTransfer) return;
      tab.value = "studies";
      void filesOf(event.dataTransfer).then((files) => visit.uploads.add(files));
    });
    return () => controller.abort();
  }, [visit, tab, isDropping]);

  const media = call.media.value;
  const hasOthers = people.some((each) => each.participant !== self && each.place.state === "in_call");
  return (
    <div class="room" data-ground="dark" ref={split.container}>
      <header class="room-head">
        <button type="button" class="button" onClick={() => void visit.leave()}>
          <Icon of={arrowLeft} />
          {t("visit.leave")}
        </button>
        <h1 ref={heading} tabIndex={-1}>
          {entry ? nameOf(entry) : t("visit.title")}
        </h1>
        {entry && (
          <p class="muted">
            {timeOfDay(entry.startsAt, facts.value?.timeZone ?? "UTC")} · {entry.service}
          </p>
        )}
        {facts.value?.isDemo && <p class="room-demo">{t("app.demo")}</p>}
        <SecondScreenButton screens={second} />
      </header>
      <main class="room-stage" id="content">
        {feeds.length > 0 && (
          <fieldset class="stage-choice">
            <legend class="spoken">{tc("stage.label")}</legend>
            {[undefined, ...feeds].map((feed) => (
              <button
                key={feed?.key ?? IMAGES}
                type="button"
                class="button"
                aria-pressed={stage.value === (feed?.key ?? IMAGES)}
                onClick={() => {
                  stage.value = feed?.key ?? IMAGES;
                }}
              >
                {feed ? labelOf(feed) : tc("stage.images")}
              </button>
            ))}
          </fieldset>
        )}
        {front && <FeedPicture key={front.key} call={call} feed={front} />}
        <SecondScreenNotes screens={second} />
        <div
          class={`stage-viewer${front ? " behind" : ""}${second.isOpen.value && !second.isHereToo.value ? " elsewhere" : ""}`}
        >
          <Viewer
            wire={wire}
            self={self}
            mayPresent
            people={call.people}
            pixelsElsewhere={(viewport) => second.pixelsOf(viewport)}
          />
        </div>
        <SeriesStrip visit={visit} />
      </main>
      <Splitter split={split} />
      <aside class="room-side">
        <div class="room-notes">
          <p class="spoken" role="status">
            {said.value}
          </p>
          <TelephoneBanner
            call={call}
            zone={facts.value?.timeZone ?? "UTC"}
            onBack={() => void visit.ask({ type: "telephone", isOver: true })}
          />
          <Happened wire={wire} tell={tell} />
          <Notices
            call={call}
            wire={wire}
            devices={visit.devices}
            tell={tell}
            onDevices={() => {
              isChoosing.value = true;
            }}
          />
          {media === "connecting" && hasOthers && !call.telephone.value && wire.state.value === "open" && (
            <p class="notice info" role="status">
              {t("visit.mediaConnecting")}
            </p>
          )}
          {visit.problem.value && <Fault text={sentenceOf(visit.problem.value)} />}
          <KeepNotice visit={visit} />
          {asked !== undefined && <OpenAlone visit={visit} series={asked} />}
        </div>
        <WaitingNow visit={visit} />
        <Videos visit={visit} />
        <Voices
          call={call}
          blocked={(play) => (
            <div class="notice warn" role="alert">
              <p>{t("visit.listenWhy")}</p>
              <button type="button" class="button primary" onClick={play}>
                <Icon of={volume} />
                {t("visit.listen")}
              </button>
            </div>
          )}
        />
        {tab.value !== "chat" && (
          <Outgoing
            call={call}
            tell={tell}
            sentenceOf={sentenceOf}
            onOpen={() => {
              tab.value = "chat";
            }}
          />
        )}
        {tab.value !== "chat" && (
          <NewMessage
            call={call}
            onRead={() => {
              tab.value = "chat";
            }}
          />
        )}
        <Tabs
          tab={tab.value}
          waiting={visit.waiting.length}
          unread={call.chat.unread.value}
          choose={(which) => (tab.value = which)}
        />
        <div class="room-tab" role="tabpanel" id={`panel-${tab.value}`} aria-labelledby={`tab-${tab.value}`}>
          <DeviceFault kind="microphone" state={visit.devices.microphone.value} />
          <DeviceFault kind="camera" state={visit.devices.camera.value} />
          {tab.value === "people" ? (
            <People visit={visit} />
          ) : tab.value === "studies" ? (
            <Studies visit={visit} />
          ) : tab.value === "images" ? (
            <KeyImages
              visit={visit}
              onSummary={() => {
                isSummarising.value = true;
              }}
            />
          ) : tab.value === "notes" ? (
            <NotesPanel notes={notes} />
          ) : (
            <ChatPanel call={call} files={visit.files} zone={facts.value?.timeZone ?? "UTC"} sentenceOf={sentenceOf} />
          )}
        </div>
        <CallBar visit={visit} />
      </aside>
      {isChoosing.value && (
        <DevicesDialog
          visit={visit}
          onClose={() => {
            isChoosing.value = false;
          }}
        />
      )}
      {isSummarising.value && (
        <SummaryDialog
          visit={visit}
          onClose={() => {
            isSummarising.value = false;
          }}
        />
      )}
      {isDropping.value && (
        <div class="room-drop">
          <p>{t("studies.dropNow")}</p>
        </div>
      )}
    </div>
  );
}

/** What became of the image that was kept last: the key that keeps it is pressed in the images. */
function KeepNotice({ visit }: { visit: Visit }) {
  const words = keepInWords(keyImagesOf(visit.wire).news.value);
  return (
    <div role="status" class="keep-notice">
      {words !== "" && <p class="notice info">{words}</p>}
    </div>
  );
}

/** The summary over the consultation, which goes on behind it. */
function SummaryDialog({ visit, onClose }: { visit: Visit; onClose(): void }) {
  return (
    <Dialog title={tk("summary")} isWide onClose={onClose}>
      <Summary appointment={visit.appointment} images={keyImagesOf(visit.wire).items.value} files={visit.files} />
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("app.close")}
        </button>
      </div>
    </Dialog>
  );
}

const labelOf = ({ source, person }: Feed): string => tc(`stage.${source}`, { name: person.name });

function FeedPicture({ call, feed }: { call: Call; feed: Feed }) {
  const element = useWatched(call, feed.person.participant, feed.source);
  const video = usePicture(feed.track);
  return (
    <div class="stage-feed" ref={element as RefObject<HTMLDivElement>}>
      <video ref={video} class="stage-screen" playsInline muted autoplay aria-label={labelOf(feed)} />
    </div>
  );
}

type Tab = "people" | "studies" | "images" | "notes" | "chat";
const TABS: readonly Tab[] = ["people", "studies", "images", "notes", "chat"];

interface TabsProps {
  tab: Tab;
  waiting: number;
  unread: number;
  choose(tab: Tab): void;
}

function Tabs(props: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  return (
    <div
      ref={list}
      class="tabs"
      role="tablist"
      aria-label={t("tabs.label")}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        const other = TABS[(TABS.indexOf(props.tab) + step + TABS.length) % TABS.length] ?? "people";
        props.choose(other);
        list.current?.querySelector<HTMLElement>(`#tab-${other}`)?.focus();
      }}
    >
      {TABS.map((which) => (
        <button
          key={which}
          type="button"
          role="tab"
          id={`tab-${which}`}
          aria-selected={props.tab === which}
          aria-controls={`panel-${which}`}
          tabIndex={props.tab === which ? 0 : -1}
          onClick={() => props.choose(which)}
        >
          {which === "chat"
            ? tc("chat.title")
            : which === "images"
              ? tk("tab")
              : which === "notes"
                ? tr("notes.tab")
                : t(`tabs.${which}`)}
          {which === "people" && props.waiting > 0 && (
            <span class="badge">
              <span aria-hidden="true">{props.waiting}</span>
              <span class="spoken"> {t.count("agenda.titleWaiting", props.waiting)}</span>
            </span>
          )}
          {which === "chat" && props.unread > 0 && (
            <span class="badge">
              <span aria-hidden="true">{props.unread}</span>
              <span class="spoken">{tc.count("chat.unread", props.unread)}</span>
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
