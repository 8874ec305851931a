import type {
  AppointmentEntry,
  Booked,
  Chain,
  MoveRequest,
  OutcomeWord,
  QueueEntryEntry,
  ServiceEntry,
  SlotEntry,
} from "../../protocol";
import { ask } from "../requests";

const id = encodeURIComponent;

/** Words of a patient's name; sent as a body, so that no name gets into a log of addresses. */
export const search = (name: string): Promise<AppointmentEntry[]> =>
  ask("POST", "/api/appointments/search", { json: { name } });

/** The appointment takes place at another time; its guests get new links. */
export const move = (appointment: string, request: MoveRequest): Promise<Booked> =>
  ask("POST", `/api/appointments/${id(appointment)}/move`, { json: request });

/** What became of an appointment whose call does not say it. */
export const close = (appointment: string, outcome: OutcomeWord): Promise<AppointmentEntry> =>
  ask("POST", `/api/appointments/${id(appointment)}/close`, { json: { outcome } });

export const chainOf = (appointment: string): Promise<Chain> =>
  ask("GET", `/api/appointments/${id(appointment)}/chain`);

export const services = (): Promise<ServiceEntry[]> => ask("GET", "/api/services");

/** Free time of a service, from a day on (`2026-11-30`). */
export const slotsOf = (service: string, from: string, days: number, practitioner = ""): Promise<SlotEntry[]> =>
  ask("GET", `/api/services/${id(service)}/slots?from=${id(from)}&days=${days}&practitioner=${id(practitioner)}`);

/** Who waits in the queues of this person's services. */
export const queue = (signal: AbortSignal): Promise<QueueEntryEntry[]> => ask("GET", "/api/queue", { signal });

/** Makes an appointment that begins now, with this practitioner or with whoever asks. */
export const takeFromQueue = (entry: string, practitioner?: string): Promise<AppointmentEntry> =>
  ask("POST", `/api/queue/${id(entry)}/take`, { json: practitioner === undefined ? {} : { practitioner } });

export const refuseFromQueue = (entry: string): Promise<void> => ask("POST", `/api/queue/${id(entry)}/refuse`);
