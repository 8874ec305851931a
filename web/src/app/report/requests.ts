import { type CallOptions, call } from "../../api";
import type {
  AfterEntry,
  CallBackEntry,
  DocumentItem,
  DocumentsState,
  LanguageWord,
  NoteEntry,
  NoteSaved,
  ReportState,
  ReportWords,
} from "../../protocol";
import { ask } from "../requests";

const id = encodeURIComponent;

export const notesOf = (appointment: string): Promise<NoteEntry[]> =>
  ask("GET", `/api/appointments/${id(appointment)}/notes`);

export const saveNote = (appointment: string, text: string, version: number): Promise<NoteSaved> =>
  ask("PUT", `/api/appointments/${id(appointment)}/note`, { json: { text, version } });

export const reportOf = (appointment: string): Promise<ReportState> =>
  ask("GET", `/api/appointments/${id(appointment)}/report`);

/** Begins the first version, or an amendment, which says why. */
export const beginReport = (appointment: string, language: LanguageWord, why: string): Promise<ReportState> =>
  ask("POST", `/api/appointments/${id(appointment)}/report`, { json: { language, why } });

export const saveReport = (report: string, revision: number, words: ReportWords): Promise<ReportState> =>
  ask("PUT", `/api/reports/${id(report)}`, { json: { revision, words } });

export const signReport = (report: string, revision: number): Promise<ReportState> =>
  ask("POST", `/api/reports/${id(report)}/sign`, { json: { revision }, timeoutMs: 60_000 });

const FILE: CallOptions = { isBlob: true, timeoutMs: 60_000 };

export const reportPdf = (report: string): Promise<Blob> => ask("GET", `/api/reports/${id(report)}/document.pdf`, FILE);

export const reportBundle = (report: string): Promise<Blob> =>
  ask("GET", `/api/reports/${id(report)}/bundle.json`, FILE);

export const documentsOf = (appointment: string): Promise<DocumentsState> =>
  ask("GET", `/api/appointments/${id(appointment)}/documents`);

export const releaseDocuments = (appointment: string, documents: DocumentItem[]): Promise<DocumentsState> =>
  ask("PUT", `/api/appointments/${id(appointment)}/documents`, { json: { documents } });

/** Who asked to be called back, and until when the visit may be opened again. */
export const afterOf = (appointment: string): Promise<AfterEntry> =>
  ask("GET", `/api/appointments/${id(appointment)}/after`);

export const reopen = (appointment: string): Promise<AfterEntry> =>
  ask("POST", `/api/appointments/${id(appointment)}/reopen`);

/** Those who asked to be called back a moment ago, in visits of this person. A page without a sign-in is asked by others. */
export const callBacks = (signal: AbortSignal): Promise<CallBackEntry[]> => call("GET", "/api/call-backs", { signal });
