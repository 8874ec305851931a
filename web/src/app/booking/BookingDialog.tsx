import alert from "icon:circle-alert";
import plus from "icon:plus";
import trash from "icon:trash";
import { type Signal, signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { locale } from "../../i18n";
import { dayInWords, isoDay, timeOfDay } from "../../i18n/time";
import type { Booked, LanguageWord, PractitionerEntry, ServiceEntry } from "../../protocol";
import { Icon } from "../../ui/icon";
import { services as allServices } from "../agenda/calls";
import { d } from "../agenda/doors.words";
import { CopyLine } from "../parts/CopyLine";
import { Dialog, Fault } from "../parts/Dialog";
import { book, practitioners } from "../requests";
import { mayConsult, person } from "../who";
import { codeOf, sentenceOf, t } from "../words";
import {
  type Draft,
  DURATIONS_MINUTES,
  emptyDraft,
  type Faults,
  type Field,
  type FieldFault,
  faultsOf,
  fieldOf,
  type GuestDraft,
  instantOf,
  isDayGiven,
  isStartGiven,
  labelOf,
  NOTE_MAX,
  requestOf,
  serviceOf,
} from "./booking";
import { Slots } from "./Slots";
import "./booking.css";

/**
 * What was typed and not yet booked, so that a dialog that was closed by mistake loses nothing; by the appointment that it follows, ""
 * for none.
 */
const drafts: Signal<ReadonlyMap<string, Draft>> = signal(new Map());

function keep(follows: string, draft: Draft | undefined): void {
  const now = new Map(drafts.peek());
  if (draft) now.set(follows, draft);
  else now.delete(follows);
  drafts.value = now;
}

interface BookingProps {
  day: string;
  zone: string;
  /** Services that are in use, as suggestions. */
  services: readonly string[];
  /** What is known already, as of a visit that this one follows. */
  prefill?: Partial<Draft>;
  onBooked(booked: Booked): void;
  onClose(): void;
}

/** Makes an appointment, then shows the personal links once. */
export function BookingDialog({ day, zone, services, prefill, onBooked, onClose }: BookingProps) {
  const booked = useSignal<Booked | undefined>(undefined);
  const follows = prefill?.follows ?? "";
  const begin = () => keep(follows, prefill && { ...emptyDraft(day, locale.peek()), ...selfAsDoctor(), ...prefill });
  useMemo(() => {
    if (!drafts.peek().has(follows)) begin();
  }, [follows]);
  if (booked.value) return <Links booked={booked.value} zone={zone} onClose={onClose} />;
  return (
    <Dialog title={t("booking.title")} isWide onClose={onClose}>
      <Form
        follows={follows}
        onClear={begin}
        day={day}
        zone={zone}
        services={services}
        onBooked={(result) => {
          keep(follows, undefined);
          booked.value = result;
          onBooked(result);
        }}
        onClose={onClose}
      />
    </Dialog>
  );
}

/** Whoever books and may be booked is the doctor, unless they say otherwise. */
function selfAsDoctor(): Partial<Draft> {
  const who = person.peek();
  return who && mayConsult(who) ? { practitioners: [who.practitioner] } : {};
}

function first(day: string, doctors: readonly PractitionerEntry[]): Draft {
  const draft = emptyDraft(day, locale.peek());
  const self = person.peek()?.practitioner;
  return doctors.some((doctor) => doctor.practitioner === self) && self ? { ...draft, practitioners: [self] } : draft;
}

interface FormProps extends Omit<BookingProps, "prefill"> {
  /** The appointment after which this is booked; "" for none. */
  follows: string;
  onClear(): void;
}

function Form({ follows, day, zone, services, onBooked, onClear, onClose }: FormProps) {
  const keptServices = useSignal<readonly ServiceEntry[]>([]);
  const doctors = useSignal<readonly PractitionerEntry[] | undefined>(undefined);
  const areDoctorsMissing = useSignal(false);
  const faults = useSignal<Faults>({});
  const isBusy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  const draft = drafts.value.get(follows) ?? first(day, doctors.value ?? []);
  const change = (changes: Partial<Draft>) => {
    keep(follows, { ...draft, ...changes });
  };

  const loadDoctors = () => {
    areDoctorsMissing.value = false;
    practitioners().then(
      (list) => {
        doctors.value = list.filter(({ roles }) => roles.includes("doctor") || roles.includes("radiologist"));
      },
      (cause) => {
        codeOf(cause);
        areDoctorsMissing.value = true;
      },
    );
  };
  useEffect(loadDoctors, []);
  useEffect(() => {
    // Without them the form books as well, but knows no free times.
    allServices().then(
      (list) => {
        keptServices.value = Array.isArray(list) ? list : [];
      },
      (cause) => void codeOf(cause),
    );
  }, []);
  const service = serviceOf(draft.service, keptServices.value);
  const suggestions = [
    ...new Set([...keptServices.value.filter(({ isClosed }) => !isClosed).map(labelOf), ...services]),
  ];

  const show = (found: Faults) => {
    faults.value = found;
    // The first thing to mend takes the focus, once it is marked.
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  };
  const submit = async () => {
    const found = faultsOf(draft);
    if (Object.keys(found).length > 0) {
      show(found);
      return;
    }
    isBusy.value = true;
    faults.value = {};
    try {
      onBooked(await book(requestOf(draft, zone, service)));
    } catch (cause) {
      const code = codeOf(cause);
      show({ [fieldOf(code, draft)]: code });
    } finally {
      isBusy.value = false;
    }
  };

  const fault = (field: Field) => faults.value[field];
  const isWhenMarked = fault("when") !== undefined;
  const add = (role: "relative" | "interpreter") => {
    const key = Math.max(0, ...draft.companions.map((row) => row.key)) + 1;
    change({ companions: [...draft.companions, { key, role, name: "", language: draft.patient.language }] });
  };
  const edit = (key: number, changes: Partial<GuestDraft>) =>
    change({ companions: draft.companions.map((row) => (row.key === key ? { ...row, ...changes } : row)) });

  return (
    <form
      ref={form}
      class="booking"
      noValidate
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {Object.keys(faults.value).length > 0 && (
        <Fault text={fault("form") ? words(fault("form")) : t("booking.faults")} />
      )}
      <fieldset>
        <legend>{t("booking.patient")}</legend>
        <div class="booking-person">
          <Labelled id="booking-patient" label={t("booking.name")} fault={fault("patient")}>
            {(props) => (
              <input
                {...props}
                type="text"
                value={draft.patient.name}
                onInput={(event) => change({ patient: { ...draft.patient, name: event.currentTarget.value } })}
              />
            )}
          </Labelled>
          <Language
            id="booking-language"
            value={draft.patient.language}
            onChange={(language) => change({ patient: { ...draft.patient, language } })}
          />
        </div>
        <div class="booking-contact">
          <Labelled id="booking-email" label={t("booking.email")} fault={fault("email")}>
            {(props) => (
              <input
                {...props}
                type="email"
                value={draft.patient.email ?? ""}
                onInput={(event) => change({ patient: { ...draft.patient, email: event.currentTarget.value } })}
              />
            )}
          </Labelled>
          <Labelled id="booking-telephone" label={t("booking.telephone")} fault={fault("telephone")}>
            {(props) => (
              <input
                {...props}
                type="tel"
                value={draft.patient.telephone ?? ""}
                onInput={(event) => change({ patient: { ...draft.patient, telephone: event.currentTarget.value } })}
              />
            )}
          </Labelled>
          <Labelled id="booking-birth" label={t("booking.birthDate")} fault={fault("birthDate")}>
            {(props) => (
              <input
                {...props}
                type="date"
                value={draft.patient.birthDate ?? ""}
                onInput={(event) => change({ patient: { ...draft.patient, birthDate: event.currentTarget.value } })}
              />
            )}
          </Labelled>
        </div>
        <p class="hint">{t("booking.contactHint")}</p>
        <label class="check">
          <input
            type="checkbox"
            aria-describedby="booking-pin-hint"
            checked={draft.patient.wantsPin === true}
            onChange={(event) => change({ patient: { ...draft.patient, wantsPin: event.currentTarget.checked } })}
          />
          {d("pinWanted")}
        </label>
        <p class="hint" id="booking-pin-hint">
          {d("pinWantedHint")}
        </p>
        <div class="booking-contact">
          <Labelled id="booking-place" label={t("booking.place")}>
            {(props) => (
              <select
                {...props}
                value={draft.place}
                onChange={(event) => change({ place: event.currentTarget.value === "room" ? "room" : "at_home" })}
              >
                <option value="at_home">{t("booking.atHome")}</option>
                <option value="room">{t("booking.inRoom")}</option>
              </select>
            )}
          </Labelled>
          {draft.place === "room" && (
            <Labelled id="booking-room" label={t("booking.room")} fault={fault("room")}>
              {(props) => (
                <input
                  {...props}
                  type="text"
                  value={draft.room}
                  onInput={(event) => change({ room: event.currentTarget.value })}
                />
              )}
            </Labelled>
          )}
        </div>
      </fieldset>

      <fieldset>
        <legend>{t("booking.companions")}</legend>
        <p class="hint">{t("booking.companionsHint")}</p>
        {draft.companions.map((row) => (
          <div key={row.key} class="booking-person">
            <Labelled
              id={`booking-companion-${row.key}`}
              label={`${t("booking.name")} (${t(`role.${row.role}`)})`}
              fault={fault(`companion-${row.key}`)}
            >
              {(props) => (
                <input
                  {...props}
                  type="text"
                  value={row.name}
                  onInput={(event) => edit(row.key, { name: event.currentTarget.value })}
                />
              )}
            </Labelled>
            <Language
              id={`booking-companion-language-${row.key}`}
              value={row.language}
              onChange={(language) => edit(row.key, { language })}
            />
            <button
              type="button"
              class="button"
              aria-label={t("booking.remove", { who: row.name || t(`role.${row.role}`) })}
              onClick={() => change({ companions: draft.companions.filter((each) => each.key !== row.key) })}
            >
              <Icon of={trash} />
              {t("booking.removeWord")}
            </button>
          </div>
        ))}
        <FieldWords id="booking-companions-fault" fault={fault("companions")} />
        <div class="booking-add">
          <button type="button" class="button" onClick={() => add("relative")}>
            <Icon of={plus} />
            {t("booking.addRelative")}
          </button>
          <button type="button" class="button" onClick={() => add("interpreter")}>
            <Icon of={plus} />
            {t("booking.addInterpreter")}
          </button>
        </div>
      </fieldset>

      <fieldset>
        <legend>{t("booking.when")}</legend>
        <div class="booking-when">
          <Labelled
            id="booking-day"
            label={t("booking.day")}
            isMarked={isWhenMarked && (fault("when") !== "time_missing" || !isDayGiven(draft))}
            describedBy="booking-when-fault"
          >
            {(props) => (
              <input
                {...props}
                type="date"
                value={draft.day}
                onInput={(event) => change({ day: event.currentTarget.value })}
              />
            )}
          </Labelled>
          <Labelled
            id="booking-start"
            label={t("booking.start")}
            isMarked={isWhenMarked && (fault("when") !== "time_missing" || !isStartGiven(draft))}
            describedBy="booking-when-fault"
          >
            {(props) => (
              <input
                {...props}
                type="time"
                step={300}
                value={draft.start}
                onInput={(event) => change({ start: event.currentTarget.value })}
              />
            )}
          </Labelled>
          <Labelled id="booking-duration" label={t("booking.duration")} fault={fault("duration")}>
            {(props) => (
              <select
                {...props}
                value={String(draft.minutes)}
                onChange={(event) => change({ minutes: Number(event.currentTarget.value) })}
              >
                {[...new Set([...DURATIONS_MINUTES, draft.minutes])].map((n) => (
                  <option key={n} value={String(n)}>
                    {t("booking.minutes", { n })}
                  </option>
                ))}
              </select>
            )}
          </Labelled>
        </div>
        <FieldWords id="booking-when-fault" fault={fault("when")} />
        <p class="hint">{t("booking.zone", { zone })}</p>
      </fieldset>

      <div class="booking-two">
        <div class="booking-doctors">
          {draft.practitioners.map((chosen, place) => (
            <Labelled
              key={place}
              id={`booking-doctor-${place}`}
              label={place === 0 ? t("booking.doctor") : t("booking.secondDoctor")}
              fault={place === 0 ? fault("practitioners") : undefined}
              isMarked={fault("practitioners") !== undefined}
            >
              {(props) => (
                <select
                  {...props}
                  value={chosen}
                  onChange={(event) => {
                    const { value } = event.currentTarget;
                    change({ practitioners: draft.practitioners.map((each, n) => (n === place ? value : each)) });
                  }}
                >
                  <option value="">{doctors.value ? t("booking.chooseDoctor") : t("app.loading")}</option>
                  {doctors.value?.map((doctor) => (
                    <option key={doctor.practitioner} value={doctor.practitioner}>
                      {doctor.name}
                    </option>
                  ))}
                </select>
              )}
            </Labelled>
          ))}
          {areDoctorsMissing.value && <Fault text={t("booking.doctorsUnknown")} onRetry={loadDoctors} />}
          <button type="button" class="button" onClick={() => change({ practitioners: [...draft.practitioners, ""] })}>
            <Icon of={plus} />
            {t("booking.addDoctor")}
          </button>
        </div>
        <Labelled
          id="booking-service"
          label={t("booking.service")}
          hint={t("booking.serviceHint")}
          fault={fault("service")}
        >
          {(props) => (
            <input
              {...props}
              type="text"
              list="booking-services"
              value={draft.service}
              onInput={(event) => change({ service: event.currentTarget.value })}
            />
          )}
        </Labelled>
        <datalist id="booking-services">
          {suggestions.map((label) => (
            <option key={label} value={label} />
          ))}
        </datalist>
      </div>

      {service && (
        <Slots
          service={service.service}
          from={isDayGiven(draft) ? draft.day : day}
          zone={zone}
          chosen={isDayGiven(draft) && isStartGiven(draft) ? chosenSlot(draft, zone) : undefined}
          onChoose={(slot) =>
            change({
              day: isoDay(new Date(slot.startsAt), zone),
              start: wallTime(slot.startsAt, zone),
              minutes: (Date.parse(slot.endsAt) - Date.parse(slot.startsAt)) / 60_000,
              practitioners: [slot.practitioner, ...draft.practitioners.slice(1)],
              site: slot.site,
            })
          }
        />
      )}

      <Labelled
        id="booking-note"
        label={t("booking.note")}
        hint={t("booking.noteHint", { n: [...draft.note].length, max: NOTE_MAX })}
        fault={fault("note")}
      >
        {(props) => (
          <textarea
            {...props}
            rows={3}
            value={draft.note}
            onInput={(event) => change({ note: event.currentTarget.value })}
          />
        )}
      </Labelled>

      <div class="actions">
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            onClear();
            faults.value = {};
          }}
        >
          {t("booking.clear")}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {t("app.cancel")}
        </button>
        <button type="submit" class="button primary" disabled={isBusy.value}>
          {isBusy.value ? t("booking.sending") : t("booking.submit")}
        </button>
      </div>
    </form>
  );
}

