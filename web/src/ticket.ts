import { ApiProblem, call } from "./api";
import type { ProblemCode, SocketTicket, TicketRequest } from "./protocol";

const TIMEOUT_MS = 5_000;

/** A ticket, or why there is none. */
export type Given = { ticket: string } | { code: ProblemCode };
/** Asks for a ticket for a WebSocket, for this link or for whoever is signed in, and hands to `take` what comes of it. */
export type AskTicket = (link: string | undefined, take: (given: Given) => void) => void;

export const askTicket: AskTicket = (link, take) => {
  const json: TicketRequest = link === undefined ? {} : { link };
  call<SocketTicket>("POST", "/api/socket-ticket", { json, timeoutMs: TIMEOUT_MS }).then(
    ({ ticket }) => take({ ticket }),
    (cause) => take({ code: cause instanceof ApiProblem ? cause.code : "unavailable" }),
  );
};
