import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Wire } from "../../wire";
import type { Tell } from "./news";
import { tc } from "./words";

/** As long as it takes to read it, for whoever looks elsewhere just then. */
const SHOWN_MS = 20_000;

/** What has just happened to the whole consultation: somebody nobody had booked comes in, or what was on show was taken back. */
export function Happened({ wire, tell }: { wire: Wire; tell: Tell }) {
  const words = useSignal("");
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const say = (subject: string, text: string) => {
      words.value = text;
      tell(subject, text, 0);
      clearTimeout(timer);
      timer = setTimeout(() => {
        words.value = "";
      }, SHOWN_MS);
    };
    const stops = [
      wire.on("dropped_in", ({ participant, name }) => {
        if (participant !== wire.welcome.peek()?.participant)
          say(`dropped in ${participant}`, tc("notice.droppedIn", { name }));
      }),
      wire.on("series_withdrawn", () => say("withdrawn", tc("notice.withdrawn"))),
    ];
    return () => {
      for (const stop of stops) stop();
      clearTimeout(timer);
    };
  }, [wire, tell, words]);
  if (words.value === "") return null;
  return (
    <div class="call-notices">
      <p class="notice info">{words.value}</p>
    </div>
  );
}
