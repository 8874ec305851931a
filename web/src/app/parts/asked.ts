import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../requests";
import { codeOf, sentenceOf } from "../words";

/** What a page shows of one address. */
export interface Asked<T> {
  /** `undefined`: not told yet. */
  told: Signal<T | undefined>;
  /** A sentence, or empty. */
  fault: Signal<string>;
  /** Asks again. */
  load(): Promise<void>;
}

/** Asks for it when the page opens. */
export function useAsked<T>(path: string): Asked<T> {
  const told = useSignal<T | undefined>(undefined);
  const fault = useSignal("");
  const load = async () => {
    fault.value = "";
    try {
      told.value = await ask<T>("GET", path);
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  useEffect(() => void load(), []);
  return { told, fault, load };
}
