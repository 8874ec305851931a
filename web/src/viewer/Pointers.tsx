import type { ReadonlySignal } from "@preact/signals";
import type { Person, Shown } from "../protocol";
import { type Point, type Size, toSurface } from "./geometry";
import { t } from "./words";

export interface Mark {
  /** Class of the colour: `presenter` or `person-1` to `person-5`. */
  colour: string;
  /** Points of a small polygon around 0,0; each person has another one. */
  shape: string;
  letter: string;
  name: string;
}

const SHAPES = [
  "-8,-8 8,-8 8,8 -8,8",
  "0,-10 10,0 0,10 -10,0",
  "0,-13 11,6 -11,6",
  "0,13 11,-6 -11,-6",
  "5,-9 10,0 5,9 -5,9 -10,0 -5,-9",
] as const;
const PRESENTER = "0,-11 3,-4 10,-4 5,1 7,9 0,4 -7,9 -5,1 -10,-4 -3,-4";

/** How a person is marked in a viewing: colour, shape and letter, so that no two are told apart by colour alone. */
export function markOf(people: readonly Person[], participant: string, presenter: string | undefined): Mark {
  const index = Math.max(
    0,
    people.findIndex((person) => person.participant === participant),
  );
  const name = people.find((person) => person.participant === participant)?.name ?? t("somebody");
  const letter = ([...name.replace(/^(?:Dr|Pr|M\.|Mme|Mr|Mrs|Ms)\.?\s+/u, "")][0] ?? "?").toLocaleUpperCase();
  const n = index % SHAPES.length;
  return participant === presenter
    ? { colour: "presenter", shape: PRESENTER, letter, name }
    : { colour: `person-${n + 1}`, shape: SHAPES[n] ?? SHAPES[0], letter, name };
}

export interface PointerState extends Point {
  isGone: boolean;
}

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
        const mark = markOf(people.value, participant, presenter);
        const at = toSurface(surface, shown.aspect, shown, pointer);
        const isLeft = at.x > surface.width * 0.7;
        return (
          <g
            key={participant}
            class={`pointer ${mark.colour}${pointer.isGone ? " gone" : ""}`}
            transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`}
          >
            <circle class="pointer-halo" r="15" />
            <circle class="pointer-ring" r="15" />
            <circle class="pointer-dot" r="2.5" />
            <g transform={`translate(${isLeft ? -36 : 36} 0)`}>
              <polygon class="pointer-shape" points={mark.shape} transform="scale(1.5)" />
              <text class="pointer-letter" text-anchor="middle" dy="0.36em">
                {mark.letter}
              </text>
              <text class="pointer-name" x={isLeft ? -22 : 22} dy="0.36em" text-anchor={isLeft ? "end" : "start"}>
                {participant === self ? t("you") : mark.name}
              </text>
            </g>
          </g>
        );
      })}
    </svg>
  );
}
