import { cleanup, fireEvent, render, screen, within } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Record } from "../../src/app/record/Record";
import { RecordLink } from "../../src/app/record/RecordLink";
import { words } from "../../src/app/record/words";
import { facts, person } from "../../src/app/who";
import { chooseLanguage } from "../../src/i18n";
import type { Me, StepEntry, StudyEntry } from "../../src/protocol";
import { at, entry, guest } from "./entries";

const PATIENT = "patient-Jeanne Dubois";
const RELATIVE = "relative-Luc Dubois";
const DOCTOR = "doctor";
const CLAIRE: Me = { practitioner: "p1", name: "Dr Claire Martin", roles: ["doctor"] };
const SECRETARY: Me = { practitioner: "p2", name: "Camille", roles: ["secretary"] };

const booked = entry(
  { status: "fulfilled", outcome: "completed" },
  guest("left"),
  guest("left", 0, "relative", "Luc Dubois"),
);

const STUDY: StudyEntry = {
  study: "s1",
  description: "",
  patientName: "DUBOIS^JEANNE",
  isOtherPatient: false,
  isPrior: false,
  series: [{ series: "e1", modality: "CT", number: 3, description: "Thorax", kind: "image", frames: 40, bytes: 1 }],
};

function step(number: number, changes: Partial<StepEntry> = {}): StepEntry {
  return {
    step: `step${number}`,
    at: at(number),
    untilMs: 4_000,
    cause: "scroll",
    isMoving: false,
    revision: number,
    presenter: DOCTOR,
    layout: "one",
    viewports: [{ viewport: 0, series: "e1", index: number, isPicture: true }],
    seenBy: [],
    missedBy: [],
    ...changes,
  };
}

const sight = (participant: string, isLossless = true) => ({ participant, at: at(0), isLossless });

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

/** A gateway that tells these steps. */
function gateway(steps: readonly StepEntry[]): void {
  const answers: { [path: string]: unknown } = {
    "/api/appointments/a1": booked,
    "/api/appointments/a1/viewing": { steps },
    "/api/appointments/a1/studies": [STUDY],
  };
  vi.stubGlobal("fetch", async (path: string) =>
    path in answers ? json(answers[path]) : json({ status: 404, code: "not_found", detail: "" }, 404),
  );
}

const page = () =>
  render(
    <LocationProvider>
      <Record appointment="a1" />
    </LocationProvider>,
  );

const rows = async () => within(await screen.findByRole("list")).getAllByRole("listitem");

const textOf = (row: HTMLElement | undefined) => row?.textContent?.replace(/\s+/g, " ") ?? "";

beforeEach(() => {
  chooseLanguage("en");
  facts.value = { name: "H", telephone: "", timeZone: "Europe/Paris", isDemo: false, version: "1" };
  person.value = CLAIRE;
});
afterEach(cleanup);

