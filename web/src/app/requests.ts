import { ApiProblem, type CallOptions, call, me } from "../api";
import type {
  AppointmentEntry,
  Booked,
  BookingRequest,
  DroppedIn,
  FolderEntry,
  FolderRequest,
  HoldableEntry,
  HoldableRequest,
  HoldEntry,
  HoldRequest,
  IssuedFolder,
  IssuedLink,
  IssuedPin,
  KeyImageEntry,
  LanguageWord,
  PractitionerEntry,
  PurgeRun,
  Receipt,
  ReceivedEntry,
  RetentionState,
  SavedImages,
  SignedOut,
  StatisticsChoice,
  StatisticsReport,
  StudyEntry,
  SummaryRequest,
  SummaryState,
  TrailAlerts,
  TrailPage,
  ViewingRecord,
  WorklistEntry,
} from "../protocol";
import { proveAgain } from "./signin/fresh";
import { askToSignIn, person } from "./who";

/**
 * A call that only staff make: whoever is signed out in the meantime is asked to sign in, and comes back to this page; for what changes
 * something they do so in another tab, so that nothing they wrote is lost. Where a fresh proof is needed they are led to it. What they
 * asked for is done then.
 */
export async function ask<T>(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  options?: CallOptions,
): Promise<T> {
  try {
    return await call<T>(method, path, options);
  } catch (cause) {
    if (cause instanceof ApiProblem && cause.code === "sign_in_needed") {
      // What only reads opens no question: it would come again and again.
      if (person.peek() && method !== "GET" && (await proveAgain("signed_out"))) {
        await isSamePerson();
        return await call<T>(method, path, options);
      }
      askToSignIn();
    }
    if (cause instanceof ApiProblem && cause.code === "fresh_sign_in_needed" && (await proveAgain())) {
      return await call<T>(method, path, options);
    }
    throw cause;
  }
}

/** What one person wrote is not saved in the name of another. */
async function isSamePerson(): Promise<void> {
  const before = person.peek();
  const now = await me();
  if (before && before.practitioner !== now.practitioner)
    throw new ApiProblem("sign_in_other_person", 401, "somebody else has signed in");
}

const id = encodeURIComponent;

/** The appointments of a day (`2026-11-25`), or of several from then on, in the hospital's time zone that this person may see. */
export const appointmentsOf = (day: string, signal: AbortSignal, days = 1): Promise<AppointmentEntry[]> =>
  ask("GET", `/api/appointments?day=${id(day)}${days === 1 ? "" : `&days=${days}`}`, { signal });

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

/** Makes a PIN for a guest, told this once; the one before opens nothing. */
export const makePin = (appointment: string, participant: string): Promise<IssuedPin> =>
  ask("POST", `/api/appointments/${id(appointment)}/participants/${id(participant)}/pin`);

/** A guest whose door was locked may try again. */
export const unlockDoor = (appointment: string, participant: string): Promise<void> =>
  ask("POST", `/api/appointments/${id(appointment)}/participants/${id(participant)}/unlock`);

/** The link of a guest stops working. */
export const withdrawLink = (appointment: string, participant: string): Promise<void> =>
  ask("DELETE", `/api/appointments/${id(appointment)}/participants/${id(participant)}/link`);

export const studiesOf = (appointment: string): Promise<StudyEntry[]> =>
  ask("GET", `/api/appointments/${id(appointment)}/studies`);

/** Takes a study back: nothing lists or shows it any more. */
export const withdrawStudy = (study: string): Promise<void> => ask("DELETE", `/api/studies/${id(study)}`);

export const thumbnailOf = (series: string): string => `/api/series/${id(series)}/thumbnail`;

/** Where one file is sent to. The name is a neutral one: file names often hold the names of patients. */
export const uploadAddress = (appointment: string, name: string): string =>
  `/api/appointments/${id(appointment)}/studies?name=${id(name)}`;

/** What was shown in a consultation, and who saw it. */
export const viewingRecordOf = (appointment: string): Promise<ViewingRecord> =>
  ask("GET", `/api/appointments/${id(appointment)}/viewing`);

export const stepPictureOf = (step: string, viewport: number): string =>
  `/api/steps/${id(step)}/picture?viewport=${viewport}`;

