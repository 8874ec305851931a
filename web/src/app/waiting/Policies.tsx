import { useSignal } from "@preact/signals";
import type { WaitingPolicyState, WaitingService } from "../../protocol";
import { Fault } from "../parts/Dialog";
import { codeOf, sentenceOf } from "../words";
import { setPolicy } from "./requests";
import { t } from "./waiting.words";

/** What services decided about their waiting rooms, for who may change it. */
export function Policies({ services }: { services: readonly WaitingService[] }) {
  return (
    <details class="waiting-policy">
      <summary>{t("policy")}</summary>
      {services.map((service) => (
        <Policy key={service.service} service={service} />
      ))}
    </details>
  );
}

function Policy({ service }: { service: WaitingService }) {
  const fault = useSignal("");
  const isKept = useSignal(false);
  const change = async (changed: Partial<WaitingPolicyState>) => {
    fault.value = "";
    isKept.value = false;
    try {
      await setPolicy(service.service, { ...service.policy, ...changed });
      isKept.value = true;
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <fieldset class="choice">
      <legend>{service.name}</legend>
      <label class="check">
        <input
          type="checkbox"
          checked={service.policy.showsPosition}
          onChange={(event) => void change({ showsPosition: event.currentTarget.checked })}
        />
        <span>{t("policyPosition")}</span>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={service.policy.mayTakeOver}
          onChange={(event) => void change({ mayTakeOver: event.currentTarget.checked })}
        />
        <span>{t("policyTakeOver")}</span>
      </label>
      <p class="muted" role="status">
        {isKept.value && t("policyKept")}
      </p>
      <Fault text={fault.value} />
    </fieldset>
  );
}