/** `09:20` on the wall of the hospital. */
const wallTime = (instant: string, timeZone: string): string =>
  new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }).format(
    new Date(instant),
  );

const chosenSlot = (draft: Draft, zone: string) => ({
  startsAt: instantOf(draft.day, draft.start, zone).toISOString(),
  practitioner: draft.practitioners[0] ?? "",
});

const words = (fault: FieldFault | undefined) =>
  fault === undefined ? "" : fault === "time_missing" ? t("booking.timeMissing") : sentenceOf(fault);

interface ControlProps {
  id: string;
  "aria-invalid"?: true;
  "aria-describedby"?: string;
}

interface LabelledProps {
  id: string;
  label: string;
  hint?: string;
  fault?: FieldFault | undefined;
  /** The sentence stands beside another field of the same question. */
  isMarked?: boolean;
  /** Where that sentence stands. */
  describedBy?: string;
  children(props: ControlProps): ComponentChildren;
}

function Labelled({ id, label, hint, fault, isMarked, describedBy, children }: LabelledProps) {
  const described = [hint && `${id}-hint`, fault && `${id}-fault`, isMarked && describedBy].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {children({
        id,
        ...((fault || isMarked) && { "aria-invalid": true as const }),
        ...(described && { "aria-describedby": described }),
      })}
      <FieldWords id={`${id}-fault`} fault={fault} />
    </div>
  );
}