/** The consultations of today that have begun, with their studies; for radiologists. */
export const worklist = (signal: AbortSignal): Promise<WorklistEntry[]> => ask("GET", "/api/worklist", { signal });

/** Makes this radiologist a participant of a running consultation, whose page is opened next. */
export const dropIn = (appointment: string): Promise<DroppedIn> =>
  ask("POST", `/api/appointments/${id(appointment)}/drop-in`);

/** The images that were kept in a consultation, oldest first. */
export const keyImages = (appointment: string): Promise<KeyImageEntry[]> =>
  ask("GET", `/api/appointments/${id(appointment)}/key-images`);

export const keyImagePicture = (image: string): string => `/api/key-images/${id(image)}/picture`;

/** Writes the key images as objects beside the studies. */
export const saveKeyImages = (appointment: string): Promise<SavedImages> =>
  ask("POST", `/api/appointments/${id(appointment)}/key-images/save`);

export const summaryOf = (appointment: string): Promise<SummaryState> =>
  ask("GET", `/api/appointments/${id(appointment)}/summary`);

export const saveSummary = (appointment: string, summary: SummaryRequest): Promise<SummaryState> =>
  ask("PUT", `/api/appointments/${id(appointment)}/summary`, { json: summary });

/** The summary as a PDF, as it was saved last. */
export const summaryPdf = (appointment: string, language: LanguageWord): Promise<Blob> =>
  ask("GET", `/api/appointments/${id(appointment)}/summary.pdf?language=${language}`, {
    isBlob: true,
    timeoutMs: 60_000,
  });

/** The links by which files are sent for an appointment. */
export const uploadFolders = (appointment: string): Promise<FolderEntry[]> =>
  ask("GET", `/api/appointments/${id(appointment)}/upload-folders`);

/** Makes a link for a centre outside. */
export const makeUploadFolder = (appointment: string, folder: FolderRequest): Promise<IssuedFolder> =>
  ask("POST", `/api/appointments/${id(appointment)}/upload-folders`, { json: folder });

export const withdrawUploadFolder = (folder: string): Promise<void> =>
  ask("DELETE", `/api/upload-folders/${id(folder)}`);

/** What came by such links, oldest first. */
export const received = (appointment: string): Promise<ReceivedEntry[]> =>
  ask("GET", `/api/appointments/${id(appointment)}/received`);

/** The bytes of a file that came. */
export const receivedFile = (upload: string): Promise<Blob> =>
  ask("GET", `/api/received/${id(upload)}`, { isBlob: true, timeoutMs: 0 });

/** Puts a picture or clip that came among the images of the appointment. */
export const putAmongStudies = (upload: string): Promise<Receipt> =>
  ask("POST", `/api/received/${id(upload)}/studies`, { timeoutMs: 0 });

/** The services whose counts this person may read. */
export const statisticsServices = (): Promise<StatisticsChoice> => ask("GET", "/api/statistics/services");

/** `query`: `service`, `from`, `to`, `period`. */
export const statistics = (query: URLSearchParams): Promise<StatisticsReport> =>
  ask("GET", `/api/statistics?${query}`, { timeoutMs: 60_000 });

export const statisticsTable = (query: URLSearchParams): string => `/api/statistics.csv?${query}`;

export const retention = (): Promise<RetentionState> => ask("GET", "/api/retention");

/** Deletes now what is due. */
export const purgeNow = (): Promise<PurgeRun> => ask("POST", "/api/retention/run", { timeoutMs: 0 });

export const holdable = (wanted: HoldableRequest): Promise<HoldableEntry[]> =>
  ask("POST", "/api/retention/appointments", { json: wanted });

export const holdAppointment = (hold: HoldRequest): Promise<HoldEntry> =>
  ask("POST", "/api/retention/holds", { json: hold });

export const liftHold = (hold: string): Promise<void> => ask("DELETE", `/api/retention/holds/${id(hold)}`);

export const signOut = (): Promise<SignedOut> => call("POST", "/logout");

/** A page of the trail; `query` says of what. */
export const trail = (query: string): Promise<TrailPage> => ask("GET", `/api/trail${query && `?${query}`}`);

/** What was out of the ordinary in the last 30 days. */
export const trailAlerts = (): Promise<TrailAlerts> => ask("GET", "/api/trail/alerts");