describe("the record of a viewing", () => {
  it("lists each step with its time, its cause, its picture, who presented and who saw it", async () => {
    gateway([
      step(1, {
        cause: "show",
        seenBy: [sight(PATIENT), sight(DOCTOR, false)],
        missedBy: [RELATIVE],
      }),
      step(2, { cause: "hand_over", isMoving: true, seenBy: [sight("stranger")] }),
      step(3, { cause: "stop", viewports: [] }),
    ]);
    page();
    const [shown, handed, stopped] = await rows();
    expect(textOf(shown)).toContain("12:01:00 Put up for 00:04");
    expect(textOf(shown)).toContain("Presented by Dr Claire Martin");
    expect(textOf(shown)).toContain("On the screen, sharp: Jeanne Dubois");
    expect(textOf(shown)).toContain("not fully sharp: Dr Claire Martin");
    expect(textOf(shown)).toContain("Not on the screen: Luc Dubois");
    const picture = within(shown as HTMLElement).getByRole("img", { name: "View 1: CT · 3 · Thorax, image 2" });
    expect(picture.getAttribute("src")).toBe("/api/steps/step1/picture?viewport=0");
    expect(picture.getAttribute("loading")).toBe("lazy");
    expect(textOf(handed)).toContain("12:02:00 Somebody else presents (in motion)");
    expect(textOf(handed)).toContain("an unknown person");
    expect(within(stopped as HTMLElement).queryByRole("img")).toBeNull();
    expect(textOf(stopped)).toBe("12:03:00 Nothing is shown any more ");
    expect(screen.getByText(/3 steps, from 12:01:00 to 12:03:00/)).toBeTruthy();
  });

  it("says in words what is no picture, and what can no longer be shown", async () => {
    const document = { viewport: 1, series: "gone", index: 0, isPicture: false };
    gateway([
      step(1, {
        layout: "side_by_side",
        viewports: [{ viewport: 0, series: "e1", index: 0, isPicture: true }, document],
      }),
      step(2, { viewports: [document] }),
    ]);
    page();
    const [both, alone] = await rows();
    expect(textOf(both)).toContain("View 2: a series, a text, pages or a sound");
    expect(textOf(both)).not.toContain("It is not known");
    expect(textOf(alone)).toContain("It is not known who read this.");
    fireEvent.error(within(both as HTMLElement).getByRole("img"));
    expect(textOf(both)).toContain("This image can no longer be shown.");
    expect(within(both as HTMLElement).queryByRole("img")).toBeNull();
  });

  it("lists what one person had on the screen", async () => {
    gateway([
      step(1, { seenBy: [sight(PATIENT), sight(DOCTOR)] }),
      step(2, { seenBy: [sight(DOCTOR)], missedBy: [PATIENT] }),
    ]);
    page();
    expect(await rows()).toHaveLength(2);
    const choice = screen.getByLabelText<HTMLSelectElement>("Steps to list");
    fireEvent.change(choice, { target: { value: PATIENT } });
    expect((await rows()).map(textOf)).toEqual([expect.stringContaining("12:01:00")]);
    fireEvent.change(choice, { target: { value: RELATIVE } });
    expect(await screen.findByText("No step.")).toBeTruthy();
    expect(screen.getByRole("status").textContent).toContain("0 of 0");
  });

  it("lists very many steps a part at a time", async () => {
    gateway(Array.from({ length: 130 }, (_, number) => step(number)));
    page();
    expect(await rows()).toHaveLength(60);
    const more = screen.getByRole("button", { name: "Show more" });
    fireEvent.click(more);
    expect(await screen.findByText("120 of 130 steps listed", { selector: "[role=status]" })).toBeTruthy();
    fireEvent.click(more);
    expect(await screen.findByText("130 of 130 steps listed")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
  });

  it("says so when nothing was shown, and when it is not for this person", async () => {
    gateway([]);
    const { unmount } = page();
    expect(await screen.findByText("Nothing was shown during this visit.")).toBeTruthy();
    unmount();
    vi.stubGlobal("fetch", async () => json({ status: 404, code: "not_found", detail: "" }, 404));
    page();
    expect(await screen.findByText("This does not exist, or is not open to your account.")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  });

  it("is reached from the appointment by those who may have been there", () => {
    const { container, rerender } = render(<RecordLink entry={booked} />);
    const link = screen.getByRole("link", { name: "What was shown" });
    expect(link.getAttribute("href")).toBe("/app/record/a1");
    rerender(<RecordLink entry={entry({ status: "booked" })} />);
    expect(container.textContent).toBe("");
    person.value = SECRETARY;
    rerender(<RecordLink entry={booked} />);
    expect(container.textContent).toBe("");
  });
});

describe("its words", () => {
  const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

  it("have the same holes in both languages, and French signs that do not stand alone", () => {
    for (const key of Object.keys(words.fr) as (keyof typeof words.fr)[]) {
      expect([key, holes(words.en[key])]).toEqual([key, holes(words.fr[key])]);
      expect(words.fr[key]).not.toMatch(/ [:;?!»]/);
    }
  });
});
