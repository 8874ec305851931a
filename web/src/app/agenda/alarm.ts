import { type Signal, signal } from "@preact/signals";
import { audio, playChime, soundState } from "../../call/sound";

const REMEMBERED_AS = "parvis.alarm";

function remembered(): boolean {
  try {
    return localStorage.getItem(REMEMBERED_AS) === "on";
  } catch {
    return false;
  }
}

/** Whether this device plays a sound when somebody begins to wait. Off until somebody asks for it. */
export const isAlarmOn: Signal<boolean> = signal(remembered());

export function setAlarm(isOn: boolean): void {
  isAlarmOn.value = isOn;
  // The tap that switches it on is what lets the browser play later.
  if (isOn) audio();
  try {
    localStorage.setItem(REMEMBERED_AS, isOn ? "on" : "off");
  } catch {
    // Then it lasts as long as the page.
  }
}

/** It is wanted, and the browser plays nothing on this page before a click. */
export const isAlarmHeld = (): boolean => isAlarmOn.value && soundState.value === "suspended";

/** Lets the browser play, where it can by now: at once where it lets the page, and else with the next click. */
export function readyAlarm(): () => void {
  const ready = () => {
    if (isAlarmOn.peek()) audio();
  };
  ready();
  addEventListener("click", ready);
  return () => removeEventListener("click", ready);
}

/** Tells who is new among those that wait, and rings for them if that is wanted. */
export class Alarm {
  #known: ReadonlySet<string> | undefined;

  /** Whether it rang. The first list of a page never rings: the eyes are on it. */
  update(waiting: readonly string[]): boolean {
    const isNew = this.#known !== undefined && waiting.some((person) => !this.#known?.has(person));
    this.#known = new Set(waiting);
    if (isNew && isAlarmOn.peek()) void playChime();
    return isNew && isAlarmOn.peek();
  }
}
