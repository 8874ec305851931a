import { useEffect, useRef } from "preact/hooks";
import { type Size, toSurface } from "./geometry";
import { BOX_PIXELS, type Magnifier, type Spot } from "./magnifier";
import { measure } from "./numbers";
import type { Shown } from "./viewing";
import { t } from "./words";

/** From a finger to the middle of the box, so that it does not lie over what it shows. */
const ASIDE_PIXELS = BOX_PIXELS / 2 + 40;

/** Where the box stands on a surface: over what it magnifies, beside a finger, and never beyond the edges. */
export function boxAt(surface: Size, shown: Shown, spot: Spot): { left: number; top: number } {
  const at = toSurface(surface, shown.aspect, shown, spot);
  const within = (value: number, extent: number) =>
    extent <= BOX_PIXELS
      ? (extent - BOX_PIXELS) / 2
      : Math.min(extent - BOX_PIXELS, Math.max(0, value - BOX_PIXELS / 2));
  if (!spot.isTouch) return { left: within(at.x, surface.width), top: within(at.y, surface.height) };
  const above = at.y - ASIDE_PIXELS;
  const y = above >= BOX_PIXELS / 2 ? above : at.y + ASIDE_PIXELS;
  return { left: within(at.x, surface.width), top: within(y, surface.height) };
}

interface Props {
  magnifier: Magnifier;
  surface: Size;
  shown: Shown;
  spot: Spot;
}

/** The box over the picture, with what it magnifies in its middle. */
export function MagnifierBox({ magnifier, surface, shown, spot }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) return magnifier.mount(canvas.current);
  }, [magnifier]);
  const { left, top } = boxAt(surface, shown, spot);
  const drawn = magnifier.drawn.value;
  const factor = measure(magnifier.factor.value, 1);
  return (
    <div
      class="magnifier"
      role="img"
      aria-label={t("magnifierOf", { factor })}
      style={{ width: BOX_PIXELS, height: BOX_PIXELS, transform: `translate(${left}px, ${top}px)` }}
    >
      <canvas ref={canvas} class={drawn ? "" : "hidden"} />
      <svg viewBox="-20 -20 40 40" aria-hidden="true" focusable="false">
        <path class="scale-halo" d="M-14 0H-5M5 0H14M0 -14V-5M0 5V14" />
        <path class="scale-line" d="M-14 0H-5M5 0H14M0 -14V-5M0 5V14" />
      </svg>
      <p>{drawn ? t("magnified", { factor }) : t("magnifierWaits")}</p>
    </div>
  );
}
