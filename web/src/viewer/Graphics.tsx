import { type Size, toSurface } from "./geometry";
import { colorOf, type Drawing, drawingOf, LINE_PIXELS } from "./graphics";
import type { Shown } from "./viewing";
import { t } from "./words";

/** For layers that recommend no colour: that of every text on images. */
const COLOR = "#f5f0dc";

/** What a presentation state draws: vectors over the picture, each with a dark edge so that it is seen on any ground. */
export function Graphics({ surface, shown }: { surface: Size; shown: Shown }) {
  if (shown.graphics.length === 0 || surface.width < 1) return null;
  return (
    <svg class="viewer-graphics" role="img" aria-label={t("graphics", { text: textOf(shown) })}>
      {shown.graphics.map((graphic, index) => {
        const drawing = drawingOf(
          graphic,
          (point) => toSurface(surface, shown.aspect, shown, point),
          ({ x, y }) => ({ x: x * surface.width, y: y * surface.height }),
        );
        return (
          drawing && (
            <g
              key={`${index}-${graphic.shape}`}
              class={graphic.isFilled ? "graphic filled" : "graphic"}
              style={{ color: colorOf(graphic) ?? COLOR }}
            >
              <Shape of={drawing} isHalo />
              <Shape of={drawing} />
            </g>
          )
        );
      })}
    </svg>
  );
}

const textOf = (shown: Shown) =>
  shown.graphics
    .map(({ text }) => text?.trim())
    .filter(Boolean)
    .join(", ");

/** Draws one of the shapes; `isHalo` its dark edge, which lies below it. */
export function Shape({ of, isHalo }: { of: Drawing; isHalo?: boolean }) {
  const look = isHalo ? "graphic-halo" : "graphic-line";
  switch (of.is) {
    case "dots":
      return (
        <>
          {of.at.map(({ x, y }, index) => (
            <circle key={`${index}-${x}`} class={`${look} graphic-dot`} cx={x} cy={y} r={isHalo ? 4 : 3} />
          ))}
        </>
      );
    case "path":
      return <path class={look} d={of.d} />;
    case "circle":
      return <circle class={look} cx={of.at.x} cy={of.at.y} r={of.r} />;
    case "ellipse":
      return (
        <ellipse
          class={look}
          cx={of.at.x}
          cy={of.at.y}
          rx={of.rx}
          ry={of.ry}
          transform={`rotate(${of.angle.toFixed(2)} ${of.at.x} ${of.at.y})`}
        />
      );
    case "text":
      return (
        <>
          {of.leader && <path class={look} d={of.leader} />}
          {!isHalo && (
            <text class="graphic-text" text-anchor={of.isCentered ? "middle" : "start"}>
              {of.lines.map((line, index) => (
                <tspan key={`${index}-${line}`} x={of.at.x} y={of.at.y + index * LINE_PIXELS} dy="0.36em">
                  {line}
                </tspan>
              ))}
            </text>
          )}
        </>
      );
  }
}
