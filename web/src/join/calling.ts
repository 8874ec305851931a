import { type Signal, signal } from "@preact/signals";
import { remember, remembered } from "../call/remembered";
import { audio, playChime } from "../call/sound";

const REMEMBERED_AS = "parvis.quiet";

/** What the bar of the browser says instead of the page's title, until somebody looks at the page. */
export const calling: Signal<string | undefined> = signal(undefined);

/** This person wants neither sound nor vibration. */
export const isQuiet: Signal<boolean> = signal(remembered(REMEMBERED_AS) === "yes");

export function setQuiet(quiet: boolean): void {
  isQuiet.value = quiet;
  // The tap that wants a sound is what lets the browser play it later.
  if (!quiet) audio();
  remember(REMEMBERED_AS, quiet ? "yes" : undefined);
}

const wantsLess = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Calls whoever waits back to the page: its title says why until it is looked at, one soft sound is played, and a device that can shakes
 * once. Whoever wants it quiet gets the title alone, whoever asked their device for less motion no shaking.
 */
export function callBack(words: string, shakes: readonly number[]): void {
  if (document.visibilityState === "hidden") calling.value = words;
  if (isQuiet.peek()) return;
  void playChime();
  if (!wantsLess()) navigator.vibrate?.([...shakes]);
}

/** Follows whether the page is looked at, until the answer is called. */
export function followLooks(): () => void {
  const look = () => {
    if (document.visibilityState !== "hidden") calling.value = undefined;
  };
  document.addEventListener("visibilitychange", look);
  return () => document.removeEventListener("visibilitychange", look);
}
