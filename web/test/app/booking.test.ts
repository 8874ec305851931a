import { describe, expect, it } from "vitest";
import {
  type Draft,
  emptyDraft,
  type Field,
  faultsOf,
  fieldOf,
  instantOf,
  NOTE_MAX,
  requestOf,
} from "../../src/app/booking/booking";
import type { ProblemCode } from "../../src/protocol";

const PARIS = "Europe/Paris";
const draft = (changes: Partial<Draft> = {}): Draft => ({
  ...emptyDraft("2026-11-26", "fr"),
  patient: { key: 0, role: "patient", name: " Léon Moreau ", language: "fr" },
  practitioners: ["d1", ""],
  service: " Cardiologie ",
  start: "14:30",
  ...changes,
});

describe("the request of a booking", () => {
  it("has the patient first, trimmed names, chosen doctors and instants of the hospital's time zone", () => {
    const companions = [{ key: 4, role: "interpreter" as const, name: "Ana Kowalska", language: "en" as const }];
    expect(requestOf(draft({ companions, minutes: 45, note: " à jeun\n" }), PARIS)).toEqual({
      startsAt: "2026-11-26T13:30:00.000Z",
      endsAt: "2026-11-26T14:15:00.000Z",
      service: "Cardiologie",
      guests: [
        { role: "patient", name: "Léon Moreau", language: "fr" },
        { role: "interpreter", name: "Ana Kowalska", language: "en" },
      ],
      practitioners: ["d1"],
      note: "à jeun",
    });
  });
});

describe("instants", () => {
  it("follow summer and winter time", () => {
    expect(instantOf("2026-07-01", "14:30", PARIS).toISOString()).toBe("2026-07-01T12:30:00.000Z");
    expect(instantOf("2026-12-01", "00:15", PARIS).toISOString()).toBe("2026-11-30T23:15:00.000Z");
    expect(instantOf("2026-12-01", "14:30", "America/Cayenne").toISOString()).toBe("2026-12-01T17:30:00.000Z");
  });

  it("take the first of an hour that comes twice, and step over one that does not exist", () => {
    expect(instantOf("2026-10-25", "02:30", PARIS).toISOString()).toBe("2026-10-25T00:30:00.000Z");
    expect(instantOf("2026-10-25", "03:30", PARIS).toISOString()).toBe("2026-10-25T02:30:00.000Z");
    // 02:30 does not exist on that day: the clock jumps from 02:00 to 03:00, so it is 03:30.
    expect(instantOf("2026-03-29", "02:30", PARIS).toISOString()).toBe("2026-03-29T01:30:00.000Z");
  });

  it("come back as the same wall clock on every hour of the days around a change", () => {
    for (const day of ["2026-03-28", "2026-03-30", "2026-10-24", "2026-10-26"])
      for (let hour = 0; hour < 24; hour += 1) {
        const time = `${String(hour).padStart(2, "0")}:10`;
        const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: PARIS, dateStyle: "short", timeStyle: "short" });
        expect(shown.format(instantOf(day, time, PARIS))).toBe(`${day} ${time}`);
      }
  });
});

describe("what is missing", () => {
  it("is found before it is sent, each beside its field", () => {
    const faults = faultsOf({
      ...emptyDraft("2026-11-26", "fr"),
      companions: [{ key: 7, role: "relative", name: " ", language: "fr" }],
      note: "x".repeat(NOTE_MAX + 1),
    });
    expect(faults).toEqual({
      patient: "name_missing",
      "companion-7": "name_missing",
      practitioners: "no_practitioner",
      service: "service_missing",
      when: "time_missing",
      note: "note_too_long",
    });
  });

  it("is nothing in a form that is filled in", () => {
    expect(faultsOf(draft())).toEqual({});
    expect(faultsOf(draft({ note: "é".repeat(NOTE_MAX) }))).toEqual({});
  });

  it("includes a doctor who is named twice and more than forty people", () => {
    expect(faultsOf(draft({ practitioners: ["d1", "d1"] })).practitioners).toBe("practitioner_twice");
    const companions = Array.from({ length: 39 }, (_, key) => ({
      key,
      role: "relative" as const,
      name: "N",
      language: "fr" as const,
    }));
    expect(faultsOf(draft({ companions })).companions).toBe("too_many_people");
    expect(faultsOf(draft({ companions: companions.slice(1) })).companions).toBeUndefined();
  });
});

describe("a refusal of the gateway", () => {
  it("stands beside the field that it is about", () => {
    const expected: [ProblemCode, Field][] = [
      ["in_the_past", "when"],
      ["too_far_ahead", "when"],
      ["ends_before_it_starts", "duration"],
      ["too_long", "duration"],
      ["not_one_patient", "patient"],
      ["no_practitioner", "practitioners"],
      ["practitioner_twice", "practitioners"],
      ["unknown_practitioner", "practitioners"],
      ["practitioner_busy", "practitioners"],
      ["too_many_people", "companions"],
      ["service_missing", "service"],
      ["note_too_long", "note"],
      ["unavailable", "form"],
      ["not_allowed", "form"],
    ];
    for (const [code, field] of expected) expect([code, fieldOf(code, draft())]).toEqual([code, field]);
  });

  it("about a name stands beside the person who has none", () => {
    const companions = [
      { key: 2, role: "relative" as const, name: "Marc", language: "fr" as const },
      { key: 3, role: "relative" as const, name: "y".repeat(121), language: "fr" as const },
    ];
    expect(fieldOf("name_missing", draft({ companions }))).toBe("companion-3");
    expect(fieldOf("name_missing", draft({ patient: { key: 0, role: "patient", name: "", language: "fr" } }))).toBe(
      "patient",
    );
  });
});
