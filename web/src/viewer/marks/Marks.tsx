import type { ReadonlySignal } from "@preact/signals";
import type { Person } from "../../protocol";
import { Shape } from "../Graphics";
import { type Point, type Size, toSurface } from "../geometry";
import { LINE_PIXELS } from "../graphics";
import type { Screen } from "../screen";
import type { Sign } from "../signs";
import type { Shown } from "../viewing";
import { marksOf } from "./book";
import type { Sketch } from "./marking";
import { t } from "./marks.words";
import { preview } from "./measure";
import { type Drawn, drawnOf, type Laid, layLabels } from "./shapes";
import { labelOf, markInWords } from "./values";
import "./marks.css";

export interface MarksProps {
  screen: Screen;
  /** What the picture on the screen shows. */
  shown: Shown;
  people: ReadonlySignal<readonly Person[]>;
}

/** Room of a letter beside a mark, and about that of a letter of its words, in pixels. */
const PLATE_PIXELS = 26;
const CHARACTER_PIXELS = 8;
/** Longer words go on in another line. */
const LINE_CHARACTERS = 30;
const HANDLE_PIXELS = 7;

/** What is drawn over one frame, whoever drew it: vectors in their places, with their values. */
export function Marks({ screen, shown, people }: MarksProps) {
  const { screens } = screen;
  const { viewing, authors, self } = screens;
  const marking = screens.marking.value;
  const surface = screen.size.value;
  const place = (point: Point) => toSurface(surface, shown.aspect, shown, point);
  const isShown = viewing.state.value?.hasMarks !== false;
  const moved = marking?.moved.value;
  const chosen = marking?.chosen.value?.mark;
  const marks = (isShown ? marksOf(viewing.marks.known.value, shown) : []).flatMap((mark) => {
    const isMoved = mark.mark === chosen && moved !== undefined;
    const points = isMoved ? moved.points : mark.points.map(([x, y]) => ({ x, y }));
    const drawn = drawnOf(mark.shape, points.map(place));
    const measured = isMoved ? previewOf(shown, mark.shape, points) : mark.measured;
    const { measured: _, ...rest } = mark;
    return drawn ? [{ mark, drawn, lines: wrapped(labelOf({ ...rest, ...(measured && { measured }) })) }] : [];
  });
  const sketches = [...(marking?.sent.value ?? []), marking?.asked.value, marking?.sketch.value]
    .filter((sketch) => sketch !== undefined)
    .filter((sketch) => isOf(sketch, screen, shown));
  if (surface.width < 1 || (marks.length === 0 && sketches.length === 0)) return null;
  const laid = layLabels(
    marks.map(({ drawn, lines }) => ({ at: drawn.label, ...sizeOf(lines) })),
    surface,
  );
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: HTML has no element that groups drawings */}
      <svg class="viewer-marks" role="group" aria-label={t("layer")}>
        {marks.map(({ mark, drawn }) => {
          const sign = authors.of(people.value, mark.participant);
          const isChosen = mark.mark === chosen;
          return (
            // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: nothing in a drawing can be pressed
            <g
              key={mark.mark}
              role="img"
              aria-label={markInWords(mark, sign.name, mark.participant === self)}
              class={`mark ${sign.colour}${isChosen ? " chosen" : ""}`}
              data-mark={mark.mark}
            >
              <Lines of={drawn} />
              {mark.number !== undefined && <Numbered n={mark.number} drawn={drawn} />}
              {isChosen && <Handles drawn={drawn} handle={moved?.handle} isMoved={moved !== undefined} />}
            </g>
          );
        })}
        {/* Words lie over the lines of all marks; who drew them, and what, is said above. */}
        {marks.map(({ mark, lines }, index) => {
          const sign = authors.of(people.value, mark.participant);
          const at = laid[index];
          return (
            at && (
              // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in a drawing has the focus
              <g key={`${mark.mark}-words`} aria-hidden="true" class={`mark ${sign.colour}`}>
                <Words sign={sign} at={at} lines={lines} />
              </g>
            )
          );
        })}
      </svg>
      {sketches.length > 0 && (
        <svg class="viewer-marks" aria-hidden="true" focusable="false">
          {sketches.map((sketch, index) => (
            <Sketched
              key={index}
              sketch={sketch}
              shown={shown}
              surface={surface}
              place={place}
              sign={authors.of(people.value, self)}
            />
          ))}
        </svg>
      )}
    </>
  );
}

const isOf = (sketch: Sketch, { viewport }: Screen, { instance, frame }: Shown) =>
  sketch.viewport === viewport && sketch.instance === instance && sketch.frame === frame;

