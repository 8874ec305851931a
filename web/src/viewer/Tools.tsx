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
import fit from "icon:maximize";
import moon from "icon:moon";
import pointer from "icon:mouse-pointer-2";
import reset from "icon:rotate-ccw";
import squareSplit from "icon:square-split-horizontal";
import sun from "icon:sun";
import zoomIn from "icon:zoom-in";
import zoomOut from "icon:zoom-out";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Shown } from "../protocol";
import { Icon } from "../ui/icon";
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
  const isMore = useSignal(false);
  const more = useRef<HTMLButtonElement>(null);
  const { steering } = screen;
  const presets = presetsOf(shown);
  const wanted = steering.current ?? shown;
  return (
    <fieldset
      class="viewer-bar"
      aria-label={t("tools")}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !isMore.value) return;
        isMore.value = false;
        more.current?.focus();
      }}
    >
      <div class="viewer-tools">
        {shown.count > 1 && (
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
        )}
        {shown.window && <PresetSelect screen={screen} shown={shown} presets={presets} />}
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
      <div id="viewer-more" class="viewer-more-tools" hidden={!isMore.value}>
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
        <Worded icon={contrast} word={t("invert")} isPressed={shown.isInverted} onClick={() => steering.invert()} />
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
    </fieldset>
  );
}

interface ToolProps {
  icon: Shapes;
  word: string;
  isPressed?: boolean;
  onClick(): void;
}

/** A tool whose word stands above it under the pointer and with the focus. */
function Tool({ icon, word, isPressed, onClick }: ToolProps) {
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
  const inForce = presetInForce(presets, shown.window);
  return (
    <select
      class="viewer-presets"
      aria-label={t("presets")}
      value={inForce >= 0 ? String(inForce) : "own"}
      onChange={(event) => {
        const { value } = event.currentTarget;
        const preset = presets[Number(value)];
        if (preset) screen.steering.setWindow({ center: preset.center, width: preset.width });
        else if (value === "default") screen.steering.resetWindow();
      }}
    >
      {inForce < 0 && <option value="own">{t("ownWindow")}</option>}
      {presets.map((preset, index) => (
        <option key={`${index}-${preset.center}-${preset.width}`} value={String(index)}>
          {`${index + 1}. ${preset.usual ? t(preset.usual) : preset.explanation || t("defaultWindow")} (${measure(preset.width)} / ${measure(preset.center, preset.width)})`}
        </option>
      ))}
      <option value="default">{t("defaultWindow")}</option>
    </select>
  );
}

function Help({ screen }: { screen: Screen }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = screen.isHelpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const close = () => {
    screen.isHelpOpen.value = false;
  };
  const shift = t("shift");
  const keys: readonly (readonly [string, string])[] = [
    ["↑ ↓", t("keyScroll")],
    [t("pageKeys"), t("keyPage")],
    [t("endKeys"), t("keyEnds")],
    [`${shift} + ← → ↑ ↓`, t("keyPan")],
    ["+ − =", t("keyZoom")],
    ["B D", t("keyBright")],
    ["N W", t("keyContrast")],
    ["1 – 9", t("keyPresets")],
    ["I", t("keyInvert")],
    ["R", t("keyReset")],
    ["P", t("keyPoint")],
    ["?", t("keyHelp")],
  ];
  return (
    <dialog ref={dialog} class="viewer-help" aria-labelledby="viewer-help-title" onClose={close}>
      <h2 id="viewer-help-title">{t("helpTitle")}</h2>
      <h3>{t("mouse")}</h3>
      <ul>
        <li>{t("mouseWindow")}</li>
        <li>{t("mouseZoom")}</li>
        <li>{t("mousePan")}</li>
        <li>{t("mouseScroll")}</li>
      </ul>
      <h3>{t("touch")}</h3>
      <ul>
        <li>{t("touchScroll")}</li>
        <li>{t("touchPinch")}</li>
        <li>{t("touchPoint")}</li>
      </ul>
      <h3>{t("keys")}</h3>
      <dl>
        {keys.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="button primary" onClick={close}>
        {t("close")}
      </button>
    </dialog>
  );
}
