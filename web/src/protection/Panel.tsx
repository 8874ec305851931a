import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import type { CallProtectionProps } from "./CallProtection";
import { t } from "./open.words";

/** The panel, loaded when somebody wants to read it. */
export function ProtectionPanel(props: CallProtectionProps) {
  const Loaded = useSignal<ComponentType<CallProtectionProps> | undefined>(undefined);
  const hasFailed = useSignal(false);
  const load = () => {
    hasFailed.value = false;
    import("./CallProtection").then(
      (module) => {
        Loaded.value = module.CallProtection;
      },
      () => {
        hasFailed.value = true;
      },
    );
  };
  useEffect(load, []);
  if (Loaded.value) return <Loaded.value {...props} />;
  return (
    <div role="status">
      <p>{hasFailed.value ? t("failed") : t("loading")}</p>
      {hasFailed.value && (
        <button type="button" class="button" onClick={load}>
          {t("retry")}
        </button>
      )}
    </div>
  );
}
