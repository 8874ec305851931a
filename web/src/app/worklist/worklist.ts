import type { WorklistEntry } from "../../protocol";

/** What of the worklist is shown. */
export interface Filter {
  /** "": all of them. */
  modality: string;
  isRunningOnly: boolean;
}

/** The modalities that occur, each once, by name. */
export const modalitiesOf = (entries: readonly WorklistEntry[]): string[] =>
  [...new Set(entries.flatMap(({ studies }) => studies.map(({ modality }) => modality)))].filter(Boolean).sort();

/**
 * The entries with a study that passes, with those studies only, running ones first, then by time. While no modality is asked for,
 * consultations without a study are there too.
 */
export function filtered(entries: readonly WorklistEntry[], { modality, isRunningOnly }: Filter): WorklistEntry[] {
  return entries
    .filter((entry) => entry.isRunning || !isRunningOnly)
    .map((entry) =>
      modality === "" ? entry : { ...entry, studies: entry.studies.filter((study) => study.modality === modality) },
    )
    .filter((entry) => modality === "" || entry.studies.length > 0)
    .sort(
      (a, b) =>
        Number(b.isRunning) - Number(a.isRunning) ||
        Date.parse(a.startsAt) - Date.parse(b.startsAt) ||
        (a.appointment < b.appointment ? -1 : 1),
    );
}

/** The page of a consultation; with a series it goes in at once, and opens that for this person alone. */
export function placeOf(appointment: string, series: string | undefined): string {
  const page = `/app/consultation/${encodeURIComponent(appointment)}`;
  return series === undefined ? page : `${page}?show=${encodeURIComponent(series)}`;
}
