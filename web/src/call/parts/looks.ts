import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Wire } from "../../wire";
import type { NetworkWord } from "../network";
import type { SightWord } from "../sight";

/** What the video element in this box shows of a camera's track; undefined until something is known. What looks is loaded here. */
export function useSight(
  box: RefObject<HTMLElement | null>,
  track: MediaStreamTrack | undefined,
): SightWord | undefined {
  const word = useSignal<SightWord | undefined>(undefined);
  useEffect(() => {
    word.value = undefined;
    if (!track) return;
    let stop: (() => void) | undefined;
    let isWanted = true;
    import("../sight")
      .then(({ watchSight }) => {
        const video = box.current?.querySelector("video");
        if (!isWanted || !video) return;
        stop = watchSight(video, (found) => {
          word.value = found;
        });
      })
      .catch((cause) => console.info("the picture could not be looked at", cause));
    return () => {
      isWanted = false;
      stop?.();
    };
  }, [track]);
  return word.value;
}

/** What a short look at the network finds, each time the wire opens; undefined until then. What looks is loaded here. */
export function useNetwork(wire: Wire | undefined): NetworkWord | undefined {
  const word = useSignal<NetworkWord | undefined>(undefined);
  const isOpen = wire?.state.value === "open";
  useEffect(() => {
    if (!wire || !isOpen) return;
    let isWanted = true;
    Promise.all([import("../look"), import("../network")])
      .then(async ([{ lookAtNetwork }, { networkWord }]) => {
        const found = networkWord(await lookAtNetwork(wire));
        if (isWanted) word.value = found;
      })
      .catch((cause) => console.info("the network could not be looked at", cause));
    return () => {
      isWanted = false;
    };
  }, [wire, isOpen]);
  return word.value;
}
