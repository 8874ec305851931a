import enlarge from "icon:maximize-2";
import shrink from "icon:minimize-2";
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Person } from "../protocol";
import { Icon } from "../ui/icon";
import type { MarksProps } from "./marks/Marks";
import type { Screens } from "./screens";
import { actionOf, shortcuts } from "./shortcuts";
import { Viewport } from "./Viewport";
import { t } from "./words";

/** Narrower, a layout of several viewports leaves each so little that one may be made large. */
const NARROW_PIXELS = 640;

interface Props {
  screens: Screens;
  people: Signal<Person[]>;
  presenter: string | undefined;
  /** Draws marks, once it is loaded. */
  Marks: ComponentType<MarksProps> | undefined;
}

/** The viewports of the layout. */
export function Stage({ screens, people, presenter, Marks }: Props) {
  const grid = useRef<HTMLDivElement>(null);
  const isNarrow = useSignal(false);
  useEffect(() => {
    if (!grid.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) isNarrow.value = entry.contentRect.width < NARROW_PIXELS;
    });
    observer.observe(grid.current);
    return () => observer.disconnect();
  }, []);

  const arrangement = screens.viewing.seen.value;
  const viewports = arrangement?.viewports ?? [null];
  const layout = arrangement?.layout ?? "one";
  const isAlone = viewports.length === 1;
  const mayEnlarge = isNarrow.value && !isAlone;
  const enlarged = mayEnlarge ? screens.enlarged.value : undefined;
  const large = enlarged !== undefined && enlarged < viewports.length ? enlarged : undefined;
  return (
    <div ref={grid} class="viewer-grid" data-layout={layout} data-enlarged={large !== undefined || undefined}>
      {screens.all.slice(0, viewports.length).map((screen) => {
        const { viewport } = screen;
        const isActive = viewport === screens.active.value;
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: what is in it has the focus, and says what it is
          <div
            key={viewport}
            class={`viewer-port${isActive && !isAlone ? " active" : ""}${viewport === large ? " large" : ""}`}
            onFocusIn={() => screens.activate(viewport)}
            onKeyDown={(event) => goOn(screens, viewport, event)}
          >
            <Viewport
              screen={screen}
              viewport={viewport}
              shown={screen.shown.value ?? null}
              seen={screen.seen.value ?? null}
              people={people}
              self={screens.self}
              isActive={isActive}
              isAlone={isAlone}
              presenter={presenter}
              isStaff={screens.isStaff}
              Marks={Marks}
            />
            {mayEnlarge ? (
              <button
                type="button"
                class="button viewer-number"
                aria-label={viewport === large ? t("shrink") : t("enlarge", { n: viewport + 1 })}
                aria-pressed={viewport === large}
                onClick={() => {
                  screens.enlarged.value = viewport === large ? undefined : viewport;
                }}
              >
                {viewport + 1}
                <Icon of={viewport === large ? shrink : enlarge} />
              </button>
            ) : (
              !isAlone && (
                <p class="viewer-number" aria-hidden="true">
                  {viewport + 1}
                </p>
              )
            )}
          </div>
        );
      })}
    </div>
  );
}

/** The way to other viewports from what is read in the place of a picture, where no other key means anything here. */
function goOn(screens: Screens, viewport: number, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  const press = { key: event.key, code: event.code, isShift: event.shiftKey };
  const action = actionOf(shortcuts.peek(), press);
  const by = action === "viewport.next" ? 1 : action === "viewport.previous" ? -1 : undefined;
  if (by !== undefined && screens.goTo(viewport, by)) event.preventDefault();
}
