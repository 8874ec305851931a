import type {
  AppointmentEntry,
  BookingRequest,
  LanguageWord,
  ProblemCode,
  RoleWord,
  ServiceEntry,
} from "../../protocol";

export const NOTE_MAX = 4000;
const NAME_MAX = 120;
const PEOPLE_MAX = 40;
export const DURATIONS_MINUTES = [10, 15, 20, 30, 45, 60, 90, 120] as const;

export interface GuestDraft {
  /** Names the row, so that its text stays with it when another is removed. */
  key: number;
  role: Exclude<RoleWord, "practitioner">;
  name: string;
  language: LanguageWord;
  email?: string;
  telephone?: string;
  /** `1950-02-28` */
  birthDate?: string;
  /** Six digits are made for them, to be told by whoever books. */
  wantsPin?: boolean;
}

/** The form as it is typed. */
export interface Draft {
  patient: GuestDraft;
  companions: readonly GuestDraft[];
  /** Identifiers; an empty one is a row in which nobody is chosen yet. */
  practitioners: readonly string[];
  /** What the patient is told; the label of a kept service chooses that one. */
  service: string;
  place: "at_home" | "room";
  room: string;
  /** Where the practitioner sits, as the chosen slot says. */
  site: string;
  /** The appointment after whose visit this is booked. */
  follows?: string;
  day: string;
  start: string;
  minutes: number;
  note: string;
}

export function emptyDraft(day: string, language: LanguageWord): Draft {
  return {
    patient: { key: 0, role: "patient", name: "", language },
    companions: [],
    practitioners: [""],
    service: "",
    place: "at_home",
    room: "",
    site: "",
    day,
    start: "",
    minutes: 30,
    note: "",
  };
}

/** Beside what a sentence stands. Rows of people are named by their key. */
export type Field =
  | "form"
  | "patient"
  | "email"
  | "telephone"
  | "birthDate"
  | "room"
  | "companions"
  | `companion-${number}`
  | "practitioners"
  | "service"
  | "when"
  | "duration"
  | "note";

/** What a field can be told: a code of the gateway, or that day or time is missing, which never gets so far. */
export type FieldFault = ProblemCode | "time_missing";
export type Faults = Partial<Record<Field, FieldFault>>;

const isNamed = (name: string) => name.trim() !== "" && [...name.trim()].length <= NAME_MAX;

export const isDayGiven = (draft: Draft): boolean => /^\d{4}-\d{2}-\d{2}$/.test(draft.day);
export const isStartGiven = (draft: Draft): boolean => /^\d{2}:\d{2}/.test(draft.start);

/** What would be refused anyway is said before it is sent. */
export function faultsOf(draft: Draft): Faults {
  const faults: Faults = {};
  if (!isNamed(draft.patient.name)) faults.patient = "name_missing";
  for (const { key, name } of draft.companions) if (!isNamed(name)) faults[`companion-${key}`] = "name_missing";
  const chosen = draft.practitioners.filter((id) => id !== "");
  if (chosen.length === 0) faults.practitioners = "no_practitioner";
  else if (new Set(chosen).size < chosen.length) faults.practitioners = "practitioner_twice";
  if (1 + draft.companions.length + chosen.length > PEOPLE_MAX) faults.companions = "too_many_people";
  if (draft.place === "room" && draft.room.trim() === "") faults.room = "bad_place";
  if (draft.service.trim() === "") faults.service = "service_missing";
  if (!isDayGiven(draft) || !isStartGiven(draft)) faults.when = "time_missing";
  if ([...draft.note].length > NOTE_MAX) faults.note = "note_too_long";
  return faults;
}

/** Beside which field the gateway's refusal is shown. */
export function fieldOf(code: ProblemCode, draft: Draft): Field {
  switch (code) {
    case "in_the_past":
    case "too_far_ahead":
      return "when";
    case "ends_before_it_starts":
    case "too_long":
      return "duration";
    case "not_one_patient":
      return "patient";
    case "name_missing": {
      if (!isNamed(draft.patient.name)) return "patient";
      const row = draft.companions.find(({ name }) => !isNamed(name));
      return row ? `companion-${row.key}` : "patient";
    }
    case "no_practitioner":
    case "practitioner_twice":
    case "unknown_practitioner":
    case "practitioner_busy":
      return "practitioners";
    case "too_many_people":
      return "companions";
    case "service_missing":
    case "unknown_service":
      return "service";
    case "note_too_long":
      return "note";
    case "bad_email":
      return "email";
    case "bad_telephone":
      return "telephone";
    case "bad_birth_date":
      return "birthDate";
    case "bad_place":
      return "room";
    default:
      return "form";
  }
}

