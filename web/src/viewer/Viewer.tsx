import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentType, HTMLAttributes } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Call } from "../call/call";
import type { Person, Shown } from "../protocol";
import type { Wire } from "../wire";
import { Facts } from "./Facts";
import { Graphics } from "./Graphics";
import { measure } from "./numbers";
import { Pointers } from "./Pointers";
import type { ReadingProps } from "./reading/Reading";
import { Screen } from "./screen";
import type { ToolsProps } from "./Tools";
import { viewingOf } from "./viewing";
import { t } from "./words";
import "./viewer.css";

export interface ViewerProps {
  wire: Wire;
  call: Call;
  /** This person. */
  self: string;
  /** Staff: may show and change what is seen. Guests follow and may point. */
  mayPresent: boolean;
  people: Signal<Person[]>;
}

/** What the consultation looks at: the picture for this screen, where people point, and the tools of whoever presents. */
export function Viewer({ wire, self, mayPresent, people }: ViewerProps) {
  const viewing = useMemo(() => viewingOf(wire), [wire]);
  const screen = useMemo(() => new Screen(wire, viewing, self, mayPresent), [wire, viewing, self, mayPresent]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<HTMLDivElement>(null);
  const Tools = useSignal<ComponentType<ToolsProps> | undefined>(undefined);
  const fault = useSignal(false);

  useEffect(() => {
    if (canvas.current && surface.current) return screen.mount(canvas.current, surface.current);
  }, [screen]);
  useEffect(() => {
    if (!mayPresent) return;
    void import("./Tools").then((module) => {
      Tools.value = module.Tools;
    });
  }, [mayPresent, Tools]);

  const state = viewing.state.value;
  const shown = state?.shown;
  const presenter = state?.presenter;
  const isPresenting = screen.isPresenting.value;
  const presenterName = people.value.find((person) => person.participant === presenter)?.name ?? t("somebody");
  const isPicture = shown?.content === "pictures";
  // Title, slice and window are those of the picture that is on the screen, not of the one that is on its way.
  const drawn = screen.drawn.value;
  const seen = (drawn && viewing.at(drawn.revision)) ?? shown;
  const failure = screen.failure.value;
  const ask = (what: "present" | "stop_sharing") => {
    fault.value = false;
    wire.request({ type: what }).catch(() => {
      fault.value = true;
    });
  };

  const announced: HTMLAttributes<HTMLDivElement> = {
    role: isPresenting ? "application" : "group",
    "aria-label": isPresenting ? t("viewport") : shown ? t("viewportFollowing", { name: presenterName }) : t("nothing"),
    // Keys work here, as the help says; with nothing on show there is nothing to do.
    tabIndex: shown ? 0 : -1,
  };
  return (
    <section class="viewer" data-ground="dark" aria-label={t("viewer")}>
      <div class="viewer-stage">
        <div
          ref={surface}
          class={`viewer-surface${screen.isPointing.value ? " pointing" : ""}${isPresenting ? " presenting" : ""}`}
          hidden={shown !== undefined && !isPicture}
          {...announced}
        >
          <canvas ref={canvas} class={isPicture && failure === undefined ? "" : "hidden"} />
          {shown && seen && isPicture ? (
            <>
              {failure === undefined && (
                <>
                  <Graphics surface={screen.size.value} shown={seen} />
                  <Pointers
                    surface={screen.size.value}
                    shown={seen}
                    presenter={presenter}
                    pointers={screen.pointers.value}
                    people={people}
                    self={self}
                  />
                </>
              )}
              <Facts
                surface={screen.size.value}
                shown={seen}
                isLossless={drawn?.isLossless ?? true}
                isStaff={mayPresent}
                isPresenting={isPresenting}
              />
            </>
          ) : (
            <>
              <div class="viewer-nothing">
                <p>{t("nothing")}</p>
                {mayPresent && <p class="muted">{t("nothingStaff")}</p>}
              </div>
              <p class="viewer-warning alone">{t("notDiagnostic")}</p>
            </>
          )}
        </div>
        {shown && !isPicture && failure === undefined && (
          <Read
            screen={screen}
            shown={shown}
            content={viewing.content.value}
            isPresenting={isPresenting}
            presenter={presenterName}
          />
        )}
        {shown && <Notes screen={screen} wire={wire} failure={failure} mayPresent={mayPresent} />}
      </div>
      {shown && isPresenting && Tools.value && <Tools.value screen={screen} shown={shown} />}
      {shown && (
        <div class="viewer-status">
          <p>
            {isPresenting
              ? `${t("youShow", { title: shown.title || t("aFile") })} ${isPicture && !shown.isBurnedIn ? t("nameHidden") : t("asItIs")}`
              : presenter
                ? `${t("theyShow", { name: presenterName, title: shown.title || t("aFile") })} ${t("youFollow")}`
                : t("nobodyShows", { title: shown.title || t("aFile") })}
          </p>
          {fault.value && (
            <p class="viewer-fault" role="alert">
              {t("refused")}
            </p>
          )}
          {!isPresenting && isPicture && (
            <button
              type="button"
              class="button"
              aria-pressed={screen.isPointing.value}
              onClick={() => screen.setPointing(!screen.isPointing.value)}
            >
              {t("point")}
            </button>
          )}
          {mayPresent && (
            <button type="button" class="button" onClick={() => ask(isPresenting ? "stop_sharing" : "present")}>
              {isPresenting ? t("stop") : t("takeOver")}
            </button>
          )}
        </div>
      )}
      <Announcer shown={seen} />
    </section>
  );
}

/** What is no picture. What shows it is loaded when it is first needed. */
function Read(props: ReadingProps) {
  const Reading = useSignal<ComponentType<ReadingProps> | undefined>(undefined);
  const hasFailed = useSignal(false);
  const load = () => {
    hasFailed.value = false;
    import("./reading/Reading").then(
      (module) => {
        Reading.value = module.Reading;
      },
      () => {
        hasFailed.value = true;
      },
    );
  };
  useEffect(load, []);
  if (Reading.value) return <Reading.value {...props} />;
  if (!hasFailed.value) return null;
  return (
    <div class="viewer-nothing" role="alert">
      <p>{t("readingFailed")}</p>
      <button type="button" class="button" onClick={load}>
        {t("again")}
      </button>
    </div>
  );
}

function Notes(props: { screen: Screen; wire: Wire; failure: string | undefined; mayPresent: boolean }) {
  const { screen, wire, failure, mayPresent } = props;
  const isLost = useComputed(() => wire.state.value === "lost" || wire.state.value === "connecting");
  return (
    <div class="viewer-notes" role="status">
      {isLost.value ? (
        <p>{t("lost")}</p>
      ) : failure !== undefined ? (
        <>
          <p>
            {t("failed")} {mayPresent ? t("failedNext") : t("failedWait")}
          </p>
          {mayPresent && failure && (
            <p class="viewer-detail" lang="en">
              {failure}
            </p>
          )}
        </>
      ) : screen.isSlow.value ? (
        <p>{t("preparing")}</p>
      ) : null}
    </div>
  );
}

/** Says slice and window to screen readers, at most once a second. */
function Announcer({ shown }: { shown: Shown | undefined }) {
  const spoken = useSignal("");
  const next = useSignal("");
  const timer = useRef<number | undefined>(undefined);
  const text = shown
    ? [
        t(shown.content === "pictures" ? "announceSlice" : "announcePlace", { n: shown.index + 1, count: shown.count }),
        shown.window &&
          t("announceWindow", {
            width: measure(shown.window.width),
            center: measure(shown.window.center, shown.window.width),
          }),
        shown.quarterTurns > 0 && t("announceTurn", { degrees: shown.quarterTurns * 90 }),
        shown.isFlipped && t("announceFlip"),
      ]
        .filter(Boolean)
        .join(" ")
    : "";
  useEffect(() => {
    next.value = text;
  }, [text, next]);
  useSignalEffect(() => {
    const wanted = next.value;
    if (wanted === spoken.peek() || timer.current !== undefined) return;
    timer.current = window.setTimeout(() => {
      timer.current = undefined;
      spoken.value = next.peek();
    }, 1_000);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <p class="spoken" aria-live="polite">
      {spoken.value}
    </p>
  );
}
