import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { SourceWord } from "../../protocol";
import type { Call } from "../call";

/** The element whose size decides how large this picture is asked for. It may be there before the picture is. */
export function useWatched(call: Call, participant: string, source: SourceWord): RefObject<HTMLElement | null> {
  const element = useRef<HTMLElement>(null);
  useEffect(
    () => (element.current ? call.watching.follow(element.current, participant, source) : undefined),
    [call, participant, source],
  );
  return element;
}
