import doorOpen from "icon:door-open";
import type { Person } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Confirm } from "../parts/Dialog";
import { t as tApp } from "../words";
import { t } from "./waiting.words";

/** Whether nothing but the link says who this is. */
export const hasOnlyLink = (person: Person | undefined): boolean => person?.assurance === "link_only";
/** Whether whoever lets them in says that they see who it is: the gateway lets nobody in without. */
export const isAsked = (person: Person | undefined): boolean => person?.asksWho === true;

interface QuestionProps {
  name: string;
  /** Nothing but the link says who it is; otherwise the service wants a look at everybody. */
  isLinkOnly: boolean;
  onConfirm(): Promise<void>;
  onClose(): void;
}

/** Asks whoever admits somebody to look who it is. */
export function LookQuestion({ name, isLinkOnly, onConfirm, onClose }: QuestionProps) {
  return (
    <Confirm
      title={t("admitQuestion", { name })}
      meaning={t(isLinkOnly ? "admitMeaning" : "admitMeaningAll")}
      confirm={t("admitConfirm")}
      keep={t("admitKeep")}
      isDanger={false}
      onConfirm={onConfirm}
      onClose={onClose}
    />
  );
}

interface AdmitProps {
  person: Person;
  isPrimary?: boolean;
  /** Lets the person in without a question. */
  onAdmit(): void;
  /** Asks first who it is. The question lies outside of the list, which the person may leave while it is read. */
  onAsk(): void;
}

/** Lets somebody in who waits, after a question where the gateway wants an answer to it. */
export function AdmitButton({ person, isPrimary, onAdmit, onAsk }: AdmitProps) {
  return (
    <button
      type="button"
      class={`button${isPrimary ? " primary" : ""}`}
      onClick={() => (isAsked(person) ? onAsk() : onAdmit())}
    >
      {isPrimary && <Icon of={doorOpen} />}
      {tApp("people.admit")}
      <span class="spoken"> {person.name}</span>
    </button>
  );
}
