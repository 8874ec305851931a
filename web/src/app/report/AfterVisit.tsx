import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { AfterEntry } from "../../protocol";
import { codeOf } from "../words";
import { CallBacks, Reopen } from "./CallBacks";
import { afterOf } from "./requests";

/** On the page of a visit that has ended: who asks to be called back, and the way to open it again. */
export function AfterVisit({ appointment }: { appointment: string }) {
  const after = useSignal<AfterEntry | undefined>(undefined);
  useEffect(() => {
    afterOf(appointment).then(
      (entry) => {
        after.value = entry;
      },
      (cause) => console.info("what comes after the visit is not known", codeOf(cause)),
    );
  }, [appointment, after]);
  const until = after.value?.reopensUntil;
  return (
    <>
      <CallBacks here={appointment} />
      {until !== undefined && <Reopen appointment={appointment} until={until} />}
    </>
  );
}
