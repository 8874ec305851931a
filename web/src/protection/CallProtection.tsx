import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call as ask } from "../api";
import type { Call } from "../call/call";
import type { Travel } from "../call/travel";
import type { ProtectionFacts } from "../protocol";
import type { Wire } from "../wire";
import { Keeping, Travelling } from "./Facts";
import { t } from "./protection.words";
import { Sentences } from "./Sentences";
import { peopleOf } from "./sentences";
import "./protection.css";

export interface CallProtectionProps {
  call: Call;
  wire: Wire;
  /** For guests: the secret of their link. */
  link?: string | undefined;
  zone: string;
}

const MEASURE_EVERY_MS = 2_000;

/** How the call is protected that this person is in: asked for anew when people come and go, measured while it is open. */
export function CallProtection({ call, wire, link, zone }: CallProtectionProps) {
  const facts = useSignal<ProtectionFacts | undefined>(undefined);
  const hasFailed = useSignal(false);
  const travels = useSignal<readonly Travel[]>([]);
  const isStaff = link === undefined;
  const load = async () => {
    const appointment = encodeURIComponent(wire.welcome.peek()?.appointment ?? "");
    try {
      const proof = link === undefined ? {} : { authorization: `Link ${link}` };
      facts.value = await ask<ProtectionFacts>("GET", `/api/appointments/${appointment}/protection`, proof);
      hasFailed.value = false;
    } catch (cause) {
      console.info("how the call is protected could not be read", cause);
      hasFailed.value = true;
    }
  };
  const people = call.people.value;
  const there = people
    .map(({ participant, place, identity }) => `${participant} ${place.state} ${identity}`)
    .join("\n");
  useEffect(() => void load(), [there]);
  useEffect(() => {
    const measure = () => void call.travels().then((found) => (travels.value = found), console.info);
    measure();
    const timer = setInterval(measure, MEASURE_EVERY_MS);
    return () => clearInterval(timer);
  }, [call]);
  const known = facts.value;
  if (!known)
    return (
      <div role="status">
        <p>{hasFailed.value ? t("failed") : t("loading")}</p>
        {hasFailed.value && (
          <button type="button" class="button" onClick={() => void load()}>
            {t("retry")}
          </button>
        )}
      </div>
    );
  const measured = {
    travels: travels.value,
    isTelephone: call.telephone.value !== undefined,
    isPageEncrypted: location.protocol === "https:",
  };
  const self = call.self.participant;
  return (
    <div class="protection">
      <Travelling facts={known} measured={measured} />
      <section>
        <h3>{t("people")}</h3>
        <p>{t("people.hint")}</p>
        <ul class="protection-people">
          {peopleOf(known, people, self, isStaff, zone).map(({ person, sentences }) => (
            <li key={person.participant}>
              <p>
                <strong>{person.name}</strong>{" "}
                <span class="muted">
                  {t(person.hasDroppedIn ? "role.droppedIn" : `role.${person.role}`)}
                  {person.participant === self && `, ${t("you")}`}
                </span>
              </p>
              <Sentences of={sentences} />
            </li>
          ))}
        </ul>
      </section>
      <Keeping facts={known} />
    </div>
  );
}
