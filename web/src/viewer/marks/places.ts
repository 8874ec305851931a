import { effect } from "@preact/signals";
import type { MarkState } from "../../protocol";
import type { Screen } from "../screen";
import type { Screens } from "../screens";
import type { Arrangement } from "../viewing";

/** So many frames are remembered. */
const FRAMES_MAX = 10_000;

type Frame = Pick<MarkState, "instance" | "frame">;

export const isSameFrame = (a: Frame, b: Frame): boolean => a.instance === b.instance && a.frame === b.frame;

/**
 * Where marks are: their frames name their objects. The gateway tells their places in stacks that are on show; of the others they are known
 * once they were on show here.
 */
export class Places {
  #screens: Screens;
  #places = new Map<string, number>();

  constructor(screens: Screens) {
    this.#screens = screens;
  }

  /** Remembers what is on show; the answer stops it. */
  mount(): () => void {
    const { viewing } = this.#screens;
    return effect(() => {
      this.#note(viewing.state.value);
      this.#note(viewing.own.value);
    });
  }

  /** Where a mark lies, as far as this screen knows. */
  whereIs(mark: MarkState): "here" | "elsewhere" | "otherSeries" {
    const shown = this.#screens.viewing.seen.value?.viewports ?? [];
    if (shown.some((each) => each && isSameFrame(each, mark))) return "here";
    return shown.some((each) => each?.series === mark.series) ? "elsewhere" : "otherSeries";
  }

  /** Whether this person can bring the frame of a mark to where its series is on show. */
  mayGoTo(mark: MarkState): boolean {
    const isThere = this.whereIs(mark) === "elsewhere" && this.#of(mark) !== undefined;
    return isThere && this.#screens.isSteering.value;
  }

  /** Brings the frame of a mark up, where that is needed; the screen that has it. */
  bringUp(mark: MarkState): Screen | undefined {
    const place = this.#of(mark);
    const screens = this.#screens.all.filter(({ shown }) => shown.peek()?.series === mark.series);
    const isHere = ({ shown }: Screen) => {
      const now = shown.peek();
      return now !== undefined && isSameFrame(now, mark);
    };
    const screen = screens.find(isHere) ?? screens.find((each) => each === this.#screens.current) ?? screens[0];
    if (screen && !isHere(screen) && place !== undefined) screen.steering.scrollTo(place);
    return screen;
  }

  #note(arrangement: Arrangement | undefined): void {
    for (const shown of arrangement?.viewports ?? []) {
      if (!shown) continue;
      this.#places.set(`${shown.series} ${shown.instance} ${shown.frame}`, shown.index);
      const oldest = this.#places.keys().next();
      if (this.#places.size > FRAMES_MAX && !oldest.done) this.#places.delete(oldest.value);
    }
  }

  #of({ series, instance, frame, index }: MarkState): number | undefined {
    return index ?? this.#places.get(`${series} ${instance} ${frame}`);
  }
}
