import check from "icon:check";
import copy from "icon:copy";
import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { Icon } from "../../ui/icon";
import { t } from "../words";

/** A line of text that can be copied with one button, or by hand where the browser does not let pages copy. */
export function CopyLine({ label, text }: { label: string; text: string }) {
  const state = useSignal<"" | "copied" | "selected">("");
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const act = async () => {
    try {
      await navigator.clipboard.writeText(text);
      state.value = "copied";
    } catch {
      input.current?.select();
      state.value = "selected";
    }
  };
  return (
    <div class="copy-line">
      <label class="spoken" for={id}>
        {label}
      </label>
      <input ref={input} id={id} type="text" readOnly value={text} onFocus={(event) => event.currentTarget.select()} />
      <button type="button" class="button" aria-describedby={id} onClick={() => void act()}>
        <Icon of={state.value === "copied" ? check : copy} />
        {state.value === "copied" ? t("app.copied") : t("app.copy")}
      </button>
      <p class="copy-state" role="status">
        {state.value === "selected" ? t("app.copyByHand") : ""}
        {state.value === "copied" && <span class="spoken">{t("app.copied")}</span>}
      </p>
    </div>
  );
}
