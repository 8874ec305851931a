import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Screens } from "../screens";

type Layer = typeof import("./layer");
type Hands = typeof import("./hands");
type List = typeof import("./MarkList")["MarkList"];

/** What marks need on this page, as far as it is loaded: what draws them, the tools of those who may draw, and the list for staff. */
export interface MarkParts {
  layer: Layer | undefined;
  hands: Hands | undefined;
  List: List | undefined;
}

/** Loads what this person needs of marks, when they need it. */
export function useMarks(screens: Screens): MarkParts {
  const layer = useSignal<Layer | undefined>(undefined);
  const hands = useSignal<Hands | undefined>(undefined);
  const list = useSignal<List | undefined>(undefined);
  const { viewing, isStaff, marking } = screens;
  const mayDraw = useComputed(() => {
    const guests = viewing.state.value?.guests;
    return isStaff || guests?.mayMark === true || guests?.mayMeasure === true;
  });
  useSignalEffect(() => {
    // What could not be loaded is tried again with the next marks.
    void viewing.marks.known.value;
    if (layer.peek()) return;
    import("./layer").then(
      (module) => {
        layer.value = module;
      },
      (cause) => console.warn("what draws marks could not be loaded", cause),
    );
  });
  useSignalEffect(() => {
    if (!mayDraw.value || hands.peek()) return;
    import("./hands").then(
      (module) => {
        hands.value = module;
      },
      (cause) => console.warn("the tools that draw could not be loaded", cause),
    );
    if (isStaff)
      import("./MarkList").then(
        (module) => {
          list.value = module.MarkList;
        },
        (cause) => console.warn("the list of marks could not be loaded", cause),
      );
  });
  const isReady = mayDraw.value && hands.value !== undefined;
  useEffect(() => {
    const known = hands.peek();
    if (!isReady || !known) return;
    const made = new known.Marking(screens);
    marking.value = made;
    const stop = made.mount();
    return () => {
      marking.value = undefined;
      stop();
    };
  }, [screens, marking, isReady, hands]);
  return { layer: layer.value, hands: isReady ? hands.value : undefined, List: list.value };
}
