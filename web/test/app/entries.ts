import type { AppointmentEntry, ParticipantEntry, PlaceWord, RoleWord } from "../../src/protocol";

export const NOON = Date.parse("2026-11-25T11:00:00Z");

export const at = (minutes: number): string => new Date(NOON + minutes * 60_000).toISOString();

export function guest(
  state: PlaceWord,
  sinceMinutes = 0,
  role: RoleWord = "patient",
  name = "Jeanne Dubois",
): ParticipantEntry {
  return {
    participant: `${role}-${name}`,
    role,
    name,
    place: state === "invited" ? { state } : { state, since: at(-sinceMinutes) },
    link: "open",
  };
}

const doctor: ParticipantEntry = {
  participant: "doctor",
  role: "practitioner",
  name: "Dr Claire Martin",
  place: { state: "invited" },
};

export function entry(changes: Partial<AppointmentEntry> = {}, ...guests: ParticipantEntry[]): AppointmentEntry {
  return {
    appointment: "a1",
    startsAt: at(0),
    endsAt: at(30),
    service: "Cardiologie",
    status: "booked",
    participants: [...(guests.length > 0 ? guests : [guest("invited")]), doctor],
    note: "",
    course: { place: "at_home", site: "" },
    mayEnter: true,
    mayChange: true,
    ...changes,
  };
}
