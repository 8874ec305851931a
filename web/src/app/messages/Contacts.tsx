import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { AppointmentEntry, ParticipantEntry } from "../../protocol";
import { Fault } from "../parts/Dialog";
import { codeOf, sentenceOf } from "../words";
import { t } from "./messages.words";
import { contactOf, saveContact } from "./requests";

/** Where the guests of an appointment are reached; asked for when it is opened. */
export function Contacts({ entry, onSaved }: { entry: AppointmentEntry; onSaved(): void }) {
  const guests = entry.participants.filter((person) => person.role !== "practitioner");
  return (
    <>
      {guests.map((person) => (
        <Contact key={person.participant} appointment={entry.appointment} person={person} onSaved={onSaved} />
      ))}
    </>
  );
}

interface ContactProps {
  appointment: string;
  person: ParticipantEntry;
  onSaved(): void;
}

function Contact({ appointment, person, onSaved }: ContactProps) {
  const [emailId, telephoneId] = [useId(), useId()];
  const email = useSignal("");
  const telephone = useSignal("");
  const isKnown = useSignal(false);
  const fault = useSignal("");
  const done = useSignal("");
  const open = async () => {
    try {
      const contact = await contactOf(appointment, person.participant);
      email.value = contact.email ?? "";
      telephone.value = contact.telephone ?? "";
      isKnown.value = true;
      fault.value = "";
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  const save = async () => {
    done.value = "";
    fault.value = "";
    try {
      await saveContact(appointment, person.participant, {
        ...(email.value.trim() !== "" && { email: email.value.trim() }),
        ...(telephone.value.trim() !== "" && { telephone: telephone.value.trim() }),
      });
      done.value = t("contact.saved");
      onSaved();
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  return (
    <details
      class="contact"
      onToggle={(event) => {
        if (event.currentTarget.open && !isKnown.value) void open();
      }}
    >
      <summary>{t("contact.title", { name: person.name })}</summary>
      <Fault text={fault.value} />
      {isKnown.value && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <div class="field">
            <label for={emailId}>{t("channel.email")}</label>
            <input
              id={emailId}
              type="text"
              inputMode="email"
              autocomplete="off"
              value={email.value}
              onInput={(event) => {
                email.value = event.currentTarget.value;
              }}
            />
          </div>
          <div class="field">
            <label for={telephoneId}>{t("contact.telephone")}</label>
            <input
              id={telephoneId}
              type="tel"
              autocomplete="off"
              value={telephone.value}
              onInput={(event) => {
                telephone.value = event.currentTarget.value;
              }}
            />
          </div>
          <button type="submit" class="button">
            {t("contact.save")}
          </button>
        </form>
      )}
      <p role="status">{done.value}</p>
    </details>
  );
}
