import type {
  FetchEntry,
  FetchRequest,
  PacsAnswer,
  PacsState,
  PatientNumberEntry,
  PatientNumberRequest,
} from "../../protocol";
import { ask } from "../requests";

const id = encodeURIComponent;
const path = (appointment: string) => `/api/appointments/${id(appointment)}/pacs`;

/** Whom may be asked for the patient, and how far fetches are. */
export const pacsOf = (appointment: string): Promise<PacsState> => ask("GET", path(appointment));

export const searchPacs = (appointment: string, pacs: string): Promise<PacsAnswer> =>
  ask("POST", `${path(appointment)}/search`, { json: { pacs }, timeoutMs: 20_000 });

export const fetchStudy = (appointment: string, json: FetchRequest): Promise<FetchEntry> =>
  ask("POST", `${path(appointment)}/fetches`, { json });

/** One that has ended is told no more. */
export const stopFetch = (appointment: string, fetch: string): Promise<void> =>
  ask("DELETE", `${path(appointment)}/fetches/${id(fetch)}`);

export const keepNumber = (
  appointment: string,
  participant: string,
  json: PatientNumberRequest,
): Promise<PatientNumberEntry> =>
  ask("POST", `/api/appointments/${id(appointment)}/participants/${id(participant)}/number`, { json });
