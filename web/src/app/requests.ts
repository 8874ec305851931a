import { ApiProblem, type CallOptions, call } from "../api";
import type {
  AppointmentEntry,
  Booked,
  BookingRequest,
  IssuedLink,
  PractitionerEntry,
  SignedOut,
  StudyEntry,
} from "../protocol";
import { askToSignIn } from "./who";

/** A call that only staff make: whoever is signed out in the meantime is asked to sign in, and comes back to this page. */
async function ask<T>(method: "GET" | "POST" | "DELETE", path: string, options?: CallOptions): Promise<T> {
  try {
    return await call<T>(method, path, options);
  } catch (cause) {
    if (cause instanceof ApiProblem && cause.code === "sign_in_needed") askToSignIn();
    throw cause;
  }
}

const id = encodeURIComponent;

/** The appointments of a day (`2026-11-25`) in the hospital's time zone that this person may see. */
export const appointmentsOf = (day: string, signal: AbortSignal): Promise<AppointmentEntry[]> =>
  ask("GET", `/api/appointments?day=${id(day)}`, { signal });

export const appointment = (appointment: string): Promise<AppointmentEntry> =>
  ask("GET", `/api/appointments/${id(appointment)}`);

export const practitioners = (): Promise<PractitionerEntry[]> => ask("GET", "/api/practitioners");

export const book = (booking: BookingRequest): Promise<Booked> => ask("POST", "/api/appointments", { json: booking });

export const cancel = (appointment: string): Promise<AppointmentEntry> =>
  ask("POST", `/api/appointments/${id(appointment)}/cancel`);

export const markNoShow = (appointment: string): Promise<AppointmentEntry> =>
  ask("POST", `/api/appointments/${id(appointment)}/noshow`);

/** Makes a new link for a guest; the one before stops working. */
export const replaceLink = (appointment: string, participant: string): Promise<IssuedLink> =>
  ask("POST", `/api/appointments/${id(appointment)}/participants/${id(participant)}/link`);

/** The link of a guest stops working. */
export const withdrawLink = (appointment: string, participant: string): Promise<void> =>
  ask("DELETE", `/api/appointments/${id(appointment)}/participants/${id(participant)}/link`);

export const studiesOf = (appointment: string): Promise<StudyEntry[]> =>
  ask("GET", `/api/appointments/${id(appointment)}/studies`);

export const thumbnailOf = (series: string): string => `/api/series/${id(series)}/thumbnail`;

/** Where one file is sent to. The name is a neutral one: file names often hold the names of patients. */
export const uploadAddress = (appointment: string, name: string): string =>
  `/api/appointments/${id(appointment)}/studies?name=${id(name)}`;

export const signOut = (): Promise<SignedOut> => call("POST", "/logout");
