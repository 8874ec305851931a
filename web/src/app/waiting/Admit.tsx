import doorOpen from "icon:door-open";
import { useSignal } from "@preact/signals";
import type { Person } from "../../protocol";
import { Icon } from "../../ui/icon";
import { Confirm } from "../parts/Dialog";
import { t as tApp } from "../words";
import { t } from "./waiting.words";

/** Whether nothing but the link says who this is. */
export const hasOnlyLink = (person: Person | undefined): boolean => person?.assurance === "link_only";

interface QuestionProps {
  name: string;
  onConfirm(): Promise<void>;
  onClose(): void;
}

/** Asks whoever admits somebody with nothing but the link to look who it is. */
export function LookQuestion({ name, onConfirm, onClose }: QuestionProps) {
  return (
    <Confirm
      title={t("admitQuestion", { name })}
      meaning={t("admitMeaning")}
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
  /** Lets the person in; whether it was asked who it is. */
  onAdmit(isRecognised: boolean): Promise<boolean>;
}

/** Lets somebody in who waits, after a question where only the link says who they are. */
export function AdmitButton({ person, isPrimary, onAdmit }: AdmitProps) {
  const isAsking = useSignal(false);
  return (
    <>
      <button
        type="button"
        class={`button${isPrimary ? " primary" : ""}`}
        onClick={() => {
          if (hasOnlyLink(person)) isAsking.value = true;
          else void onAdmit(false);
        }}
      >
        {isPrimary && <Icon of={doorOpen} />}
        {tApp("people.admit")}
        <span class="spoken"> {person.name}</span>
      </button>
      {isAsking.value && (
        <LookQuestion
          name={person.name}
          onConfirm={async () => {
            await onAdmit(true);
          }}
          onClose={() => {
            isAsking.value = false;
          }}
        />
      )}
    </>
  );
}
