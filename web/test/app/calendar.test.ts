import { describe, expect, it } from "vitest";
import { byDay, filteredList, mondayOf, placeOfView, spanOf, stepOf } from "../../src/app/agenda/calendar";
import { emptyDraft, followUpOf, labelOf, requestOf, serviceOf } from "../../src/app/booking/booking";
import type { ServiceEntry } from "../../src/protocol";
import { entry, guest } from "./entries";

const service = (name: string, site = "", isClosed = false): ServiceEntry => ({
  service: `${name}-${site}`,
  name,
  site,
  telephone: "",
  isClosed,
  members: [],
  readers: [],
  policy: { mayPatientsCancel: false, mayPatientsMove: false, noticeHours: 24, isOpenOnHolidays: false },
  queue: { minutes: 15 },
});

describe("the views of the agenda", () => {
  it("begin a week on its Monday, whatever the day", () => {
    expect(mondayOf("2026-11-23")).toBe("2026-11-23");
    expect(mondayOf("2026-11-29")).toBe("2026-11-23");
    expect(mondayOf("2027-01-01")).toBe("2026-12-28");
    expect(spanOf("week", "2026-11-25")).toEqual({ first: "2026-11-23", days: 7 });
    expect(spanOf("day", "2026-11-25")).toEqual({ first: "2026-11-25", days: 1 });
    expect(spanOf("list", "2026-11-25").days).toBe(stepOf("list"));
  });

  it("put each appointment under the hospital's day, also when the clocks change", () => {
    const entries = [
      entry({ appointment: "late", startsAt: "2026-10-25T22:30:00Z", endsAt: "2026-10-25T22:50:00Z" }),
      entry({ appointment: "early", startsAt: "2026-10-24T22:30:00Z", endsAt: "2026-10-24T22:50:00Z" }),
      entry({ appointment: "next", startsAt: "2026-10-25T23:00:00Z", endsAt: "2026-10-25T23:20:00Z" }),
    ];
    const days = byDay(entries, "2026-10-24", 3, "Europe/Paris");
    expect(days.map(({ day, entries: own }) => [day, own.map(({ appointment }) => appointment)])).toEqual([
      ["2026-10-24", []],
      // The day of 25 hours: from 22:00 UTC, in summer time, to 23:00 UTC.
      ["2026-10-25", ["early", "late"]],
      ["2026-10-26", ["next"]],
    ]);
  });

  it("have an address each", () => {
    expect(placeOfView("day", "2026-11-25", "2026-11-25")).toBe("/app");
    expect(placeOfView("day", "2026-11-26", "2026-11-25")).toBe("/app/day/2026-11-26");
    expect(placeOfView("week", "2026-11-25", "2026-11-25")).toBe("/app/week/2026-11-25");
  });

  it("filter a list by service and status", () => {
    const entries = [entry({ appointment: "a" }), entry({ appointment: "b", service: "X", status: "cancelled" })];
    const ids = (service: string, status: string) =>
      filteredList(entries, { service, status }).map(({ appointment }) => appointment);
    expect(ids("", "")).toEqual(["a", "b"]);
    expect(ids("X", "")).toEqual(["b"]);
    expect(ids("", "booked")).toEqual(["a"]);
    expect(ids("X", "booked")).toEqual([]);
  });
});

describe("a booking", () => {
  it("names a kept service by its label, or by a name that only one has", () => {
    const services = [service("Cardio", "Nord"), service("Cardio", "Sud"), service("Pneumo"), service("Old", "", true)];
    expect(services.map(labelOf)).toEqual(["Cardio (Nord)", "Cardio (Sud)", "Pneumo", "Old"]);
    expect(serviceOf(" Cardio (Sud) ", services)?.service).toBe("Cardio-Sud");
    expect(serviceOf("Cardio", services)).toBeUndefined();
    expect(serviceOf("Pneumo", services)?.service).toBe("Pneumo-");
    expect(serviceOf("Old", services)).toBeUndefined();
  });

  it("sends how the patient is reached and where they are, and nothing that was left empty", () => {
    const draft = {
      ...emptyDraft("2026-11-30", "fr"),
      patient: {
        key: 0,
        role: "patient" as const,
        name: " A ",
        language: "fr" as const,
        telephone: " 06 ",
        email: " ",
      },
      practitioners: ["d1"],
      service: "Pneumo",
      start: "09:00",
      place: "room" as const,
      room: " Salle 4 ",
    };
    const sent = requestOf(draft, "Europe/Paris", service("Pneumo"));
    expect(sent.guests).toEqual([{ role: "patient", name: "A", language: "fr", telephone: "06" }]);
    expect(sent.serviceId).toBe("Pneumo-");
    expect(sent.course).toEqual({ place: "room", room: "Salle 4" });
    expect(requestOf({ ...draft, place: "at_home" }, "Europe/Paris").course).toBeUndefined();
  });

  it("that follows a visit knows everything but the time", () => {
    const patient = { ...guest("left"), language: "en" as const };
    const visit = entry({ appointment: "before" }, patient, guest("left", 0, "relative", "Luc"));
    const draft = { ...emptyDraft("2026-12-01", "fr"), ...followUpOf(visit) };
    expect([draft.patient.name, draft.patient.language]).toEqual(["Jeanne Dubois", "en"]);
    expect(draft.companions.map(({ name }) => name)).toEqual(["Luc"]);
    expect([draft.service, draft.minutes, draft.follows, draft.start]).toEqual(["Cardiologie", 30, "before", ""]);
    expect(requestOf({ ...draft, start: "09:00" }, "UTC").course).toEqual({ place: "at_home", follows: "before" });
  });
});
