import { act, cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { LocationProvider } from "preact-iso";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NotesPanel } from "../../src/app/report/NotesPanel";
import { Notes } from "../../src/app/report/notes";
import { Report } from "../../src/app/report/Report";
import { ReportDraft } from "../../src/app/report/report";
import { chooseLanguage } from "../../src/i18n";
import type { ReportVersion, ReportWords } from "../../src/protocol";
import { entry } from "./entries";
import { type Answers, answering, problem } from "./visit";

const NOTES = "GET /api/appointments/a1/notes";
const NOTE = "PUT /api/appointments/a1/note";
const REPORT = "GET /api/appointments/a1/report";
const BEGIN = "POST /api/appointments/a1/report";
const PUT = "PUT /api/reports/r1";
const SIGN = "POST /api/reports/r1/sign";
const DOCUMENTS = "GET /api/appointments/a1/documents";
const RELEASE = "PUT /api/appointments/a1/documents";

const empty: ReportWords = {
  language: "en",
  reason: "",
  findings: "Dry cough.",
  act: "",
  conclusions: "",
  prescriptions: "",
  followUp: "",
  images: [],
};
const version = (more: Partial<ReportVersion> = {}): ReportVersion => ({
  report: "r1",
  number: 1,
  status: "draft",
  revision: 1,
  words: empty,
  why: "",
  changedAt: "2026-11-25T13:42:00Z",
  changedBy: "Dr Claire Martin",
  facts: [{ title: "People and times", lines: ["Video consultation held from 14:31 to 14:52."] }],
  ...more,
});
const own = (text: string, count: number) => ({
  participant: "p1",
  name: "Dr Claire Martin",
  text,
  version: count,
  changedAt: "2026-11-25T13:42:00Z",
  isOwn: true,
});

let asked: ReturnType<typeof answering>;
let answers: Answers;
const settle = () => act(() => vi.advanceTimersByTimeAsync(0).then(() => undefined));
const later = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms).then(() => undefined));
const sent = (method: string, path: string) =>
  asked.filter((each) => each.method === method && each.path === path).map(({ body }) => body);

