import type { DeviceStateWord, WaitingEntry } from "../../protocol";
import { t as tApp } from "../words";

/** What can be told with one click. */
export const SENTENCES = [
  "soon_your_turn",
  "thank_you_for_waiting",
  "have_papers_ready",
  "check_microphone",
  "check_camera",
  "go_to_quiet_place",
  "we_will_call_you",
] as const;

/** What somebody is told who is not let in. */
export const FAREWELLS = ["call_us", "we_call_you", "not_yours"] as const;

/** How late somebody can say that they are, in minutes; 0: not any more. */
export const DELAYS_MINUTES = [5, 10, 15, 20, 30, 45, 60, 90, 0] as const;

/** The longest message in own words, in characters. */
export const MAX_TEXT = 300;

export const waitedMs = (entry: WaitingEntry, nowMs: number): number => Math.max(0, nowMs - Date.parse(entry.since));

export const awayMs = (entry: WaitingEntry, nowMs: number): number =>
  entry.awaySince === undefined ? 0 : Math.max(0, nowMs - Date.parse(entry.awaySince));

/** Those who wait in the same room as this one, in order. */
const roomOf = (people: readonly WaitingEntry[], entry: WaitingEntry) =>
  people.filter((each) => each.room === entry.room);

/**
 * Before whom somebody is put who goes up (-1) or down (1) by one place: a participant, `"last"`, or nothing where there is no further
 * place.
 */
export function beforeWhom(
  people: readonly WaitingEntry[],
  entry: WaitingEntry,
  by: -1 | 1,
): { before: string | undefined } | undefined {
  const room = roomOf(people, entry);
  const at = room.findIndex((each) => each.participant === entry.participant);
  if (by === -1) return at > 0 ? { before: room[at - 1]?.participant } : undefined;
  return at < room.length - 1 ? { before: room[at + 2]?.participant } : undefined;
}

/** What the test of the devices found, in words. */
export function devicesInWords(entry: { camera?: DeviceStateWord; microphone?: DeviceStateWord }): string {
  const { camera, microphone } = entry;
  if (camera === undefined || microphone === undefined) return "";
  const line = (what: string, state: DeviceStateWord) => tApp("device.line", { what, state: tApp(`device.${state}`) });
  if (camera === "works" && microphone === "works")
    return line(`${tApp("device.camera")} ${tApp("app.and")} ${tApp("device.microphone")}`, "works");
  return [line(tApp("device.camera"), camera), line(tApp("device.microphone"), microphone)].join(" · ");
}

/** Those for whom this page rings: whoever is there, of those whom its reader lets in, or of all for who lets nobody in. */
export function ringingFor(people: readonly WaitingEntry[], letsIn: boolean): string[] {
  return people
    .filter((each) => each.awaySince === undefined && (each.mayEnter || !letsIn))
    .map((each) => each.participant);
}
