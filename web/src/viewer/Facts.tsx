import alert from "icon:triangle-alert";
import { locale } from "../i18n";
import type { LossyState } from "../protocol";
import { Icon } from "../ui/icon";
import { flipOf, isActualSize, type Size } from "./geometry";
import { measure } from "./numbers";
import { lengthInWords, scaleBar } from "./scale";
import type { Shown } from "./viewing";
import { t } from "./words";

const METHODS: Readonly<Record<string, string>> = {
  ISO_10918_1: "JPEG",
  ISO_14495_1: "JPEG-LS",
  ISO_15444_1: "JPEG 2000",
  ISO_15444_15: "HTJ2K",
  ISO_18181_1: "JPEG XL",
  ISO_13818_2: "MPEG-2",
  ISO_14496_10: "H.264",
  ISO_23008_2: "H.265",
};

/** The mark of a source that was compressed with loss (PS3.3 C.7.6.1.1.5): how much, and how, as far as the object says. */
export function lossInWords({ ratio, method }: LossyState): string {
  const methods = method
    .split("\\")
    .map((name) => METHODS[name.trim()] ?? name.trim())
    .filter(Boolean)
    .join(" + ");
  const isKnown = ratio !== undefined && Number.isFinite(ratio) && ratio > 1;
  const words = isKnown ? t("lossyRatio", { ratio: measure(ratio) }) : t("lossySource");
  return methods ? `${words} (${methods})` : words;
}

export type Quality = "full" | "reduced";

interface Props {
  surface: Size;
  /** The same in device pixels. */
  pixels: Size;
  /** What the picture on the screen shows. */
  shown: Shown;
  /** Whether the picture is exact, or has loss as long as the view moves or the line is slow; absent until there is one. */
  quality: Quality | undefined;
  /** Guests read fewer facts, in plainer words. */
  isStaff: boolean;
  isPresenting: boolean;
}

/** What is known of the picture, around it and never over its middle. */
export function Facts({ surface, pixels, shown, quality, isStaff, isPresenting }: Props) {
  const marks = <Marks shown={shown} quality={quality} isStaff={isStaff} />;
  return (
    <div class="viewer-overlay">
      <div class="viewer-facts">
        <p class="viewer-title">{shown.title}</p>
        {shown.patient !== undefined && <p>{shown.patient}</p>}
        <Place shown={shown} isStaff={isStaff} />
        {isStaff && <Stack shown={shown} />}
        {isStaff && <Look pixels={pixels} shown={shown} />}
        {isStaff && marks}
      </div>
      <Letters shown={shown} />
      <div class="viewer-foot">
        {shown.damage !== undefined && (
          <div class="viewer-damage">
            <p>
              <Icon of={alert} />
              {isStaff ? t("damaged") : t("damagedPlain")}
            </p>
            {isStaff && <p lang="en">{shown.damage}</p>}
          </div>
        )}
        {isStaff && shown.stateNotice !== undefined && (
          <div class="viewer-notice">
            <p>{t("stateNotice")}</p>
            <p lang="en">{shown.stateNotice}</p>
          </div>
        )}
        {isPresenting && shown.isBurnedIn && (
          <p class="viewer-damage">
            <Icon of={alert} />
            {t("burnedIn")}
          </p>
        )}
        {/* On a phone the people of the call lie over the upper part of the picture: what must be read stands below. */}
        {!isStaff && marks}
        <Scale surface={surface} shown={shown} />
        <p class="viewer-warning">{t("notDiagnostic")}</p>
      </div>
    </div>
  );
}

/** What changes how far a picture can be trusted. */
function Marks({ shown, quality, isStaff }: { shown: Shown; quality: Quality | undefined; isStaff: boolean }) {
  const flip = flipOf(shown);
  return (
    <>
      {flip && <p class="viewer-mark">{t(flip === "over" ? "flippedOver" : "flipped")}</p>}
      {shown.lossySource && <p class="viewer-mark">{isStaff ? lossInWords(shown.lossySource) : t("lossySource")}</p>}
      {quality === "reduced" && <p class="viewer-mark">{t("qualityReduced")}</p>}
      {quality === "full" && isStaff && <p>{t("qualityFull")}</p>}
    </>
  );
}

