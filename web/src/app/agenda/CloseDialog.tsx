import { useSignal } from "@preact/signals";
import type { AppointmentEntry, OutcomeWord } from "../../protocol";
import { Dialog, Fault } from "../parts/Dialog";
import { codeOf, sentenceOf, t } from "../words";
import { nameOf } from "./agenda";
import { ta } from "./agenda.words";
import { close } from "./calls";

const OUTCOMES = ["completed", "by_telephone", "in_person", "not_held"] as const satisfies readonly OutcomeWord[];

/** Says what became of a visit whose call did not say it. */
export function CloseDialog({ entry, onClose }: { entry: AppointmentEntry; onClose(): void }) {
  const outcome = useSignal<OutcomeWord>("completed");
  const fault = useSignal("");
  const act = async () => {
    fault.value = "";
    try {
      await close(entry.appointment, outcome.value);
      onClose();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <Dialog title={ta("closeTitle", { name: nameOf(entry) })} onClose={onClose}>
      <fieldset class="outcomes">
        <legend>{ta("closeMeaning")}</legend>
        {OUTCOMES.map((each) => (
          <label key={each} class="check">
            <input
              type="radio"
              name="close-outcome"
              checked={outcome.value === each}
              onChange={() => {
                outcome.value = each;
              }}
            />
            {ta(`outcome.${each}`)}
          </label>
        ))}
      </fieldset>
      <Fault text={fault.value} />
      <div class="actions">
        <button type="button" class="button" onClick={onClose}>
          {t("panel.keep")}
        </button>
        <button type="button" class="button primary" onClick={() => void act()}>
          {ta("closeConfirm")}
        </button>
      </div>
    </Dialog>
  );
}
