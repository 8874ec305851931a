import arrowDown from "icon:arrow-down";
import arrowLeft from "icon:arrow-left";
import arrowRight from "icon:arrow-right";
import arrowUp from "icon:arrow-up";
import chevronDown from "icon:chevron-down";
import chevronUp from "icon:chevron-up";
import circleDashed from "icon:circle-dashed";
import help from "icon:circle-question-mark";
import contrast from "icon:contrast";
import ellipsis from "icon:ellipsis";
import layers from "icon:layers";
import fit from "icon:maximize";
import moon from "icon:moon";
import pointer from "icon:mouse-pointer-2";
import turnLeft from "icon:rotate-ccw-square";
import turnRight from "icon:rotate-cw-square";
import actual from "icon:scan";
import frame from "icon:square-dashed";
import squareSplit from "icon:square-split-horizontal";
import sun from "icon:sun";
import flipOver from "icon:triangles-centerline-dashed-horizontal";
import flipAcross from "icon:triangles-centerline-dashed-vertical";
import reset from "icon:undo-2";
import zoomIn from "icon:zoom-in";
import zoomOut from "icon:zoom-out";
import { Icon } from "../ui/icon";
import { type Tool as DragTool, PAN_PART, WINDOW_STEP_PIXELS, ZOOM_STEP } from "./actions";
import { CineTools } from "./CineTools";
import { Disclosure } from "./Disclosure";
import { flipOf } from "./geometry";
import { Help } from "./Help";
import { measure } from "./numbers";
import { type Preset, presetInForce, presetsOf } from "./presets";
import type { Screen } from "./screen";
import type { Screens } from "./screens";
import { t } from "./tools.words";
import type { Shown } from "./viewing";
import "./tools.css";

export interface ToolsProps {
  screens: Screens;
}

interface Props {
  screen: Screen;
  shown: Shown;
}

type Shapes = Parameters<typeof Icon>[0]["of"];

/** A button for everything that a drag or a key does in the active viewport. */
export function Tools({ screens }: ToolsProps) {
  const screen = screens.current;
  const shown = screen.shown.value;
  const isPicture = shown?.content === "pictures";
  return (
    <>
      {shown && (isPicture || shown.count > 1) && (
        <fieldset class="viewer-bar" aria-label={t("tools")}>
          {isPicture ? (
            <PictureTools screen={screen} shown={shown} />
          ) : (
            <div class="viewer-tools">
              <StackTools screen={screen} shown={shown} />
            </div>
          )}
        </fieldset>
      )}
      <Help screens={screens} />
    </>
  );
}

