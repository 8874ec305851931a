import { expect, it } from "vitest";
import { saysEnough } from "../../src/app/emergency/EmergencyPage";

it("takes a reason that is a sentence, as the gateway does", () => {
  for (const reason of [
    "",
    "urgent",
    "aaaaaaaaaaaaaaaaaaaaaaaaa",
    "patient inconscient",
    ". . . . . . . . . . . . . . . .",
    "a  b  c               ",
  ])
    expect(saysEnough(reason), reason).toBe(false);
  expect(saysEnough("  Patiente inconsciente\n aux urgences ")).toBe(true);
});
