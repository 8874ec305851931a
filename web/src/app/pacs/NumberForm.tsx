import { useSignal } from "@preact/signals";
import { Fault } from "../parts/Dialog";
import { Field } from "../parts/Field";
import { codeOf, sentenceOf } from "../words";
import { t } from "./pacs.words";
import { keepNumber } from "./requests";

interface NumberFormProps {
  appointment: string;
  patient: string;
  /** Whose number it is; empty: the hospital's own. */
  domain: string;
  confirm: string;
  onKept(): void;
}

/** The number by which archives know a patient, to write down. */
export function NumberForm({ appointment, patient, domain, confirm, onKept }: NumberFormProps) {
  const number = useSignal("");
  const fault = useSignal("");
  const isBusy = useSignal(false);
  const keep = async () => {
    fault.value = "";
    isBusy.value = true;
    try {
      await keepNumber(appointment, patient, { number: number.peek(), domain });
      number.value = "";
      onKept();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
    isBusy.value = false;
  };
  return (
    <form
      class="pacs-number"
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      <Field
        label={domain ? t("numberOf", { domain }) : t("number")}
        hint={t("numberHint")}
        value={number.value}
        onValue={(value) => {
          number.value = value;
        }}
        input={{ maxLength: 64, autocomplete: "off", autocapitalize: "none", spellcheck: false }}
      />
      <Fault text={fault.value} />
      <button type="submit" class="button primary" disabled={isBusy.value}>
        {confirm}
      </button>
    </form>
  );
}
