import type { Person } from "../protocol";
import { type Call, keyOf } from "./call";

/** What somebody shows beside their face, large: a screen, or the picture of a second camera. */
export interface Feed {
  key: string;
  person: Person;
  source: "screen" | "second_camera";
  track: MediaStreamTrack;
}

/** What these people show. */
export function feedsOf(call: Call, people: readonly Person[]): Feed[] {
  return people.flatMap((person) =>
    (["second_camera", "screen"] as const).flatMap((source) => {
      const track = call.remote.value.get(person.participant)?.[source];
      return track ? [{ key: keyOf(person.participant, source), person, source, track }] : [];
    }),
  );
}

/** The images, among the keys of feeds. */
export const IMAGES = "images";

/** What is in front now, of all that is shown: what was begun last, until it goes or the person chooses. */
export function frontOf(front: string, before: readonly string[], now: readonly string[]): string {
  const fresh = now.find((key) => !before.includes(key));
  return fresh ?? (now.includes(front) ? front : (now[0] ?? ""));
}