/** How a kept service is called in the form: with its site, where there is one. */
export const labelOf = (service: Pick<ServiceEntry, "name" | "site">): string =>
  service.site === "" ? service.name : `${service.name} (${service.site})`;

/** The kept service that the form names: by its label, or by a name that only one of them has. */
export function serviceOf(typed: string, services: readonly ServiceEntry[]): ServiceEntry | undefined {
  const open = services.filter((service) => !service.isClosed);
  const wanted = typed.trim();
  const byName = open.filter(({ name }) => name === wanted);
  return open.find((service) => labelOf(service) === wanted) ?? (byName.length === 1 ? byName[0] : undefined);
}

/** What is known of the next visit from the one before: everything but the time. */
export function followUpOf(entry: AppointmentEntry): Partial<Draft> {
  const guests: GuestDraft[] = [];
  for (const { role, name, language } of entry.participants)
    if (role !== "practitioner") guests.push({ key: guests.length, role, name, language: language ?? "fr" });
  const patient = guests.find(({ role }) => role === "patient");
  const draft: Partial<Draft> = {
    companions: guests.filter(({ role }) => role !== "patient"),
    service: entry.service,
    place: entry.course.place,
    room: entry.course.room ?? "",
    site: entry.course.site,
    follows: entry.appointment,
    minutes: Math.max(10, Math.round((Date.parse(entry.endsAt) - Date.parse(entry.startsAt)) / 60_000)),
  };
  return patient ? { ...draft, patient } : draft;
}

/** What is sent. Call it with a draft in which `faultsOf` finds nothing. */
export function requestOf(draft: Draft, timeZone: string, service?: ServiceEntry): BookingRequest {
  const startsAt = instantOf(draft.day, draft.start, timeZone);
  const given = (text: string | undefined) => (text?.trim() ? text.trim() : undefined);
  return {
    startsAt: startsAt.toISOString(),
    endsAt: new Date(startsAt.getTime() + draft.minutes * 60_000).toISOString(),
    service: draft.service.trim(),
    ...(service && { serviceId: service.service }),
    guests: [draft.patient, ...draft.companions].map(
      ({ role, name, language, email, telephone, birthDate, wantsPin }) => ({
        role,
        name: name.trim(),
        language,
        ...(given(email) && { email: given(email) }),
        ...(given(telephone) && { telephone: given(telephone) }),
        ...(given(birthDate) && { birthDate: given(birthDate) }),
        ...(wantsPin && { wantsPin }),
      }),
    ),
    practitioners: draft.practitioners.filter((id) => id !== ""),
    note: draft.note.trim(),
    ...((draft.place === "room" || draft.follows !== undefined || draft.site !== "") && {
      course: {
        place: draft.place,
        ...(draft.place === "room" && { room: draft.room.trim() }),
        ...(draft.site !== "" && { site: draft.site }),
        ...(draft.follows !== undefined && { follows: draft.follows }),
      },
    }),
  } as BookingRequest;
}

/**
 * The instant of a wall clock in a time zone. An hour that comes twice, when summer time ends, is its first; one that does not
 * exist, when summer time begins, is as much later as the clock jumps.
 */
export function instantOf(day: string, time: string, timeZone: string): Date {
  const wall = Date.parse(`${day}T${time.slice(0, 5)}:00Z`);
  const before = wall - offsetMs(wall - 24 * 3_600_000, timeZone);
  const after = wall - offsetMs(wall + 24 * 3_600_000, timeZone);
  const fits = (instant: number) => instant + offsetMs(instant, timeZone) === wall;
  const earlier = Math.min(before, after);
  const later = Math.max(before, after);
  if (fits(earlier)) return new Date(earlier);
  if (fits(later)) return new Date(later);
  return new Date(before);
}

/** How far the wall clock of a zone is ahead of UTC at an instant. */
function offsetMs(instant: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(instant);
  const of = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const wall = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return wall - Math.floor(instant / 1_000) * 1_000;
}
