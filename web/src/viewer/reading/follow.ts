import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Steering } from "../steering";
import type { Shown } from "../viewing";
import { clampSize, partOf, positionOf, rangeOf, topOf, viewOf } from "./position";

/** How far a browser may round a place that it was told. */
const ROUNDING_PIXELS = 2;
/** A smaller movement is no news to the others. */
const NEWS = 0.0005;

export interface Following {
  /** The element that scrolls. */
  box: { current: HTMLDivElement | null };
  /** The element in it that is as high as the document. */
  sheet: { current: HTMLDivElement | null };
  /** How large the document is shown here. */
  size: number;
  /** Whether this person reads where the presenter reads. */
  isFollowing: ReadonlySignal<boolean>;
  resize(by: number): void;
  followAgain(): void;
}

/**
 * Reading together: whoever presents tells their place, everybody else goes there. A follower who scrolls by hand stays where
 * they are until they ask to follow again.
 *
 * A place is a part of what can be scrolled, so it is taken again whenever that changes: pages come, a bar gets a second line,
 * a phone is turned. A browser then moves what it shows by itself; that is nobody's scrolling.
 */
export function useFollowing(steering: Steering, shown: Shown, isPresenting: boolean): Following {
  const box = useRef<HTMLDivElement | null>(null);
  const sheet = useRef<HTMLDivElement | null>(null);
  /** Where this screen was put last, by the presenter's place or by a hand. */
  const put = useRef(0);
  const isFollowing: Signal<boolean> = useMemo(() => signal(true), []);
  const ownSize: Signal<number | undefined> = useMemo(() => signal(undefined), []);
  const latest = useRef({ shown, isPresenting });
  latest.current = { shown, isPresenting };

  // The presenter's own place comes from what was last asked for, so that nothing jumps while it is on its way.
  const position = positionOf(isPresenting ? (steering.current ?? shown) : shown);
  const size = isPresenting ? position.zoom : (ownSize.value ?? position.zoom);

  const actions = useMemo(() => {
    const settle = () => {
      const element = box.current;
      if (!element) return;
      const now = latest.current;
      if (!now.isPresenting && !isFollowing.peek()) return;
      const at = positionOf(now.isPresenting ? (steering.current ?? now.shown) : now.shown);
      const top = topOf(element, at.part);
      if (Math.abs(element.scrollTop - top) > ROUNDING_PIXELS) element.scrollTop = top;
      put.current = element.scrollTop;
    };
    /** After a scroll, and after a change of the layout: either may be told before the other. */
    const look = (isLayout: boolean) => {
      const element = box.current;
      if (!element) return;
      // The browser by itself moves only what does not reach so far any more: its anchoring is switched off.
      const isCut = put.current > rangeOf(element) + ROUNDING_PIXELS;
      const isMoved = Math.abs(element.scrollTop - put.current) > ROUNDING_PIXELS;
      if (isCut || !isMoved) {
        if (isCut || isLayout) settle();
        return;
      }
      const now = latest.current;
      if (!now.isPresenting) {
        isFollowing.value = false;
        return;
      }
      put.current = element.scrollTop;
      const at = positionOf(steering.current ?? now.shown);
      const part = partOf(element);
      if (Math.abs(part - at.part) > NEWS) steering.setView(viewOf({ part, zoom: at.zoom }));
    };
    return { settle, scrolled: () => look(false), arranged: () => look(true) };
  }, [steering, isFollowing]);

  useEffect(() => {
    const element = box.current;
    element?.addEventListener("scroll", actions.scrolled, { passive: true });
    const observer = new ResizeObserver(actions.arranged);
    for (const each of [element, sheet.current]) if (each) observer.observe(each);
    return () => {
      element?.removeEventListener("scroll", actions.scrolled);
      observer.disconnect();
    };
  }, [actions]);
  useEffect(() => {
    if (!isPresenting) return;
    isFollowing.value = true;
    ownSize.value = undefined;
  }, [isPresenting, isFollowing, ownSize]);
  // The presenter is where they are; the others go where the presenter is.
  useLayoutEffect(actions.settle, [actions, size, isPresenting, isPresenting ? 0 : position.part, shown.index]);

  return {
    box,
    sheet,
    size,
    isFollowing,
    resize: (by) => {
      if (!isPresenting) {
        ownSize.value = clampSize(size * by);
        return;
      }
      // From what was asked for last: a second press may come before the answer to the first.
      const at = positionOf(steering.current ?? shown);
      steering.setView(viewOf({ part: at.part, zoom: at.zoom * by }));
    },
    followAgain: () => {
      isFollowing.value = true;
      ownSize.value = undefined;
      actions.settle();
    },
  };
}
