import type {
  DelayEntry,
  DroppedIn,
  IdentityCheckEntry,
  IdentityCheckRequest,
  IdentityState,
  InsEntry,
  InsRequest,
  WaitingMessageRequest,
  WaitingPolicyState,
  WaitingRoomState,
} from "../../protocol";
import { ask } from "../requests";

const id = encodeURIComponent;
const waitingPath = (appointment: string, participant: string) =>
  `/api/appointments/${id(appointment)}/waiting/${id(participant)}`;
const personPath = (appointment: string, participant: string) =>
  `/api/appointments/${id(appointment)}/participants/${id(participant)}`;

/** Everybody who waits where this person may see it, in order. */
export const waitingRoom = (signal: AbortSignal): Promise<WaitingRoomState> =>
  ask("GET", "/api/waiting-room", { signal });

/** Tells somebody who waits something. */
export const tellWaiting = (appointment: string, participant: string, message: WaitingMessageRequest): Promise<void> =>
  ask("POST", `${waitingPath(appointment, participant)}/message`, { json: message });

/** Puts somebody who waits before somebody else, or last. */
export const putBefore = (appointment: string, participant: string, before: string | undefined): Promise<void> =>
  ask("POST", `${waitingPath(appointment, participant)}/place`, { json: before === undefined ? {} : { before } });

/** Says how late somebody is, to all who wait for them. */
export const tellDelay = (practitioner: string, minutes: number): Promise<DelayEntry> =>
  ask("PUT", `/api/practitioners/${id(practitioner)}/delay`, { json: { minutes } });

/** Makes this member of the service one of those who hold the consultation, whose page is opened next. */
export const takeOver = (appointment: string): Promise<DroppedIn> =>
  ask("POST", `/api/appointments/${id(appointment)}/take-over`);

export const setPolicy = (service: string, policy: WaitingPolicyState): Promise<WaitingPolicyState> =>
  ask("PUT", `/api/services/${id(service)}/waiting-policy`, { json: policy });

export const identityOf = (appointment: string): Promise<IdentityState> =>
  ask("GET", `/api/appointments/${id(appointment)}/identity`);

export const checkIdentity = (
  appointment: string,
  participant: string,
  check: IdentityCheckRequest,
): Promise<IdentityCheckEntry> => ask("POST", `${personPath(appointment, participant)}/identity`, { json: check });

export const keepIns = (appointment: string, participant: string, ins: InsRequest): Promise<InsEntry> =>
  ask("POST", `${personPath(appointment, participant)}/ins`, { json: ins });
