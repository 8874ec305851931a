import { beforeEach, describe, expect, it } from "vitest";
import { dayBeside, inOrder, isDay, statusOf, stepsOf, waitingOf } from "../../src/app/agenda/agenda";
import { chooseLanguage } from "../../src/i18n";
import { at, entry, guest, NOON } from "./entries";

beforeEach(() => chooseLanguage("fr"));

const words = (...of: Parameters<typeof entry>) => statusOf(entry(...of), NOON).words.replaceAll("\u00a0", " ");

describe("the status of an appointment", () => {
  it("says how long the patient has been waiting, to the second", () => {
    const waiting = entry({}, guest("waiting", 6.2));
    expect(statusOf(waiting, NOON).words.replaceAll("\u00a0", " ")).toBe("en salle d’attente depuis 06:12");
    expect(statusOf(waiting, NOON + 1_000).words.replaceAll("\u00a0", " ")).toBe("en salle d’attente depuis 06:13");
    expect(statusOf(waiting, NOON).tone).toBe("waiting");
  });

  it("names every end in words", () => {
    expect(words({ status: "cancelled" })).toBe("annulé");
    expect(words({ status: "noshow" })).toBe("absent");
    expect(words({ status: "fulfilled", outcome: "completed" })).toBe("terminée");
    expect(words({ status: "fulfilled", outcome: "by_telephone" })).toBe("Continue par téléphone");
    // A person who is still marked as waiting does not bring a closed appointment back.
    expect(words({ status: "cancelled" }, guest("waiting", 2))).toBe("annulé");
  });

  it("follows the patient before whoever came along", () => {
    const relative = guest("waiting", 3, "relative", "Marc Dubois");
    expect(words({ status: "arrived" }, guest("in_call", 12), relative)).toBe("en consultation depuis 12:00");
    expect(words({}, guest("invited"), relative)).toBe("accompagnant en salle d’attente depuis 03:00");
    expect(words({ status: "arrived" }, guest("left", 1))).toBe("a quitté");
  });

  it("tells planned from late", () => {
    expect(words({ startsAt: at(10) })).toBe("prévu");
    expect(words({ startsAt: at(-4) })).toBe("prévu");
    expect(words({ startsAt: at(-9) })).toBe("pas encore là, prévu depuis 9 min");
  });

  it("is never negative when the clock of the device is behind", () => {
    expect(words({}, guest("waiting", -3))).toBe("en salle d’attente depuis 00:00");
  });

  it("speaks English too", () => {
    chooseLanguage("en");
    expect(words({}, guest("waiting", 70))).toBe("in the waiting room for 1:10:00");
  });
});

describe("the waiting list", () => {
  it("holds guests of open appointments, the longest waiting first", () => {
    const list = waitingOf(
      [
        entry({ appointment: "a1" }, guest("waiting", 1, "patient", "A"), guest("waiting", 9, "relative", "B")),
        entry({ appointment: "a2" }, guest("waiting", 5, "patient", "C")),
        entry({ appointment: "a3", status: "cancelled" }, guest("waiting", 30, "patient", "D")),
        entry({ appointment: "a4" }, guest("in_call", 30, "patient", "E")),
      ],
      NOON,
    );
    expect(list.map(({ person }) => person.name)).toEqual(["B", "C", "A"]);
  });
});

describe("the steps from here", () => {
  it("follow what the gateway lets this person do, and what the status allows", () => {
    expect(stepsOf(entry(), NOON)).toEqual({ enter: true, cancel: true, noShow: true });
    expect(stepsOf(entry({ startsAt: at(10) }), NOON).noShow).toBe(false);
    expect(stepsOf(entry({ mayEnter: false, mayChange: false }), NOON)).toEqual({
      enter: false,
      cancel: false,
      noShow: false,
    });
    expect(stepsOf(entry({ status: "arrived" }), NOON)).toEqual({ enter: true, cancel: false, noShow: false });
    expect(stepsOf(entry({ status: "fulfilled" }), NOON).enter).toBe(false);
  });
});

describe("days", () => {
  it("go over months and years", () => {
    expect(dayBeside("2026-12-31", 1)).toBe("2027-01-01");
    expect(dayBeside("2028-03-01", -1)).toBe("2028-02-29");
  });

  it("are checked before they become an address", () => {
    expect(isDay("2026-11-25")).toBe(true);
    for (const text of ["2026-02-30", "25/11/2026", "2026-13-01", "x", ""]) expect(isDay(text)).toBe(false);
  });

  it("are listed by time", () => {
    const list = inOrder([entry({ appointment: "b", startsAt: at(30) }), entry({ appointment: "a", startsAt: at(5) })]);
    expect(list.map(({ appointment }) => appointment)).toEqual(["a", "b"]);
  });
});