/** Place in the stack, window, side of the body and view: on one line for guests. */
function Place({ shown, isStaff }: { shown: Shown; isStaff: boolean }) {
  const { window, laterality, viewPosition } = shown;
  const slice = (shown.count > 1 || isStaff) && t("slice", { n: shown.index + 1, count: shown.count });
  const greys =
    isStaff && window && t("window", { width: measure(window.width), center: measure(window.center, window.width) });
  const side = laterality in SIDES ? t(SIDES[laterality as keyof typeof SIDES]) : laterality === "U" ? "" : laterality;
  const lines = isStaff
    ? [
        [slice, greys],
        [side, viewPosition],
      ]
    : [[slice, side]];
  return (
    <>
      {lines.map((parts, index) => {
        const words = parts.filter(Boolean).join(" · ");
        return (
          words && (
            <p key={index} class="tabular">
              {words}
            </p>
          )
        );
      })}
    </>
  );
}

/** Which stack of the series the place lies in, and what is not regular in it. */
function Stack({ shown }: { shown: Shown }) {
  const { stacks, index } = shown;
  const at = stacks.findIndex(({ first, count }) => index >= first && index < first + count);
  const stack = stacks[at];
  if (!stack) return null;
  const warnings = [
    stack.gaps > 0 && t.count("gaps", stack.gaps),
    stack.duplicates > 0 && t.count("duplicates", stack.duplicates),
  ].filter(Boolean);
  return (
    <>
      {stacks.length > 1 && (
        <p class="tabular">
          {t("stack", { n: at + 1, stacks: stacks.length, place: index - stack.first + 1, count: stack.count })}
        </p>
      )}
      {warnings.length > 0 && (
        <p class="viewer-irregular">
          <Icon of={alert} />
          {warnings.join(" · ")}
        </p>
      )}
    </>
  );
}

const SIDES = { L: "sideLeft", R: "sideRight", B: "sideBoth" } as const;

function Look({ pixels, shown }: { pixels: Size; shown: Shown }) {
  const words = [
    isActualSize(pixels, shown, shown)
      ? t("actualSize")
      : Math.abs(shown.zoom - 1) > 0.005 && t("zoom", { percent: Math.round(shown.zoom * 100) }),
    shown.quarterTurns > 0 && flipOf(shown) !== "over" && t("turned", { degrees: shown.quarterTurns * 90 }),
    shown.isInverted && t("inverted"),
    shown.hasOverlays && !shown.isOverlaid && t("overlaysOff"),
    shown.hasShutters && !shown.isShuttered && t("shuttersOff"),
    shown.state !== undefined && stateLabel(shown, shown.state),
  ].filter(Boolean);
  return words.length > 0 ? <p class="tabular">{words.join(" · ")}</p> : null;
}

/** What an applied presentation state calls itself. */
export function stateLabel(shown: Shown, state: string): string {
  const at = shown.states.findIndex((each) => each.state === state);
  return t("stateApplied", { label: shown.states[at]?.label || String(at + 1) });
}

/** Where the edges lie in the patient. */
function Letters({ shown }: { shown: Shown }) {
  const { edges } = shown;
  return (
    <div class="viewer-letters">
      {edges &&
        (["top", "left", "right", "bottom"] as const).map(
          (edge) =>
            edges[edge] && (
              <p key={edge} class={`viewer-letter ${edge}`}>
                <span class="spoken">{t(`edge.${edge}`)} </span>
                {edges[edge]}
              </p>
            ),
        )}
    </div>
  );
}

/** How long a length is on this screen; nothing where that is not known. */
function Scale({ surface, shown }: { surface: Size; shown: Shown }) {
  const bar = scaleBar(surface, shown);
  if (!bar) return null;
  const length = lengthInWords(bar.mm, locale.value === "fr" ? "fr-FR" : "en-GB");
  return (
    <div class="viewer-scale">
      <svg width={bar.pixels + 4} height={12} aria-hidden="true" focusable="false">
        <path class="scale-halo" d={`M2 1V11M2 6H${bar.pixels + 2}M${bar.pixels + 2} 1V11`} />
        <path class="scale-line" d={`M2 1V11M2 6H${bar.pixels + 2}M${bar.pixels + 2} 1V11`} />
      </svg>
      <p>
        <span class="spoken">{t("scale")} </span>
        {length} <span class="viewer-source">{t(`calibration.${bar.source}`)}</span>
      </p>
    </div>
  );
}
