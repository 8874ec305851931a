import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { dayInWords, isoDay } from "../../i18n/time";
import type { ExceptionRequest, PatternRequest, ScheduleEntry, ServiceEntry, WeekdayWord } from "../../protocol";
import { Confirm, Fault } from "../parts/Dialog";
import { facts } from "../who";
import { codeOf, sentenceOf, t } from "../words";
import { addException, addPattern, removeException, removePattern, scheduleOf } from "./calls";
import { LastChange } from "./Services";
import { ts } from "./services.words";

const WEEKDAYS: readonly WeekdayWord[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const day = (text: string) => `${dayInWords(`${text}T12:00:00Z`, "UTC")} ${text.slice(0, 4)}`;

interface HoursProps {
  service: ServiceEntry;
  mayChange: boolean;
}

/** The weekly hours of a service, its exceptions and the public holidays, each with who changed it last. */
export function Hours({ service, mayChange }: HoursProps) {
  const schedule = useSignal<ScheduleEntry | undefined>(undefined);
  const fault = useSignal("");
  const removing = useSignal<(() => Promise<ScheduleEntry>) | undefined>(undefined);
  const take = (found: ScheduleEntry) => {
    schedule.value = found;
  };
  const load = () => {
    fault.value = "";
    scheduleOf(service.service).then(take, (cause) => {
      fault.value = sentenceOf(codeOf(cause));
    });
  };
  useEffect(load, []);
  const nameOf = (practitioner: string | undefined) =>
    practitioner === undefined
      ? ts("everybody")
      : (service.members.find((member) => member.practitioner === practitioner)?.name ?? "");
  const found = schedule.value;
  return (
    <section class="hours" aria-labelledby="hours-title">
      <h2 id="hours-title">{ts("hoursOf", { name: service.name })}</h2>
      <Fault text={fault.value} onRetry={load} />
      {!found && fault.value === "" && <p class="muted">{t("app.loading")}</p>}
      {found && (
        <>
          <h3>{ts("weekly")}</h3>
          {found.patterns.length === 0 && <p class="muted">{ts("noHours")}</p>}
          {found.patterns.length > 0 && (
            <table class="plain-table">
              <thead>
                <tr>
                  <th scope="col">{ts("weekday")}</th>
                  <th scope="col">{ts("from")}</th>
                  <th scope="col">{ts("to")}</th>
                  <th scope="col">{ts("slot")}</th>
                  <th scope="col">{ts("who")}</th>
                  <th scope="col">{ts("site")}</th>
                  <th scope="col">{ts("valid")}</th>
                  <th scope="col">{ts("column")}</th>
                  {mayChange && (
                    <th scope="col">
                      <span class="spoken">{ts("remove")}</span>
                    </th>
                  )}
                </tr>
              </thead>
              <tbody>
                {found.patterns.map((one) => (
                  <tr key={one.pattern}>
                    <td data-label={ts("weekday")}>{ts(`day.${one.weekday}`)}</td>
                    <td data-label={ts("from")} class="tabular">
                      {one.from}
                    </td>
                    <td data-label={ts("to")} class="tabular">
                      {one.to}
                    </td>
                    <td data-label={ts("slot")}>{one.slotMinutes}</td>
                    <td data-label={ts("who")}>{nameOf(one.practitioner)}</td>
                    <td data-label={ts("site")}>{one.site || service.site || "–"}</td>
                    <td data-label={ts("valid")}>
                      {one.validUntil === undefined
                        ? ts("validOpen", { from: day(one.validFrom) })
                        : ts("validClosed", { from: day(one.validFrom), to: day(one.validUntil) })}
                    </td>
                    <td data-label={ts("column")} class="muted">
                      <LastChange of={one.changed} />
                    </td>
                    {mayChange && (
                      <td>
                        <button
                          type="button"
                          class="button quiet-danger"
                          onClick={() => {
                            removing.value = () => removePattern(service.service, one.pattern);
                          }}
                        >
                          {ts("remove")}
                          <span class="spoken">
                            {" "}
                            ({ts(`day.${one.weekday}`)} {one.from})
                          </span>
                        </button>
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {mayChange && <NewPattern service={service} onAdded={take} />}
          <h3>{ts("exceptions")}</h3>
          {found.exceptions.length === 0 && <p class="muted">{ts("noExceptions")}</p>}
          {found.exceptions.length > 0 && (
            <table class="plain-table">
              <thead>
                <tr>
                  <th scope="col">{ts("firstDay")}</th>
                  <th scope="col">{ts("lastDay")}</th>
                  <th scope="col">{ts("kind")}</th>
                  <th scope="col">{ts("who")}</th>
                  <th scope="col">{ts("reason")}</th>
                  <th scope="col">{ts("column")}</th>
                  {mayChange && (
                    <th scope="col">
                      <span class="spoken">{ts("remove")}</span>
                    </th>
                  )}
                </tr>
              </thead>
              <tbody>
                {found.exceptions.map((one) => (
                  <tr key={one.exception}>
                    <td data-label={ts("firstDay")}>{day(one.firstDay)}</td>
                    <td data-label={ts("lastDay")}>{day(one.lastDay)}</td>
                    <td data-label={ts("kind")}>
                      {one.slotMinutes === undefined ? ts("kindClosed") : ts("kindOpen")},{" "}
                      {one.from === undefined ? ts("wholeDay") : `${one.from} – ${one.to}`}
                    </td>
                    <td data-label={ts("who")}>{one.isOfHospital ? ts("ofHospital") : nameOf(one.practitioner)}</td>
                    <td data-label={ts("reason")}>{one.reason}</td>
                    <td data-label={ts("column")} class="muted">
                      <LastChange of={one.changed} />
                    </td>
                    {mayChange && (
                      <td>
                        <button
                          type="button"
                          class="button quiet-danger"
                          onClick={() => {
                            removing.value = () => removeException(service.service, one.exception);
                          }}
                        >
                          {ts("remove")}
                          <span class="spoken"> ({day(one.firstDay)})</span>
                        </button>
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {mayChange && <NewException service={service} onAdded={take} />}
          <h3>{ts("holidays")}</h3>
          <p class="muted">{service.policy.isOpenOnHolidays ? ts("holidaysOpen") : ts("holidaysClosed")}</p>
          <ul class="holidays">
            {found.holidays.map((one) => (
              <li key={one.day}>
                {day(one.day)} <span class="muted">{ts(`holiday.${one.holiday}`)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {removing.value && (
        <Confirm
          title={ts("removeHours")}
          meaning={ts("removeMeaning")}
          confirm={ts("removeConfirm")}
          keep={ts("keep")}
          onConfirm={async () => {
            if (removing.value) take(await removing.value());
          }}
          onClose={() => {
            removing.value = undefined;
          }}
        />
      )}
    </section>
  );
}

interface NewProps {
  service: ServiceEntry;
  onAdded(schedule: ScheduleEntry): void;
}

function Who({ service, value, set }: { service: ServiceEntry; value: string; set(value: string): void }) {
  return (
    <label class="field">
      {ts("who")}
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">{ts("everybody")}</option>
        {service.members.map(({ practitioner, name }) => (
          <option key={practitioner} value={practitioner}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Field(props: {
  word: string;
  type: "text" | "time" | "date" | "number";
  value: string;
  set(value: string): void;
}) {
  // The types of Preact want one literal each; the four take the same.
  const type = props.type as "text";
  return (
    <label class="field">
      {props.word}
      <input type={type} value={props.value} onInput={(event) => props.set(event.currentTarget.value)} />
    </label>
  );
}

function NewPattern({ service, onAdded }: NewProps) {
  const today = isoDay(new Date(), facts.value?.timeZone ?? "UTC");
  const draft = useSignal({
    practitioner: "",
    site: "",
    weekday: "mon" as WeekdayWord,
    from: "09:00",
    to: "12:00",
    slotMinutes: 20,
    validFrom: today,
    validUntil: "",
  });
  const fault = useSignal("");
  const change = (changes: Partial<typeof draft.value>) => {
    draft.value = { ...draft.value, ...changes };
  };
  const add = async () => {
    fault.value = "";
    try {
      const { practitioner, validUntil, ...rest } = draft.value;
      const request: PatternRequest = {
        ...rest,
        ...(practitioner !== "" && { practitioner }),
        ...(validUntil !== "" && { validUntil }),
      };
      onAdded(await addPattern(service.service, request));
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  const { value } = draft;
  return (
    <form
      class="service-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <div class="form-line">
        <label class="field">
          {ts("weekday")}
          <select
            value={value.weekday}
            onChange={(event) => change({ weekday: event.currentTarget.value as WeekdayWord })}
          >
            {WEEKDAYS.map((each) => (
              <option key={each} value={each}>
                {ts(`day.${each}`)}
              </option>
            ))}
          </select>
        </label>
        <Field word={ts("from")} type="time" value={value.from} set={(from) => change({ from })} />
        <Field word={ts("to")} type="time" value={value.to} set={(to) => change({ to })} />
        <Field
          word={ts("slot")}
          type="number"
          value={String(value.slotMinutes)}
          set={(minutes) => change({ slotMinutes: Math.max(0, Math.floor(Number(minutes)) || 0) })}
        />
        <Who service={service} value={value.practitioner} set={(practitioner) => change({ practitioner })} />
        <Field word={ts("site")} type="text" value={value.site} set={(site) => change({ site })} />
        <Field word={ts("validFrom")} type="date" value={value.validFrom} set={(validFrom) => change({ validFrom })} />
        <Field
          word={ts("validUntil")}
          type="date"
          value={value.validUntil}
          set={(validUntil) => change({ validUntil })}
        />
      </div>
      <Fault text={fault.value} />
      <button type="submit" class="button">
        {ts("addHours")}
      </button>
    </form>
  );
}

function NewException({ service, onAdded }: NewProps) {
  const today = isoDay(new Date(), facts.value?.timeZone ?? "UTC");
  const draft = useSignal({
    isOfHospital: false,
    practitioner: "",
    firstDay: today,
    lastDay: today,
    from: "",
    to: "",
    isOpen: false,
    slotMinutes: 20,
    reason: "",
  });
  const fault = useSignal("");
  const change = (changes: Partial<typeof draft.value>) => {
    draft.value = { ...draft.value, ...changes };
  };
  const add = async () => {
    fault.value = "";
    try {
      const { isOfHospital, practitioner, firstDay, lastDay, from, to, isOpen, slotMinutes, reason } = draft.value;
      const request: ExceptionRequest = {
        isOfHospital,
        firstDay,
        lastDay,
        reason,
        ...(practitioner !== "" && { practitioner }),
        ...(from !== "" && { from }),
        ...(to !== "" && { to }),
        ...(isOpen && { slotMinutes }),
      };
      onAdded(await addException(service.service, request));
    } catch (cause) {
      fault.value = sentenceOf(codeOf(cause));
    }
  };
  const { value } = draft;
  return (
    <form
      class="service-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <div class="form-line">
        <label class="field">
          {ts("kind")}
          <select
            value={value.isOpen ? "open" : "closed"}
            onChange={(event) => change({ isOpen: event.currentTarget.value === "open" })}
          >
            <option value="closed">{ts("kindClosed")}</option>
            <option value="open">{ts("kindOpen")}</option>
          </select>
        </label>
        <Field word={ts("firstDay")} type="date" value={value.firstDay} set={(firstDay) => change({ firstDay })} />
        <Field word={ts("lastDay")} type="date" value={value.lastDay} set={(lastDay) => change({ lastDay })} />
        <Field word={ts("from")} type="time" value={value.from} set={(from) => change({ from })} />
        <Field word={ts("to")} type="time" value={value.to} set={(to) => change({ to })} />
        {value.isOpen && (
          <Field
            word={ts("slot")}
            type="number"
            value={String(value.slotMinutes)}
            set={(minutes) => change({ slotMinutes: Math.max(0, Math.floor(Number(minutes)) || 0) })}
          />
        )}
        <Who service={service} value={value.practitioner} set={(practitioner) => change({ practitioner })} />
        <Field word={ts("reason")} type="text" value={value.reason} set={(reason) => change({ reason })} />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={value.isOfHospital}
          onChange={(event) => change({ isOfHospital: event.currentTarget.checked })}
        />
        {ts("ofHospital")}
      </label>
      <Fault text={fault.value} />
      <button type="submit" class="button">
        {ts("addException")}
      </button>
    </form>
  );
}