function PictureTools({ screen, shown }: Props) {
  const { steering, screens } = screen;
  const presets = presetsOf(shown);
  const zooms: readonly (readonly [Shapes, string, () => void])[] = [
    [zoomOut, t("zoomOut"), () => steering.zoomBy(1 / ZOOM_STEP)],
    [zoomIn, t("zoomIn"), () => steering.zoomBy(ZOOM_STEP)],
    [fit, t("fit"), () => steering.fit()],
  ];
  return (
    <>
      {shown.cine && shown.cine.last > shown.cine.first && <CineTools screen={screen} />}
      <div class="viewer-tools">
        <StackTools screen={screen} shown={shown} />
        {presets.length > 0 && <PresetSelect screen={screen} shown={shown} presets={presets} />}
        {shown.states.length > 0 && <StateSelect screen={screen} shown={shown} />}
        <DragSelect screens={screens} />
        {zooms.map(([icon, word, act]) => (
          <Tool key={word} icon={icon} word={word} place="in-row" onClick={act} />
        ))}
        {!screens.viewing.isOwn.value && (
          <Tool
            icon={pointer}
            word={t("point")}
            isPressed={screens.isPointing.value}
            onClick={() => screens.setPointing(!screens.isPointing.value)}
          />
        )}
        <Disclosure
          open={screens.panel}
          name="more"
          icon={ellipsis}
          word={t("more")}
          spoken={t("moreTools")}
          class="viewer-more-tools"
        >
          {zooms.map(([icon, word, act]) => (
            <Worded key={word} icon={icon} word={word} place="in-more" onClick={act} />
          ))}
          <Worded icon={turnLeft} word={t("turnLeft")} onClick={() => steering.turnBy(-1)} />
          <Worded icon={turnRight} word={t("turnRight")} onClick={() => steering.turnBy(1)} />
          <Worded
            icon={flipAcross}
            word={t("flip")}
            isPressed={flipOf(shown) === "across"}
            onClick={() => steering.flip("across")}
          />
          <Worded
            icon={flipOver}
            word={t("flipOver")}
            isPressed={flipOf(shown) === "over"}
            onClick={() => steering.flip("over")}
          />
          <Worded icon={actual} word={t("actualSize")} onClick={() => steering.actualSize()} />
          <Worded icon={contrast} word={t("invert")} isPressed={shown.isInverted} onClick={() => steering.invert()} />
          {shown.hasOverlays && (
            <Worded
              icon={layers}
              word={t("overlays")}
              isPressed={shown.isOverlaid}
              onClick={() => steering.toggleOverlays()}
            />
          )}
          {shown.hasShutters && (
            <Worded
              icon={frame}
              word={t("shutters")}
              isPressed={shown.isShuttered}
              onClick={() => steering.toggleShutters()}
            />
          )}
          {shown.window && (
            <>
              <Worded icon={sun} word={t("brighter")} onClick={() => steering.windowBy(0, -WINDOW_STEP_PIXELS)} />
              <Worded icon={moon} word={t("darker")} onClick={() => steering.windowBy(0, WINDOW_STEP_PIXELS)} />
              <Worded
                icon={squareSplit}
                word={t("narrower")}
                onClick={() => steering.windowBy(-WINDOW_STEP_PIXELS, 0)}
              />
              <Worded icon={circleDashed} word={t("wider")} onClick={() => steering.windowBy(WINDOW_STEP_PIXELS, 0)} />
            </>
          )}
          <Worded icon={arrowLeft} word={t("left")} onClick={() => steering.panByParts(-PAN_PART, 0)} />
          <Worded icon={arrowRight} word={t("right")} onClick={() => steering.panByParts(PAN_PART, 0)} />
          <Worded icon={arrowUp} word={t("up")} onClick={() => steering.panByParts(0, -PAN_PART)} />
          <Worded icon={arrowDown} word={t("down")} onClick={() => steering.panByParts(0, PAN_PART)} />
          <Worded icon={reset} word={t("reset")} onClick={() => steering.reset()} />
          <Worded
            icon={help}
            word={t("help")}
            onClick={() => {
              screens.isHelpOpen.value = true;
            }}
          />
        </Disclosure>
      </div>
    </>
  );
}

/** The way through the stack. */
function StackTools({ screen, shown }: Props) {
  const { steering } = screen;
  const wanted = steering.current ?? shown;
  if (shown.count <= 1) return null;
  const failed = screen.screens.viewing.failed(shown.series);
  return (
    <>
      <Tool icon={chevronUp} word={t("previous")} onClick={() => steering.scrollBy(-1)} />
      <Tool icon={chevronDown} word={t("next")} onClick={() => steering.scrollBy(1)} />
      <div class="viewer-stack">
        <input
          type="range"
          min={1}
          max={shown.count}
          step={1}
          value={wanted.index + 1}
          aria-label={t("stack")}
          aria-valuetext={[
            t("stackValue", { n: wanted.index + 1, count: shown.count }),
            failed.includes(wanted.index) && t("stackFailed"),
          ]
            .filter(Boolean)
            .join(", ")}
          title={failed.length > 0 ? t.count("failedPlaces", failed.length) : undefined}
          onInput={(event) => steering.scrollTo(Number(event.currentTarget.value) - 1)}
        />
        <FailedPlaces places={failed} count={shown.count} />
      </div>
    </>
  );
}

/** So many marks can be told apart. */
const MARKS_MAX = 200;

