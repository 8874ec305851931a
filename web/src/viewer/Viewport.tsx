import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { type ComponentType, Fragment, type HTMLAttributes } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Person } from "../protocol";
import { isMarkTool } from "./actions";
import { Facts } from "./Facts";
import { Graphics } from "./Graphics";
import { MagnifierBox } from "./MagnifierBox";
import type { MarksProps } from "./marks/Marks";
import { Pointers } from "./Pointers";
import type { ReadingProps } from "./reading/Reading";
import type { Screen } from "./screen";
import { shortcuts } from "./shortcuts";
import type { Shown } from "./viewing";
import { t } from "./words";

export interface ViewportProps {
  screen: Screen;
  /** Its number, from 0. */
  viewport: number;
  /** What is on show here; `null`: nothing. */
  shown: Shown | null;
  /** What the picture that is on the screen shows: title, slice and window are its own, not those of one that is on its way. */
  seen: Shown | null;
  people: Signal<Person[]>;
  /** This person. */
  self: string;
  /** Tools act here. */
  isActive: boolean;
  /** It is the only one of the layout. */
  isAlone: boolean;
  /** Who presents. */
  presenter: string | undefined;
  isStaff: boolean;
  /** Draws marks, once it is loaded. */
  Marks: ComponentType<MarksProps> | undefined;
}

/** One viewport: the picture for this screen, where people point, and what is known of it. */
export function Viewport(props: ViewportProps) {
  const { screen, viewport, shown, seen, people, self, isActive, isAlone, presenter, isStaff, Marks } = props;
  const { screens } = screen;
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (canvas.current && surface.current) return screen.mount(canvas.current, surface.current);
  }, [screen]);

  const isSteering = screens.isSteering.value;
  const isOwn = screens.viewing.isOwn.value;
  const isPicture = shown?.content === "pictures";
  const failure = screen.failure.value;
  const spot = screens.magnifier.spot.value;
  const tool = screens.tool.value;
  const isMarking = isMarkTool(tool);
  const name = people.value.find((person) => person.participant === presenter)?.name ?? t("somebody");
  const { keys, isOn } = shortcuts.value;
  const helpKey = keys.help.find((key) => isOn || key.length > 1);
  const steered = helpKey === undefined ? t("viewport") : t("viewportHelp", { key: helpKey });
  const what = isSteering ? steered : shown ? t("viewportFollowing", { name }) : t("nothing");
  const announced: HTMLAttributes<HTMLDivElement> = {
    // Where keys draw, screen readers leave them to the picture.
    role: isSteering || isMarking ? "application" : "group",
    "aria-label": isAlone ? what : `${t("viewportNumber", { n: viewport + 1 })}. ${what}`,
    "aria-current": !isAlone && isActive ? "true" : undefined,
    // Keys work here, as the help says. With nothing on show there is nothing to do but to make it the active one.
    tabIndex: shown || (isSteering && !isAlone) ? 0 : -1,
  };
  const look = `${tool === "point" ? " pointing" : ""}${tool === "magnify" ? " magnifying" : ""}${isMarking ? " marking" : ""}${isSteering ? " presenting" : ""}`;
  return (
    <>
      <div ref={surface} class={`viewer-surface${look}`} hidden={shown !== null && !isPicture} {...announced}>
        <canvas ref={canvas} class={isPicture && failure === undefined ? "" : "hidden"} />
        {seen && isPicture ? (
          <>
            {failure === undefined && (
              <>
                <Graphics surface={screen.size.value} shown={seen} />
                {Marks && <Marks screen={screen} shown={seen} people={people} />}
                <Pointers
                  surface={screen.size.value}
                  shown={seen}
                  presenter={presenter}
                  pointers={screen.pointers.all.value}
                  people={people}
                  self={self}
                />
              </>
            )}
            <Facts
              surface={screen.size.value}
              pixels={screen.pixels.value}
              shown={seen}
              quality={screen.drawn.value && (screen.drawn.value.isLossless ? "full" : "reduced")}
              isStaff={isStaff}
              isPresenting={screens.isPresenting.value}
            />
            {spot?.viewport === viewport && failure === undefined && (
              <MagnifierBox magnifier={screens.magnifier} surface={screen.size.value} shown={seen} spot={spot} />
            )}
          </>
        ) : (
          <Nothing isStaff={isStaff} isSteering={isSteering} isAlone={isAlone} viewport={viewport} />
        )}
      </div>
      {shown && !isPicture && failure === undefined && (
        <Read
          screen={screen}
          shown={shown}
          content={screens.viewing.content(viewport)}
          isPresenting={isSteering}
          isOwn={isOwn}
          presenter={name}
        />
      )}
      {shown && (failure !== undefined || screen.isSlow.value) && (
        <div class="viewer-notes" role="status">
          {failure !== undefined ? (
            <Fragment key="failed">
              <p>
                {t("failed")} {isStaff ? t("failedNext") : t("failedWait")}
              </p>
              {isStaff && failure && (
                <p class="viewer-detail" lang="en">
                  {failure}
                </p>
              )}
            </Fragment>
          ) : (
            <p>{t("preparing")}</p>
          )}
        </div>
      )}
    </>
  );
}

interface NothingProps {
  isStaff: boolean;
  isSteering: boolean;
  isAlone: boolean;
  viewport: number;
}

function Nothing({ isStaff, isSteering, isAlone, viewport }: NothingProps) {
  if (!isAlone)
    return (
      <div class="viewer-nothing">
        <p>{t("emptyViewport", { n: viewport + 1 })}</p>
        {isSteering && <p class="muted">{t("emptyViewportStaff")}</p>}
      </div>
    );
  return (
    <>
      <div class="viewer-nothing">
        <p>{t("nothing")}</p>
        {isStaff && <p class="muted">{t("nothingStaff")}</p>}
      </div>
      <p class="viewer-warning alone">{t("notDiagnostic")}</p>
    </>
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
