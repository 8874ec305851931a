import type { Person } from "../protocol";
import { t } from "./words";

/** How a person is told apart in a viewing: colour, shape and letter, so that nobody is told by colour alone. */
export interface Sign {
  /** Class of the colour: `presenter`, `person-1` to `person-5`, or `nobody`. */
  colour: string;
  /** Points of a small polygon around 0,0; each person has another one. */
  shape: string;
  letter: string;
  name: string;
}

const SHAPES = [
  "-8,-8 8,-8 8,8 -8,8",
  "0,-10 10,0 0,10 -10,0",
  "0,-13 11,6 -11,6",
  "0,13 11,-6 -11,-6",
  "5,-9 10,0 5,9 -5,9 -10,0 -5,-9",
] as const;
const PRESENTER = "0,-11 3,-4 10,-4 5,1 7,9 0,4 -7,9 -5,1 -10,-4 -3,-4";
const NOBODY = "-4,-9 4,-9 9,-4 9,4 4,9 -4,9 -9,4 -9,-4";

function letterOf(name: string): string {
  return ([...name.replace(/^(?:Dr|Pr|M\.|Mme|Mr|Mrs|Ms)\.?\s+/u, "")][0] ?? "?").toLocaleUpperCase();
}

/**
 * The same on every device, though not all know of the same people: it is in the identifier, of which those that were made for one
 * appointment differ by one before their last eight digits.
 */
function numberOf(people: readonly Person[], participant: string): number {
  const counted = Number.parseInt(participant.replaceAll("-", "").slice(16, 24), 16);
  if (!Number.isNaN(counted)) return counted;
  return Math.max(
    0,
    people.findIndex((person) => person.participant === participant),
  );
}

/** The sign of somebody who points; whoever presents has one of their own. */
export function signOf(people: readonly Person[], participant: string, presenter: string | undefined): Sign {
  const index = numberOf(people, participant);
  const name = people.find((person) => person.participant === participant)?.name ?? t("somebody");
  const n = index % SHAPES.length;
  return participant === presenter
    ? { colour: "presenter", shape: PRESENTER, letter: letterOf(name), name }
    : { colour: `person-${n + 1}`, shape: SHAPES[n] ?? SHAPES[0], letter: letterOf(name), name };
}

/**
 * The signs of those who draw. What somebody has drawn stays when they do not present any more, and when they have gone: so
 * does the sign.
 */
export class Authors {
  #signs = new Map<string, Sign>();

  of(people: readonly Person[], participant: string): Sign {
    const known = this.#signs.get(participant);
    if (known) return known;
    if (!people.some((person) => person.participant === participant))
      return { colour: "nobody", shape: NOBODY, letter: "?", name: t("somebody") };
    const sign = signOf(people, participant, undefined);
    this.#signs.set(participant, sign);
    return sign;
  }
}
