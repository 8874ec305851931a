import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayInWords, timeOfDay } from "../../i18n/time";
import type { DelegationState, EmergencyState, Me } from "../../protocol";
import { t as te } from "../emergency/emergency.words";
import { ask } from "../requests";
import { facts, mayBreakGlass, maySeeDelegations } from "../who";
import { t } from "./delegation.words";

/** Above the agenda: who acts for whom now, and that somebody opened one's appointments in an emergency. `news`: asks again when it changes. */
export function Banners({ me, news }: { me: Me; news: unknown }) {
  const delegations = useSignal<DelegationState | undefined>(undefined);
  const emergencies = useSignal<EmergencyState | undefined>(undefined);
  useEffect(() => {
    // Without them the agenda is whole: the pages behind them say what went wrong.
    if (maySeeDelegations(me))
      void ask<DelegationState>("GET", "/api/delegations").then((known) => (delegations.value = known), console.info);
    if (mayBreakGlass(me))
      void ask<EmergencyState>("GET", "/api/emergency").then((known) => (emergencies.value = known), console.info);
  }, [me, news]);
  const zone = facts.value?.timeZone ?? "UTC";
  const until = (at: string) => `${dayInWords(at, zone)}, ${timeOfDay(at, zone)}`;
  const inForce = (all: DelegationState["given"] | undefined) => (all ?? []).filter((each) => each.isInForce);
  const told = emergencies.value?.told.length ?? 0;
  return (
    <>
      {told > 0 && (
        <p class="notice warn">
          {te.count("banner", told)} <a href="/app/emergency">{te("bannerMore")}</a>
        </p>
      )}
      {inForce(delegations.value?.received).map((each) => (
        <p key={each.delegation} class="notice info">
          {t("bannerReceived", { name: each.name, until: until(each.endsAt) })}
        </p>
      ))}
      {inForce(delegations.value?.given).map((each) => (
        <p key={each.delegation} class="notice info">
          {t("bannerGiven", { name: each.name, until: until(each.endsAt) })}{" "}
          <a href="/app/delegations">{t("manage")}</a>
        </p>
      ))}
    </>
  );
}
