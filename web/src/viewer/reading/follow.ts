import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Steering } from "../steering";
import type { Shown } from "../viewing";
import { clampSize, partOf, positionOf, rangeOf, topOf, viewOf } from "./position";

/** How far a browser may round a place that it was told. */
const ROUNDING_PIXELS = 2;
/** A smaller movement is no news to the others. */
const NEWS = 0.0005;
/** For so long after it was put somewhere, or its room changed, a movement that no hand made is the browser's own. */
const SETTLING_MS = 700;
/** So long after a hand has been there, and after each movement that follows, what moves is still of that hand: a page rolls on. */
const HAND_MS = 1000;
/** What a hand does that scrolls. A movement without any, of a screen reader or a search, counts once all has settled. */
const HANDS = ["wheel", "touchstart", "touchmove", "keydown", "pointerdown"] as const;

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
 * a phone is turned. A browser then moves what it shows by itself, more than once and before it tells the new sizes, and ends a
 * movement late that a key began; that is nobody's scrolling.
 */
export function useFollowing(steering: Steering, shown: Shown, isPresenting: boolean): Following {
  const box = useRef<HTMLDivElement | null>(null);
  const sheet = useRef<HTMLDivElement | null>(null);
  /** Where this screen was put last, by the presenter's place or by a hand. */
  const put = useRef(0);
  /** Until when the browser may still be moving what it shows by itself, and until when what moves is of a hand. */
  const until = useRef({ settled: 0, handled: 0 });
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
      if (Math.abs(element.scrollTop - top) > ROUNDING_PIXELS) {
        element.scrollTop = top;
        unsettle();
      }
      put.current = element.scrollTop;
    };
    const unsettle = () => {
      until.current = { settled: performance.now() + SETTLING_MS, handled: 0 };
    };
    const handled = () => {
      until.current.handled = performance.now() + HAND_MS;
    };
    /** After a scroll, and after a change of the layout: either may be told before the other. */
    const look = (isLayout: boolean) => {
      const element = box.current;
      if (!element) return;
      // The browser by itself moves only what does not reach so far any more: its anchoring is switched off.
      const isCut = put.current > rangeOf(element) + ROUNDING_PIXELS;
      const isMoved = Math.abs(element.scrollTop - put.current) > ROUNDING_PIXELS;
      const isHandled = performance.now() < until.current.handled;
      const isOwn = isMoved && !isCut && (isHandled || performance.now() > until.current.settled);
      if (isLayout && !isHandled) unsettle();
      if (!isOwn) {
        if (isCut || isMoved || isLayout) settle();
        return;
      }
      if (isHandled) handled();
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
    return { settle, unsettle, handled, scrolled: () => look(false), arranged: () => look(true) };
  }, [steering, isFollowing]);

  useEffect(() => {
    const element = box.current;
    element?.addEventListener("scroll", actions.scrolled, { passive: true });
    for (const hand of HANDS) element?.addEventListener(hand, actions.handled, { passive: true });
    // A window that gets another size moves what it shows before anything else is told.
    window.addEventListener("resize", actions.unsettle);
    const observer = new ResizeObserver(actions.arranged);
    for (const each of [element, sheet.current]) if (each) observer.observe(each);
    return () => {
      element?.removeEventListener("scroll", actions.scrolled);
      for (const hand of HANDS) element?.removeEventListener(hand, actions.handled);
      window.removeEventListener("resize", actions.unsettle);
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
      // What the last key or finger began may not have ended.
      actions.unsettle();
      actions.settle();
    },
  };
}
