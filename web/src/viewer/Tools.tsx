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
import frame from "icon:square-dashed";
import squareSplit from "icon:square-split-horizontal";
import sun from "icon:sun";
import flip from "icon:triangles-centerline-dashed-vertical";
import reset from "icon:undo-2";
import zoomIn from "icon:zoom-in";
import zoomOut from "icon:zoom-out";
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Shown } from "../protocol";
import { Icon } from "../ui/icon";
import { CineTools } from "./CineTools";
import { Help } from "./Help";
import { PAN_PART, WINDOW_STEP_PIXELS, ZOOM_STEP } from "./input";
import { measure } from "./numbers";
import { type Preset, presetInForce, presetsOf } from "./presets";
import type { Screen } from "./screen";
import { t } from "./tools.words";

export interface ToolsProps {
  screen: Screen;
  shown: Shown;
}

type Shapes = Parameters<typeof Icon>[0]["of"];

/** A button for everything that a drag or a key does. */
export function Tools({ screen, shown }: ToolsProps) {
  const isPicture = shown.content === "pictures";
  if (!isPicture && shown.count <= 1) return null;
  return (
    <fieldset class="viewer-bar" aria-label={t("tools")}>
      {isPicture ? (
        <PictureTools screen={screen} shown={shown} />
      ) : (
        <div class="viewer-tools">
          <StackTools screen={screen} shown={shown} />
        </div>
      )}
    </fieldset>
  );
}

function PictureTools({ screen, shown }: ToolsProps) {
  const isMore = useSignal(false);
  const more = useRef<HTMLButtonElement>(null);
  const close = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !isMore.value) return;
    isMore.value = false;
    more.current?.focus();
  };
  const { steering } = screen;
  const presets = presetsOf(shown);
  return (
    <>
      {shown.cine && shown.cine.last > shown.cine.first && <CineTools screen={screen} />}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Escape closes what a button in here has opened */}
      <div class="viewer-tools" onKeyDown={close}>
        <StackTools screen={screen} shown={shown} />
        {presets.length > 0 && <PresetSelect screen={screen} shown={shown} presets={presets} />}
        {shown.states.length > 0 && <StateSelect screen={screen} shown={shown} />}
        <Tool icon={zoomOut} word={t("zoomOut")} onClick={() => steering.zoomBy(1 / ZOOM_STEP)} />
        <Tool icon={zoomIn} word={t("zoomIn")} onClick={() => steering.zoomBy(ZOOM_STEP)} />
        <Tool icon={fit} word={t("fit")} onClick={() => steering.fit()} />
        <Tool
          icon={pointer}
          word={t("point")}
          isPressed={screen.isPointing.value}
          onClick={() => screen.setPointing(!screen.isPointing.value)}
        />
        <button
          type="button"
          ref={more}
          class="button viewer-more"
          aria-expanded={isMore.value}
          aria-controls="viewer-more"
          onClick={() => {
            isMore.value = !isMore.value;
          }}
        >
          <Icon of={ellipsis} />
          <span>
            {t("more")}
            <span class="spoken"> {t("moreTools")}</span>
          </span>
        </button>
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Escape closes it */}
      <div id="viewer-more" class="viewer-more-tools" hidden={!isMore.value} onKeyDown={close}>
        <Worded icon={turnLeft} word={t("turnLeft")} onClick={() => steering.turnBy(-1)} />
        <Worded icon={turnRight} word={t("turnRight")} onClick={() => steering.turnBy(1)} />
        <Worded icon={flip} word={t("flip")} isPressed={shown.isFlipped} onClick={() => steering.flip()} />
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
            <Worded icon={squareSplit} word={t("narrower")} onClick={() => steering.windowBy(-WINDOW_STEP_PIXELS, 0)} />
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
            screen.isHelpOpen.value = true;
          }}
        />
      </div>
      <Help screen={screen} />
    </>
  );
}

/** The way through the stack. */
function StackTools({ screen, shown }: ToolsProps) {
  const { steering } = screen;
  const wanted = steering.current ?? shown;
  if (shown.count <= 1) return null;
  return (
    <>
      <Tool icon={chevronUp} word={t("previous")} onClick={() => steering.scrollBy(-1)} />
      <Tool icon={chevronDown} word={t("next")} onClick={() => steering.scrollBy(1)} />
      <input
        class="viewer-stack"
        type="range"
        min={1}
        max={shown.count}
        step={1}
        value={wanted.index + 1}
        aria-label={t("stack")}
        aria-valuetext={t("stackValue", { n: wanted.index + 1, count: shown.count })}
        onInput={(event) => steering.scrollTo(Number(event.currentTarget.value) - 1)}
      />
    </>
  );
}

interface ToolProps {
  icon: Shapes;
  word: string;
  isPressed?: boolean;
  onClick(): void;
}

/** A tool whose word stands above it under the pointer and with the focus. */
export function Tool({ icon, word, isPressed, onClick }: ToolProps) {
  return (
    <button
      type="button"
      class="button viewer-tool"
      data-word={word}
      aria-label={word}
      aria-pressed={isPressed}
      onClick={onClick}
    >
      <Icon of={icon} />
    </button>
  );
}

function Worded({ icon, word, isPressed, onClick }: ToolProps) {
  return (
    <button type="button" class="button" aria-pressed={isPressed} onClick={onClick}>
      <Icon of={icon} />
      <span>{word}</span>
    </button>
  );
}

function PresetSelect({ screen, shown, presets }: ToolsProps & { presets: readonly Preset[] }) {
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
          {index < 9 ? `${index + 1}. ${presetInWords(preset)}` : presetInWords(preset)}
        </option>
      ))}
      {shown.alternatives.length === 0 && <option value="default">{t("automatic")}</option>}
    </select>
  );
}

/** A choice in the list: its own words, else what it is; then its numbers. */
export function presetInWords({ usual, explanation, table, window }: Preset): string {
  const words = explanation || (usual ? t(usual) : table !== undefined ? t("table", { n: table }) : t("defaultWindow"));
  return window ? `${words} (${measure(window.width)} / ${measure(window.center, window.width)})` : words;
}

function StateSelect({ screen, shown }: ToolsProps) {
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