/** Crosses under the slider where a place cannot be shown. */
function FailedPlaces({ places, count }: { places: readonly number[]; count: number }) {
  if (places.length === 0) return null;
  return (
    <>
      <div class="viewer-failed" aria-hidden="true">
        {places.slice(0, MARKS_MAX).map((place) => (
          <span key={place} style={{ insetInlineStart: `${(100 * place) / (count - 1)}%` }}>
            ×
          </span>
        ))}
      </div>
      <p class="spoken">{t.count("failedPlaces", places.length)}</p>
    </>
  );
}

interface ToolProps {
  icon: Shapes;
  word: string;
  isPressed?: boolean;
  /** Where there is room for it in the row, or under More where there is not. */
  place?: "in-row" | "in-more";
  onClick(): void;
}

/** A tool whose word stands above it under the pointer and with the focus. */
export function Tool({ icon, word, isPressed, place, onClick }: ToolProps) {
  return (
    <button
      type="button"
      class={`button viewer-tool ${place ?? ""}`}
      data-word={word}
      aria-label={word}
      aria-pressed={isPressed}
      onClick={onClick}
    >
      <Icon of={icon} />
    </button>
  );
}

function Worded({ icon, word, isPressed, place, onClick }: ToolProps) {
  return (
    <button type="button" class={`button ${place ?? ""}`} aria-pressed={isPressed} onClick={onClick}>
      <Icon of={icon} />
      <span>{word}</span>
    </button>
  );
}

const DRAGS = ["window", "scroll", "zoom", "pan", "point", "magnify"] as const satisfies readonly DragTool[];

/** What a drag of the first button or of one finger does: without it a finger could not set a window, nor a mouse scroll. */
function DragSelect({ screens }: { screens: Screens }) {
  const drags = DRAGS.filter((each) => each !== "point" || !screens.viewing.isOwn.value);
  const chosen = drags.find((each) => each === screens.tool.value);
  return (
    <select
      class="viewer-presets viewer-drag"
      aria-label={t("drag")}
      value={chosen ?? ""}
      onChange={(event) => screens.setTool(drags.find((each) => each === event.currentTarget.value))}
    >
      <option value="">{t("drag.usual")}</option>
      {drags.map((each) => (
        <option key={each} value={each}>
          {t(`drag.${each}`)}
        </option>
      ))}
    </select>
  );
}

function PresetSelect({ screen, shown, presets }: Props & { presets: readonly Preset[] }) {
  const { steering } = screen;
  const inForce = presetInForce(presets, shown, steering.hasOwnWindow);
  return (
    <select
      class="viewer-presets"
      aria-label={t("presets")}
      value={String(inForce)}
      onChange={(event) => {
        const preset = presets[Number(event.currentTarget.value)];
        if (preset) steering.choose(preset);
        else steering.resetWindow();
      }}
    >
      {inForce === "own" && <option value="own">{t("ownWindow")}</option>}
      {presets.map((preset, index) => (
        <option key={`${index}-${preset.alternative}-${preset.usual}`} value={String(index)}>
          {index < 9 && `${index + 1}. `}
          {presetInWords(preset)}
          {preset.usual && ` · ${t(`for.${preset.usual}`)}`}
        </option>
      ))}
      {shown.alternatives.length === 0 && (
        <option value="default">
          {t("automatic")} · {t("for.automatic")}
        </option>
      )}
    </select>
  );
}

/** A choice in the list: its own words, else what it is; then its numbers. */
export function presetInWords({ usual, explanation, table, window }: Preset): string {
  const words = explanation || (usual ? t(usual) : table !== undefined ? t("table", { n: table }) : t("defaultWindow"));
  return window ? `${words} (${measure(window.width)} / ${measure(window.center, window.width)})` : words;
}

function StateSelect({ screen, shown }: Props) {
  return (
    <select
      class="viewer-presets"
      aria-label={t("states")}
      value={shown.state ?? ""}
      onChange={(event) => screen.steering.setState(event.currentTarget.value || undefined)}
    >
      <option value="">{t("noState")}</option>
      {shown.states.map(({ state, label }, index) => (
        <option key={state} value={state}>
          {label || t("unnamedState", { n: index + 1 })}
        </option>
      ))}
    </select>
  );
}
