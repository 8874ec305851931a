import type { Point } from "./geometry";
import type { Gestures, Hand } from "./input";

/** Listens on an element; the answer stops it. */
export function listen(element: HTMLElement, gestures: Gestures): () => void {
  const place = (event: MouseEvent): Point => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const hand = (event: PointerEvent): Hand => ({
    id: event.pointerId,
    kind: event.pointerType === "touch" ? "touch" : "mouse",
    button: event.button,
    ...place(event),
  });
  const controller = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(
    type: K,
    f: (event: HTMLElementEventMap[K]) => void,
    options: AddEventListenerOptions = {},
  ) => element.addEventListener(type, f, { ...options, signal: controller.signal });

  on("pointerdown", (event) => {
    if (!gestures.down(hand(event))) return;
    element.setPointerCapture(event.pointerId);
    // The middle button would start the browser's own scrolling. The focus still comes here: keys work after a click.
    event.preventDefault();
    element.focus({ preventScroll: true });
  });
  on("pointermove", (event) => gestures.move(hand(event)));
  // Chromium tells it at once, where `pointermove` waits for the next frame and then says the same again.
  on("pointerrawupdate", (event) => {
    if (event instanceof PointerEvent && event.buttons !== 0) gestures.move(hand(event));
  });
  on("pointerup", (event) => gestures.up(event.pointerId));
  on("pointercancel", (event) => gestures.cancel(event.pointerId));
  on("pointerleave", () => gestures.leave());
  on("contextmenu", (event) => event.preventDefault());
  on(
    "wheel",
    (event) => {
      event.preventDefault();
      gestures.wheel(place(event), event.deltaY, event.deltaMode, event.ctrlKey);
    },
    { passive: false },
  );
  on("keydown", (event) => {
    // AltGr, which Windows tells as Ctrl and Alt, writes signs: on French keyboards the brackets among them.
    const isWriting = event.key.length === 1 && event.getModifierState("AltGraph");
    const control = event.metaKey || ((event.ctrlKey || event.altKey) && !isWriting);
    const command = (event.metaKey || event.ctrlKey) && !event.altKey;
    const modifiers = { shift: event.shiftKey, control, command };
    if (gestures.key(event.key, event.code, modifiers, event.repeat)) event.preventDefault();
  });
  on("keyup", (event) => gestures.keyUp(event.key));
  on("blur", () => gestures.blur());
  return () => controller.abort();
}
