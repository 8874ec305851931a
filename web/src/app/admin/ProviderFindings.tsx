import check from "icon:check";
import alert from "icon:circle-alert";
import type { ProviderEntry, ProviderTrial } from "../../protocol";
import { Icon } from "../../ui/icon";
import { findings } from "./provider-form";
import { t } from "./providers.words";

export const nameOf = (entry: ProviderEntry): string => entry.label ?? t("own");

/** What a trial found. */
export function Findings({ trial }: { trial: ProviderTrial }) {
  const [first = "", ...rest] = findings(trial);
  return (
    <div class="admin-form">
      <p class={`notice ${trial.fault ? "danger" : "good"}`}>
        <Icon of={trial.fault ? alert : check} />
        <span>{first}</span>
      </p>
      {rest.length > 0 && (
        <ul class="admin-findings">
          {rest.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
