import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ProblemCode } from "../../protocol";
import { codeOf } from "../words";

interface Loaded<T> {
  value: Signal<T | undefined>;
  problem: Signal<ProblemCode | undefined>;
  load(): Promise<void>;
}

/** Asks for what a page shows when it opens, and again on `load`. */
export function useLoaded<T>(what: () => Promise<T>): Loaded<T> {
  const value = useSignal<T | undefined>(undefined);
  const problem = useSignal<ProblemCode | undefined>(undefined);
  const load = async () => {
    problem.value = undefined;
    try {
      value.value = await what();
    } catch (cause) {
      problem.value = codeOf(cause);
    }
  };
  useEffect(() => {
    void load();
  }, []);
  return { value, problem, load };
}