function FieldWords({ id, fault }: { id: string; fault: FieldFault | undefined }) {
  if (!fault) return null;
  return (
    <p class="fault" id={id}>
      <Icon of={alert} />
      {words(fault)}
    </p>
  );
}

function Language(props: { id: string; value: LanguageWord; onChange(language: LanguageWord): void }) {
  return (
    <div class="field">
      <label for={props.id}>{t("booking.language")}</label>
      <select
        id={props.id}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value === "en" ? "en" : "fr")}
      >
        <option value="fr">{t("language.fr")}</option>
        <option value="en">{t("language.en")}</option>
      </select>
    </div>
  );
}

/** The new links, shown once. */
export function Links(props: { booked: Booked; zone: string; title?: string; onClose(): void }) {
  const { booked, zone, title, onClose } = props;
  const { appointment, links } = booked;
  return (
    <Dialog title={title ?? t("booked.title")} isWide onClose={onClose}>
      <p>
        {t("booked.when", {
          day: dayInWords(appointment.startsAt, zone),
          time: timeOfDay(appointment.startsAt, zone),
          service: appointment.service,
        })}
      </p>
      <p class="notice warn">{t("booked.warning")}</p>
      <ul class="booked-links">
        {links.map((link) => (
          <li key={link.participant}>
            <p>
              <strong>{link.name}</strong> <span class="muted">{t(`role.${link.role}`)}</span>
              <br />
              <span class="muted">
                {t("booked.until", { day: dayInWords(link.expiresAt, zone), time: timeOfDay(link.expiresAt, zone) })}
              </span>
            </p>
            <CopyLine label={t("panel.linkFor", { name: link.name })} text={link.address} />
            {link.pin && <p class="notice warn tabular">{d("pinOnce", { name: link.name, pin: link.pin })}</p>}
          </li>
        ))}
      </ul>
      <div class="actions">
        <button type="button" class="button primary" onClick={onClose}>
          {t("booked.done")}
        </button>
      </div>
    </Dialog>
  );
}
