import { expect, it } from "vitest";
import type { Person } from "../../src/protocol";
import { signOf } from "../../src/viewer/signs";

const person = (participant: string): Person => ({
  participant,
  role: "practitioner",
  name: "Dr Martin",
  place: { state: "in_call" },
  muted: [],
});
const BOOKED = ["b613d56b308f", "b614c22e3082", "b61537593132"].map((end) => person(`01a224ed-2cd8-721a-b62e-${end}`));

// The doctor's marks were violet on one screen and orange on another.
it("gives somebody the same sign on every device, whoever else each knows of", () => {
  for (const { participant } of BOOKED) {
    const alone = signOf([person(participant)], participant, undefined);
    expect(signOf(BOOKED, participant, undefined)).toEqual(alone);
    expect(signOf([...BOOKED].reverse(), participant, undefined)).toEqual(alone);
  }
});

it("gives those of one appointment different signs", () => {
  const colours = BOOKED.map(({ participant }) => signOf(BOOKED, participant, undefined).colour);
  expect(new Set(colours).size).toBe(BOOKED.length);
});
