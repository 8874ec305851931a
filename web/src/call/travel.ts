import type { PathWord } from "../protocol";
import { entriesOf, pathOf, selectedPair } from "./quality";

/** How one direction of the media travels, as the browser measures it. */
export interface Travel {
  isConnected: boolean;
  /** DTLS stands: keys were agreed on, and what travels is SRTP. */
  isSealed: boolean;
  /** Absent where the browser does not tell which pair of candidates is used. */
  path?: PathWord;
  /** `DTLS 1.2`; absent where the browser does not say. */
  dtls?: string;
  /** As the browser names it: `AES_CM_128_HMAC_SHA1_80`. */
  srtp?: string;
}

/** Versions as they stand in a record, in hexadecimal digits (RFC 6347 section 4.1, RFC 9147 section 5.3). */
const VERSIONS: Readonly<Record<string, string>> = { FEFF: "DTLS 1.0", FEFD: "DTLS 1.2", FEFC: "DTLS 1.3" };

/** Reads it from a report. A connection is "connected" only once DTLS is (W3C WebRTC section 4.3.3); where the browser tells of DTLS itself, that counts. */
export function travelOf(report: RTCStatsReport, isConnected: boolean): Travel {
  const all = entriesOf(report);
  const transport = [...all.values()].find(({ type }) => type === "transport");
  const local = all.get(selectedPair(all)?.localCandidateId ?? "");
  const dtls = VERSIONS[transport?.tlsVersion?.toUpperCase() ?? ""];
  const srtp = transport?.srtpCipher;
  const state = transport?.dtlsState;
  return {
    isConnected,
    isSealed: isConnected && (state === undefined || state === "connected"),
    ...(local && { path: pathOf(local) }),
    ...(dtls !== undefined && { dtls }),
    ...(srtp !== undefined && srtp !== "" && { srtp }),
  };
}
