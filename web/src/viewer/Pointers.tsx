import type { ReadonlySignal } from "@preact/signals";
import type { Person } from "../protocol";
import { type Size, toSurface } from "./geometry";
import type { PointerState } from "./seen-pointers";
import { signOf } from "./signs";
import type { Shown } from "./viewing";
import { t } from "./words";

interface Props {
  surface: Size;
  /** What the picture on the screen shows. */
  shown: Shown;
  presenter: string | undefined;
  pointers: ReadonlyMap<string, PointerState>;
  people: ReadonlySignal<readonly Person[]>;
  self: string;
}

/** Where people point: vectors over the picture, never part of it. */
export function Pointers({ surface, shown, presenter, pointers, people, self }: Props) {
  return (
    <svg class="viewer-pointers" aria-hidden="true" focusable="false">
      {[...pointers].map(([participant, pointer]) => {
        const sign = signOf(people.value, participant, presenter);
        const at = toSurface(surface, shown.aspect, shown, pointer);
        const isLeft = at.x > surface.width * 0.7;
        return (
          <g
            key={participant}
            class={`pointer ${sign.colour}${pointer.isGone ? " gone" : ""}`}
            transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`}
          >
            <circle class="pointer-halo" r="15" />
            <circle class="pointer-ring" r="15" />
            <circle class="pointer-dot" r="2.5" />
            <g transform={`translate(${isLeft ? -36 : 36} 0)`}>
              <polygon class="pointer-shape" points={sign.shape} transform="scale(1.5)" />
              <text class="pointer-letter" text-anchor="middle" dy="0.36em">
                {sign.letter}
              </text>
              <text class="pointer-name" x={isLeft ? -22 : 22} dy="0.36em" text-anchor={isLeft ? "end" : "start"}>
                {participant === self ? t("you") : sign.name}
              </text>
            </g>
          </g>
        );
      })}
    </svg>
  );
}
