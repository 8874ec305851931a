import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Field } from "../parts/Field";
import { t } from "./local.words";

/** The six digits of an app; its button is the child. */
export function CodeForm({ onShow, children }: { onShow: (code: string) => void; children: ComponentChildren }) {
  const code = useSignal("");
  return (
    <form
      class="local-form"
      onSubmit={(event) => {
        event.preventDefault();
        onShow(code.value);
      }}
    >
      <Field
        label={t("code")}
        hint={t("codeHint")}
        value={code.value}
        onValue={(value) => {
          code.value = value;
        }}
        input={{ autocomplete: "one-time-code", inputMode: "numeric", maxLength: 9, class: "local-code" }}
      />
      {children}
    </form>
  );
}