beforeEach(() => {
  vi.useFakeTimers();
  chooseLanguage("en");
  answers = {
    [NOTES]: [own("Cough.", 3)],
    [NOTE]: { version: 4, changedAt: "2026-11-25T13:43:00Z" },
    [REPORT]: { versions: [version()], isOver: true },
    [PUT]: { versions: [version({ revision: 2 })], isOver: true },
    [DOCUMENTS]: { documents: [], days: 30, downloads: [] },
    "GET /api/appointments/a1/after": { askedBack: [], ratings: [] },
    "GET /api/appointments/a1": entry(),
    "GET /api/appointments/a1/key-images": [],
  };
  asked = answering(answers);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(async () => {
  cleanup();
  await vi.advanceTimersByTimeAsync(100);
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("notes", () => {
  it("are saved after a rest, on top of what was read", async () => {
    const notes = new Notes("a1");
    await notes.open();
    expect(notes.text.value).toBe("Cough.");
    notes.write("Cough, no fever.");
    await vi.advanceTimersByTimeAsync(999);
    expect(sent("PUT", "/api/appointments/a1/note")).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent("PUT", "/api/appointments/a1/note")).toEqual([{ text: "Cough, no fever.", version: 3 }]);
    expect(notes.keeping.value).toBe("saved");
  });

  it("of two windows that wrote are both shown, and the person chooses", async () => {
    const notes = new Notes("a1");
    render(<NotesPanel notes={notes} />);
    await settle();
    answers[NOTE] = problem(409, "stale");
    answers[NOTES] = [own("Written elsewhere.", 7)];
    fireEvent.input(screen.getByLabelText("Your notes"), { target: { value: "Written here." } });
    await later(1_000);
    expect(screen.getByRole("alert").textContent).toContain("Written elsewhere.");
    expect(notes.text.value, "nothing is lost").toBe("Written here.");
    answers[NOTE] = { version: 8, changedAt: "2026-11-25T13:44:00Z" };
    fireEvent.click(screen.getByText("Keep what I see here"));
    await settle();
    expect(sent("PUT", "/api/appointments/a1/note").at(-1)).toEqual({ text: "Written here.", version: 7 });
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("that could not be saved are tried again by themselves", async () => {
    const notes = new Notes("a1");
    await notes.open();
    answers[NOTE] = problem(503, "unavailable");
    notes.write("More.");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(notes.keeping.value).toBe("failed");
    answers[NOTE] = { version: 4, changedAt: "" };
    await vi.advanceTimersByTimeAsync(5_000);
    expect(notes.keeping.value).toBe("saved");
  });
});

describe("a text that the gateway does not take for now", () => {
  const asksBeforeUnload = () => {
    const event = new Event("beforeunload", { cancelable: true });
    dispatchEvent(event);
    return event.defaultPrevented;
  };
  const away = problem(503, "unavailable");

  it("of a report is tried again by itself, and holds the page until it is saved", async () => {
    answers[PUT] = away;
    const draft = ReportDraft.of(version(), () => undefined);
    draft.write({ conclusions: "Bronchitis." });
    await vi.advanceTimersByTimeAsync(1_000);
    expect([draft.keeping.value, asksBeforeUnload()]).toEqual(["failed", true]);
    answers[PUT] = { versions: [version({ revision: 2 })], isOver: true };
    await vi.advanceTimersByTimeAsync(5_000);
    expect([draft.keeping.value, asksBeforeUnload()]).toEqual(["saved", false]);
  });

  it("of a report is there when its page is opened again, and goes on trying meanwhile", async () => {
    answers[PUT] = away;
    const draft = ReportDraft.of(version(), () => undefined);
    draft.write({ conclusions: "Bronchitis." });
    draft.close();
    await vi.advanceTimersByTimeAsync(1_000);
    const again = ReportDraft.of(version(), () => undefined);
    expect(again.words.value.conclusions).toBe("Bronchitis.");
    again.close();
    answers[PUT] = { versions: [version({ revision: 2 })], isOver: true };
    await vi.advanceTimersByTimeAsync(120_000);
    expect([again.keeping.value, asksBeforeUnload()]).toEqual(["saved", false]);
    // What the gateway has counts from now on.
    expect(ReportDraft.of(version(), () => undefined).words.value.conclusions).toBe("");
  });

  it("of notes outlives the consultation", async () => {
    const notes = Notes.of("a1");
    await notes.open();
    answers[NOTE] = away;
    notes.write("More.");
    notes.close();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asksBeforeUnload()).toBe(true);
    answers[NOTE] = { version: 4, changedAt: "" };
    await vi.advanceTimersByTimeAsync(120_000);
    expect([notes.keeping.value, asksBeforeUnload()]).toEqual(["saved", false]);
  });
});

describe("a report", () => {
  it("is saved as it is written, and stops where somebody else wrote", async () => {
    const told = vi.fn();
    const draft = new ReportDraft(version(), told);
    draft.write({ conclusions: "Bronchitis." });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent("PUT", "/api/reports/r1")).toEqual([{ revision: 1, words: { ...empty, conclusions: "Bronchitis." } }]);
    expect([draft.keeping.value, draft.revision, told.mock.calls.length]).toEqual(["saved", 2, 1]);
    answers[PUT] = problem(409, "stale");
    draft.write({ conclusions: "Other." });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(draft.keeping.value).toBe("stale");
    draft.write({ conclusions: "Third." });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(sent("PUT", "/api/reports/r1")).toHaveLength(2);
  });

  const open = async () => {
    render(
      <LocationProvider>
        <Report appointment="a1" />
      </LocationProvider>,
    );
    await settle();
    // The documents are asked for once the report is there.
    await settle();
  };

  it("is begun, written, and signed once there are conclusions", async () => {
    answers[REPORT] = { versions: [], isOver: true };
    answers[BEGIN] = { versions: [version()], isOver: true };
    await open();
    fireEvent.click(screen.getByText("Begin the report"));
    await settle();
    expect(sent("POST", "/api/appointments/a1/report")).toEqual([{ language: "en", why: "" }]);
    expect((screen.getByLabelText("Findings") as HTMLTextAreaElement).value).toBe("Dry cough.");
    expect(screen.getByText("Video consultation held from 14:31 to 14:52.")).toBeTruthy();
    const sign = screen.getByText("Sign").closest("button");
    expect(sign?.getAttribute("aria-disabled")).toBe("true");
    fireEvent.input(screen.getByLabelText("Conclusions"), { target: { value: "Bronchitis." } });
    await later(1_000);
    expect(sign?.getAttribute("aria-disabled")).toBe("false");
    answers[SIGN] = {
      versions: [
        version({
          status: "final",
          revision: 2,
          signedAt: "2026-11-25T14:00:00Z",
          signedBy: "Dr Claire Martin",
          words: { ...empty, conclusions: "Bronchitis." },
        }),
      ],
      isOver: true,
    };
    if (sign) fireEvent.click(sign);
    await settle();
    fireEvent.click(screen.getByText("Yes, sign"));
    await settle();
    expect(sent("POST", "/api/reports/r1/sign")).toEqual([{ revision: 2 }]);
    expect(screen.getByText(/Signed by Dr Claire Martin/)).toBeTruthy();
    expect(screen.queryByLabelText("Conclusions"), "it is changed no more").toBeNull();
    expect(screen.getByText("Amend")).toBeTruthy();
  });

  it("is not signed before the visit is over", async () => {
    answers[REPORT] = { versions: [version({ words: { ...empty, conclusions: "x" } })], isOver: false };
    await open();
    expect(screen.getByText("Sign").closest("button")?.getAttribute("aria-disabled")).toBe("true");
    expect(screen.getByText("You can sign when the consultation is over.")).toBeTruthy();
  });

  it("and other documents are given to the patient, and the log says who took them", async () => {
    const report = { kind: "report" as const, item: "r1", name: "1" };
    answers[DOCUMENTS] = {
      documents: [report, { kind: "file", item: "f1", name: "letter.pdf", releasedAt: "2026-11-25T14:00:00Z" }],
      days: 30,
      until: "2026-12-25T14:00:00Z",
      downloads: [
        {
          at: "2026-11-25T15:00:00Z",
          who: "Hélène Lefèvre",
          kind: "file",
          item: "f1",
          name: "letter.pdf",
          door: "sms",
        },
      ],
    };
    answers[RELEASE] = { ...(answers[DOCUMENTS] as object), downloads: [] };
    await open();
    expect(screen.getByRole("table").textContent).toMatch(/Hélène Lefèvre.*letter\.pdf.*text message/);
    fireEvent.click(screen.getByLabelText("Report, version 1"));
    fireEvent.click(screen.getByText("Give these documents"));
    await settle();
    expect(sent("PUT", "/api/appointments/a1/documents")).toEqual([
      {
        documents: [
          { kind: "report", item: "r1" },
          { kind: "file", item: "f1" },
        ],
      },
    ]);
    expect(screen.getByText("Done. The patient can take them.")).toBeTruthy();
  });
});