const previewOf = (shown: Shown, shape: Sketch["shape"], points: readonly Point[]) =>
  preview(
    shown,
    shape,
    points.map(({ x, y }) => [x, y]),
  );

/** Words in lines of a length that can be read beside a mark. */
function wrapped(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const rows: string[] = [];
    // No-break spaces keep numbers with their units.
    for (const word of line.split(" ")) {
      const last = rows.at(-1);
      if (last !== undefined && last.length + word.length < LINE_CHARACTERS) rows[rows.length - 1] = `${last} ${word}`;
      else rows.push(word);
    }
    return rows;
  });
}

const sizeOf = (lines: readonly string[]): Size => ({
  width: PLATE_PIXELS + CHARACTER_PIXELS * Math.max(0, ...lines.map(({ length }) => length)),
  height: LINE_PIXELS * Math.max(1, lines.length),
});

function Lines({ of }: { of: Drawn }) {
  return (
    <>{[true, false].map((isHalo) => of.lines.map((line, index) => <Shape key={index} of={line} isHalo={isHalo} />))}</>
  );
}

function Numbered({ n, drawn }: { n: number; drawn: Drawn }) {
  const at = drawn.points[0];
  return (
    at && (
      <text class="mark-number" x={at.x} y={at.y} dy="0.36em" text-anchor="middle">
        {n}
      </text>
    )
  );
}

/** The letter of whoever drew it, on a shape of their own, and the words. */
function Words({ sign, at, lines }: { sign: Sign; at: Laid; lines: readonly string[] }) {
  const by = at.isLeft ? -1 : 1;
  const x = at.x + by * (PLATE_PIXELS - 4);
  return (
    <>
      <g transform={`translate(${(at.x + by * 9).toFixed(1)} ${at.y.toFixed(1)})`}>
        <polygon class="mark-plate" points={sign.shape} />
        <text class="mark-letter" text-anchor="middle" dy="0.36em">
          {sign.letter}
        </text>
      </g>
      <text class="mark-words" text-anchor={at.isLeft ? "end" : "start"}>
        {lines.map((line, index) => (
          <tspan key={`${index}-${line}`} x={x} y={at.y + index * LINE_PIXELS} dy="0.36em">
            {line}
          </tspan>
        ))}
      </text>
    </>
  );
}

/** Where a chosen mark can be taken hold of. */
function Handles({ drawn, handle, isMoved }: { drawn: Drawn; handle: number | undefined; isMoved: boolean }) {
  if (drawn.points.length > 3) return null;
  return (
    <>
      {drawn.points.map(({ x, y }, index) => (
        <rect
          key={`${index}`}
          class={isMoved && index === handle ? "mark-handle held" : "mark-handle"}
          x={x - HANDLE_PIXELS}
          y={y - HANDLE_PIXELS}
          width={2 * HANDLE_PIXELS}
          height={2 * HANDLE_PIXELS}
        />
      ))}
    </>
  );
}

interface SketchedProps {
  sketch: Sketch;
  shown: Shown;
  surface: Size;
  place(point: Point): Point;
  sign: Sign;
}

/** A mark on its way, with what it would measure. */
function Sketched({ sketch, shown, surface, place, sign }: SketchedProps) {
  const points = sketch.points.map(place);
  const drawn = drawnOf(sketch.shape, points);
  const measured = previewOf(shown, sketch.shape, sketch.points);
  const lines = measured ? wrapped(labelOf({ shape: sketch.shape, text: "", measured })) : [];
  const at = drawn && layLabels([{ at: drawn.label, ...sizeOf(lines) }], surface)[0];
  const cursor = sketch.cursor && place(sketch.cursor);
  return (
    <g class={`mark sketch ${sign.colour}`}>
      {drawn && <Lines of={drawn} />}
      {points.slice(0, sketch.shape === "freehand" ? 1 : sketch.placed).map(({ x, y }, index) => (
        <circle key={`${index}`} class="mark-placed" cx={x} cy={y} r={4} />
      ))}
      {at && lines.length > 0 && <Words sign={sign} at={at} lines={lines} />}
      {cursor && <Cursor at={cursor} />}
    </g>
  );
}

/** Where keys place the next point. */
function Cursor({ at: { x, y } }: { at: Point }) {
  const d = `M${x - 18} ${y}H${x - 5}M${x + 5} ${y}H${x + 18}M${x} ${y - 18}V${y - 5}M${x} ${y + 5}V${y + 18}`;
  return (
    <>
      <path class="graphic-halo" d={d} />
      <path class="graphic-line" d={d} />
    </>
  );
}
