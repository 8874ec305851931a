import type { BookingRequest, LanguageWord, ProblemCode, RoleWord } from "../../protocol";

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
}

/** The form as it is typed. */
export interface Draft {
  patient: GuestDraft;
  companions: readonly GuestDraft[];
  /** Identifiers; an empty one is a row in which nobody is chosen yet. */
  practitioners: readonly string[];
  service: string;
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
    default:
      return "form";
  }
}

/** What is sent. Call it with a draft in which `faultsOf` finds nothing. */
export function requestOf(draft: Draft, timeZone: string): BookingRequest {
  const startsAt = instantOf(draft.day, draft.start, timeZone);
  return {
    startsAt: startsAt.toISOString(),
    endsAt: new Date(startsAt.getTime() + draft.minutes * 60_000).toISOString(),
    service: draft.service.trim(),
    guests: [draft.patient, ...draft.companions].map(({ role, name, language }) => ({
      role,
      name: name.trim(),
      language,
    })),
    practitioners: draft.practitioners.filter((id) => id !== ""),
    note: draft.note.trim(),
  };
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
