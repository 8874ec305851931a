import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/preact";
import { LocationProvider, useLocation } from "preact-iso";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { facts, person } from "../../src/app/who";
import { Worklist } from "../../src/app/worklist/Worklist";
import { filtered, modalitiesOf, placeOf } from "../../src/app/worklist/worklist";
import { chooseLanguage } from "../../src/i18n";
import type { WorklistEntry } from "../../src/protocol";
import { FakeSocket } from "../fake-socket";
import { answering, problem } from "./visit";

const settle = () => act(() => new Promise<void>((resolve) => setTimeout(resolve, 0)));
const study = (series: string, modality: string, description: string) => ({
  study: `study of ${series}`,
  series,
  description,
  modality,
  date: "2026-11-18",
});
const running: WorklistEntry = {
  appointment: "a1",
  startsAt: "2026-11-25T13:30:00Z",
  service: "Pneumologie",
  patient: "Jeanne Dubois",
  isRunning: true,
  studies: [study("s1", "CT", "Thorax"), study("s2", "US", "Abdomen")],
};
const later: WorklistEntry = {
  ...running,
  appointment: "a2",
  startsAt: "2026-11-25T09:00:00Z",
  patient: "Paul Durand",
  isRunning: false,
  studies: [study("s3", "MR", "Genou")],
};
const empty: WorklistEntry = { ...running, appointment: "a3", patient: "Ana Silva", studies: [] };

describe("the worklist", () => {
  it("has the running ones first, and of each only what passes", () => {
    const entries = [later, running, empty];
    expect(modalitiesOf(entries)).toEqual(["CT", "MR", "US"]);
    const shown = (modality: string, isRunningOnly: boolean) =>
      filtered(entries, { modality, isRunningOnly }).map((each) => [
        each.appointment,
        each.studies.map(({ series }) => series).join(),
      ]);
    expect(shown("", false)).toEqual([
      ["a1", "s1,s2"],
      ["a3", ""],
      ["a2", "s3"],
    ]);
    expect(shown("US", false)).toEqual([["a1", "s2"]]);
    expect(shown("MR", true)).toEqual([]);
    expect(placeOf("a/1", "s 2")).toBe("/app/consultation/a%2F1?show=s%202");
    expect(placeOf("a1", undefined)).toBe("/app/consultation/a1");
  });
});

describe("the page of the worklist", () => {
  let url = "";
  function Where() {
    url = useLocation().url;
    return null;
  }
  const open = async (answers: Parameters<typeof answering>[0]) => {
    const asked = answering(answers);
    render(
      <LocationProvider>
        <Worklist />
        <Where />
      </LocationProvider>,
    );
    await settle();
    return asked;
  };

  beforeEach(() => {
    chooseLanguage("en");
    history.replaceState(null, "", "/app/worklist");
    FakeSocket.install();
    facts.value = { name: "Hôpital", telephone: "", timeZone: "Europe/Paris", isDemo: false, version: "1" };
    person.value = { practitioner: "p", name: "Dr Ines Lindqvist", roles: ["radiologist"] };
  });
  afterEach(() => {
    cleanup();
    person.value = undefined;
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("leads into a running consultation with the study that was chosen, and into no other", async () => {
    const asked = await open({
      "GET /api/worklist": [later, running, empty],
      "POST /api/appointments/a1/drop-in": { participant: "p9" },
    });
    expect(screen.getByRole("link", { name: "Worklist" }).getAttribute("aria-current")).toBe("page");
    expect(screen.getByRole("status").textContent).toBe("2 consultations are running");
    const joins = screen.getAllByRole("button", { name: /^Join/ }).map((each) => each.textContent);
    expect(joins).toEqual([
      "Join with this study (Thorax, Jeanne Dubois)",
      "Join with this study (Abdomen, Jeanne Dubois)",
      "Join Ana Silva",
    ]);
    const row = screen.getByRole("listitem", { name: "Jeanne Dubois" });
    expect(within(row).getByText("14:30 · Pneumologie")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: /Abdomen/ }));
    expect(screen.getByRole("button", { name: /Going in/ }).getAttribute("aria-disabled")).toBe("true");
    fireEvent.click(screen.getByRole("button", { name: /Thorax/ }));
    await settle();
    expect(asked.filter(({ method }) => method === "POST").map(({ path }) => path)).toEqual([
      "/api/appointments/a1/drop-in",
    ]);
    expect(url).toBe("/app/consultation/a1?show=s2");
  });

  it("says at its row why a consultation cannot be joined, and fetches what has changed", async () => {
    const entries = [running];
    const asked = await open({
      "GET /api/worklist": () => entries,
      "POST /api/appointments/a1/drop-in": problem(409, "locked"),
    });
    fireEvent.click(screen.getByRole("button", { name: /Thorax/ }));
    await settle();
    const row = screen.getByRole("listitem", { name: "Jeanne Dubois" });
    expect(within(row).getByRole("alert").textContent).toContain("locked. Ask the doctor");
    expect(url).toBe("/app/worklist");
    expect(asked.filter(({ method }) => method === "GET")).toHaveLength(2);
    // It can be tried again.
    fireEvent.click(screen.getByRole("button", { name: /Thorax/ }));
    await settle();
    expect(asked.filter(({ method }) => method === "POST")).toHaveLength(2);
  });

  it("follows the agenda, and says when a filter hides everything", async () => {
    let entries = [later];
    await open({ "GET /api/worklist": () => entries });
    expect(screen.queryByRole("button", { name: /^Join/ })).toBeNull();
    expect(screen.getByText("You can join once somebody is in the call.")).toBeTruthy();
    entries = [{ ...later, isRunning: true }];
    FakeSocket.last.open();
    act(() => FakeSocket.last.onmessage?.({ data: '{"type":"agenda_changed"}' }));
    await settle();
    expect(screen.getByRole("button", { name: /Genou/ })).toBeTruthy();
    entries = [later];
    act(() => FakeSocket.last.onmessage?.({ data: '{"type":"agenda_changed"}' }));
    await settle();
    fireEvent.click(screen.getByRole("checkbox", { name: "Only in consultation" }));
    expect(screen.getByText("No study matches this filter.")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Stop filtering" }));
    expect(screen.getByRole("listitem", { name: "Paul Durand" })).toBeTruthy();
  });
});
