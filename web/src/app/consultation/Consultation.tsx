import arrowLeft from "icon:arrow-left";
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { keepAwake } from "../../call/awake";
import { timeOfDay } from "../../i18n/time";
import { Icon } from "../../ui/icon";
import { Viewer } from "../../viewer/Viewer";
import { viewingOf } from "../../viewer/viewing";
import { nameOf } from "../agenda/agenda";
import { Alarm } from "../agenda/alarm";
import { Fault } from "../parts/Dialog";
import { Header } from "../parts/Header";
import { useClock, usePage, usePicture } from "../parts/hooks";
import { facts } from "../who";
import { sentenceOf, t } from "../words";
import { CallBar } from "./CallBar";
import { Check, DeviceFault } from "./Check";
import { filesOf, hasFiles } from "./drop";
import { People, WaitingNow } from "./People";
import { SeriesStrip } from "./SeriesStrip";
import { Splitter, useSplit } from "./Splitter";
import { Studies } from "./Studies";
import { Sounds, Videos } from "./Videos";
import { type Over, Visit } from "./visit";
import "./consultation.css";

export function Consultation({ appointment }: { appointment: string }) {
  const { query } = useLocation();
  // A visit that was taken over is taken back by a new one.
  const round = useSignal(0);
  return <Round key={round.value} appointment={appointment} admit={query.admit} again={() => round.value++} />;
}

function Round({ appointment, admit, again }: { appointment: string; admit: string | undefined; again(): void }) {
  const visit = useMemo(() => new Visit(appointment), [appointment]);
  useEffect(() => () => visit.close(), [visit]);
  const entry = visit.entry.value;
  const heading = usePage(entry ? nameOf(entry) : t("visit.title"));
  const phase = visit.phase.value;
  const over = visit.over.value;
  useEffect(() => {
    document.documentElement.dataset.ground = phase === "in" ? "dark" : "light";
    return () => {
      delete document.documentElement.dataset.ground;
    };
  }, [phase]);

  if (over) return <OverPage over={over} again={again} />;
  if (phase === "in") return <Room visit={visit} />;
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
        {phase === "connecting" ? <Connecting /> : <Check visit={visit} admit={admit} />}
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

function OverPage({ over, again }: { over: Over; again(): void }) {
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
        {over.why === "refused" && <Fault text={sentenceOf(over.code)} />}
        <div class="actions start">
          <a class="button primary" href="/app">
            {t("app.backToAgenda")}
          </a>
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
function Room({ visit }: { visit: Visit }) {
  const { call, wire } = visit;
  const tab = useSignal<"people" | "studies">("people");
  const isDropping = useSignal(false);
  const stage = useSignal<"images" | "screen">("images");
  const split = useSplit();
  const people = call.people.value;
  const self = call.self.participant;
  const sharing = [...call.remote.value].find(([, sources]) => sources.screen);
  const entry = visit.entry.value;
  const heading = usePage(entry ? nameOf(entry) : t("visit.title"));
  useEffect(keepAwake, []);
  const alarm = useRef(new Alarm());
  const waitingIds = visit.waiting.map((each) => each.participant).join(" ");
  useEffect(() => {
    alarm.current.update(waitingIds === "" ? [] : waitingIds.split(" "));
  }, [waitingIds]);

  // A screen that begins to be shared comes to the front, unless images are being looked at.
  const wasSharing = useRef(false);
  const hasScreen = sharing !== undefined;
  useSignalEffect(() => {
    const isSharing = [...call.remote.value.values()].some((sources) => sources.screen);
    if (isSharing && !wasSharing.current && !viewingOf(wire).state.peek()?.shown) stage.value = "screen";
    if (!isSharing) stage.value = "images";
    wasSharing.current = isSharing;
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

  const isLost = wire.state.value !== "open";
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
      </header>
      <main class="room-stage" id="content">
        {hasScreen && sharing && (
          <fieldset class="stage-choice">
            <legend class="spoken">{t("stage.label")}</legend>
            {(["images", "screen"] as const).map((which) => (
              <button
                key={which}
                type="button"
                class="button"
                aria-pressed={stage.value === which}
                onClick={() => {
                  stage.value = which;
                }}
              >
                {which === "images"
                  ? t("stage.images")
                  : t("stage.screen", { name: people.find((each) => each.participant === sharing[0])?.name ?? "" })}
              </button>
            ))}
          </fieldset>
        )}
        {stage.value === "screen" && sharing?.[1].screen && <ScreenPicture track={sharing[1].screen} />}
        <div class={`stage-viewer${stage.value === "screen" ? " behind" : ""}`}>
          <Viewer wire={wire} call={call} self={self} mayPresent people={call.people} />
        </div>
        <SeriesStrip visit={visit} />
      </main>
      <Splitter split={split} />
      <aside class="room-side">
        <div class="room-notes">
          <div role="status">
            {isLost ? (
              <p class="notice warn">{t("visit.lost")}</p>
            ) : media === "lost" ? (
              <p class="notice warn">{t("visit.mediaLost")}</p>
            ) : media === "connecting" && hasOthers ? (
              <p class="notice info">{t("visit.mediaConnecting")}</p>
            ) : null}
          </div>
          {visit.problem.value && <Fault text={sentenceOf(visit.problem.value)} />}
          {call.screenTrack.value && <p class="notice info">{t("bar.youShareScreen")}</p>}
        </div>
        <WaitingNow visit={visit} />
        <Videos visit={visit} />
        <Sounds call={call} />
        <Tabs tab={tab.value} waiting={visit.waiting.length} choose={(which) => (tab.value = which)} />
        <div class="room-tab" role="tabpanel" id={`panel-${tab.value}`} aria-labelledby={`tab-${tab.value}`}>
          <DeviceFault kind="microphone" state={visit.devices.microphone.value} />
          <DeviceFault kind="camera" state={visit.devices.camera.value} />
          {tab.value === "people" ? <People visit={visit} /> : <Studies visit={visit} />}
        </div>
        <CallBar visit={visit} />
      </aside>
      {isDropping.value && (
        <div class="room-drop">
          <p>{t("studies.dropNow")}</p>
        </div>
      )}
    </div>
  );
}

function ScreenPicture({ track }: { track: MediaStreamTrack }) {
  const video = usePicture(track);
  return <video ref={video} class="stage-screen" playsInline muted autoplay />;
}

const TABS = ["people", "studies"] as const;

function Tabs(props: { tab: "people" | "studies"; waiting: number; choose(tab: "people" | "studies"): void }) {
  const list = useRef<HTMLDivElement>(null);
  return (
    <div
      ref={list}
      class="tabs"
      role="tablist"
      aria-label={t("tabs.label")}
      onKeyDown={(event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        event.preventDefault();
        const other = props.tab === "people" ? "studies" : "people";
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
          {t(`tabs.${which}`)}
          {which === "people" && props.waiting > 0 && (
            <span class="badge">
              {props.waiting}
              <span class="spoken"> {t.count("agenda.titleWaiting", props.waiting)}</span>
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
