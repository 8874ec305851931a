import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../words";

const REMEMBERED_AS = "parvis.split";
const MIN = 40;
const MAX = 78;
const STEP = 2;
const FIRST = 68;

export interface Split {
  container: RefObject<HTMLDivElement | null>;
  /** How much of the width the images have, in percent. */
  percent: number;
  set(percent: number): void;
}

function remembered(): number {
  try {
    const percent = Number(localStorage.getItem(REMEMBERED_AS));
    return percent >= MIN && percent <= MAX ? percent : FIRST;
  } catch {
    return FIRST;
  }
}

/** The share of the width that the images have; remembered on this device. */
export function useSplit(): Split {
  const container = useRef<HTMLDivElement>(null);
  const percent = useSignal(remembered());
  useEffect(() => {
    container.current?.style.setProperty("--split", `${percent.value}%`);
    try {
      localStorage.setItem(REMEMBERED_AS, String(percent.value));
    } catch {
      // Then it lasts as long as the page.
    }
  }, [percent.value]);
  return {
    container,
    percent: percent.value,
    set: (wanted) => {
      percent.value = Math.round(Math.min(MAX, Math.max(MIN, wanted)));
    },
  };
}

/** Moves by hand and by keys (WAI-ARIA Authoring Practices, window splitter). */
export function Splitter({ split }: { split: Split }) {
  const drag = (event: PointerEvent) => {
    const box = split.container.current?.getBoundingClientRect();
    if (box) split.set(((event.clientX - box.left) / box.width) * 100);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that can be moved is no <hr>
    <div
      class="splitter"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={t("splitter")}
      aria-valuemin={MIN}
      aria-valuemax={MAX}
      aria-valuenow={split.percent}
      aria-valuetext={`${split.percent} %`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        event.preventDefault();
        event.currentTarget.focus();
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) drag(event);
      }}
      onKeyDown={(event) => {
        const to = {
          ArrowLeft: split.percent - STEP,
          ArrowRight: split.percent + STEP,
          Home: MIN,
          End: MAX,
        }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        split.set(to);
      }}
    />
  );
}
