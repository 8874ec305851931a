import { stopwatch } from "../../i18n/time";
import type { AppointmentEntry, ParticipantEntry } from "../../protocol";
import { t } from "../words";
import { ta } from "./agenda.words";

/** How a row is set off; always beside the words. */
export type Tone = "waiting" | "running" | "planned" | "late" | "over";

export interface Status {
  tone: Tone;
  words: string;
}

/** Minutes after which somebody who has not come counts as late. */
const LATE_AFTER_MINUTES = 5;

export const patientOf = (entry: AppointmentEntry): ParticipantEntry | undefined =>
  entry.participants.find((person) => person.role === "patient");

/** The name under which an appointment is known. */
export const nameOf = (entry: AppointmentEntry): string => patientOf(entry)?.name ?? entry.service;

const sinceMs = (person: ParticipantEntry, nowMs: number) =>
  person.place.since === undefined ? 0 : Math.max(0, nowMs - Date.parse(person.place.since));

const isOver = (entry: AppointmentEntry) =>
  entry.status === "fulfilled" || entry.status === "cancelled" || entry.status === "noshow";

/** Where an appointment stands, in words: the patient's place first, then that of whoever came with them. */
export function statusOf(entry: AppointmentEntry, nowMs: number): Status {
  if (entry.course.calledOff === "moved") return { tone: "over", words: ta("chainMoved") };
  if (entry.course.calledOff === "by_patient") return { tone: "over", words: ta("chainByPatient") };
  switch (entry.status) {
    case "cancelled":
    case "noshow":
      return { tone: "over", words: t(`status.${entry.status}`) };
    case "fulfilled":
      return {
        tone: "over",
        words: entry.outcome && entry.outcome !== "completed" ? t(`outcome.${entry.outcome}`) : t("status.fulfilled"),
      };
    case "booked":
    case "arrived":
      return openStatus(entry, nowMs);
  }
}

function openStatus(entry: AppointmentEntry, nowMs: number): Status {
  const patient = patientOf(entry);
  const time = patient ? stopwatch(sinceMs(patient, nowMs)) : "";
  switch (patient?.place.state) {
    case "waiting":
      return { tone: "waiting", words: t("place.waitingSince", { time }) };
    case "in_call":
      return { tone: "running", words: t("place.inCallSince", { time }) };
    case "admitted":
    case "lost":
      return { tone: "running", words: t(`place.${patient.place.state}`) };
    case "testing":
      return { tone: "planned", words: t("place.testing") };
    case "left":
    case "removed":
    case "invited":
    case undefined:
      break;
  }
  const other = entry.participants.find((person) => person.role !== "practitioner" && person.place.state === "waiting");
  if (other)
    return {
      tone: "waiting",
      words: t("status.relativeWaits", {
        role: t(`role.${other.role}`),
        time: stopwatch(sinceMs(other, nowMs)),
      }),
    };
  if (patient?.place.state === "left" || patient?.place.state === "removed")
    return { tone: "running", words: t(`place.${patient.place.state}`) };
  if (entry.status === "arrived") return { tone: "running", words: t("status.arrived") };
  const minutes = Math.floor((nowMs - Date.parse(entry.startsAt)) / 60_000);
  return minutes >= LATE_AFTER_MINUTES
    ? { tone: "late", words: t("status.late", { minutes }) }
    : { tone: "planned", words: t("status.booked") };
}

export interface Waiting {
  entry: AppointmentEntry;
  person: ParticipantEntry;
  sinceMs: number;
}

/** Everybody in a waiting room, the longest waiting first. */
export function waitingOf(entries: readonly AppointmentEntry[], nowMs: number): Waiting[] {
  return entries
    .filter((entry) => !isOver(entry))
    .flatMap((entry) =>
      entry.participants
        .filter((person) => person.role !== "practitioner" && person.place.state === "waiting")
        .map((person) => ({ entry, person, sinceMs: sinceMs(person, nowMs) })),
    )
    .sort((a, b) => b.sinceMs - a.sinceMs);
}

/** By start, then by name. */
export function inOrder(entries: readonly AppointmentEntry[]): AppointmentEntry[] {
  return [...entries].sort(
    (a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt) || nameOf(a).localeCompare(nameOf(b)),
  );
}

/** What can be done with an appointment from here. */
export function stepsOf(entry: AppointmentEntry, nowMs: number): { enter: boolean; cancel: boolean; noShow: boolean } {
  const hasStarted = nowMs >= Date.parse(entry.startsAt);
  const isBooked = entry.status === "booked";
  return {
    enter: entry.mayEnter && !isOver(entry),
    cancel: entry.mayChange && isBooked,
    noShow: entry.mayChange && isBooked && hasStarted,
  };
}

/** The day before (-1) or after (1) a day such as `2026-11-25`. */
export function dayBeside(day: string, days: number): string {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** Whether this is a day of the calendar, as addresses name it. */
export function isDay(text: string): boolean {
  const date = new Date(`${text}T12:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
