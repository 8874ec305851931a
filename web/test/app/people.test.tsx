import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { People, WaitingNow } from "../../src/app/consultation/People";
import type { Visit } from "../../src/app/consultation/visit";
import { chooseLanguage } from "../../src/i18n";
import type { Person, Place } from "../../src/protocol";
import { FakeSocket } from "../fake-socket";
import { answering, inCall, installStaff } from "./visit";

let visit: Visit;
let revision: number;

beforeEach(async () => {
  chooseLanguage("fr");
  installStaff();
  answering({ "GET /api/appointments/a1/studies": [] });
  HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
    this.open = true;
  };
  ({ visit } = await inCall());
  revision = 0;
});
afterEach(() => {
  cleanup();
  visit.close();
  vi.unstubAllGlobals();
});

const SINCE = "2026-11-25T13:21:00.000Z";
function patient(place: Place, asksWho = false): void {
  revision += 1;
  const person: Person = { participant: "p", name: "Jeanne Dubois", role: "patient", place, muted: [], asksWho };
  act(() => FakeSocket.last.say({ type: "people", revision, people: [{ ...person, waitingSince: SINCE }] }));
}
const sleeps = (asksWho?: boolean) => patient({ state: "lost", since: SINCE }, asksWho);

describe("a patient whose phone falls asleep while they wait", () => {
  it.each([
    ["above the tabs", WaitingNow],
    ["in the list of people", People],
  ])("leaves the message to them that is being written, %s", async (_, List) => {
    patient({ state: "waiting", since: SINCE });
    render(<List visit={visit} />);
    fireEvent.click(await screen.findByRole("button", { name: /^Écrire/ }));
    const text = () => document.querySelector("dialog textarea") as HTMLTextAreaElement | null;
    await waitFor(() => expect(document.querySelector("dialog")).toBeTruthy());
    const dialog = document.querySelector("dialog");
    fireEvent.click(screen.getByLabelText("Avec mes mots"));
    await waitFor(() => expect(text()).toBeTruthy());
    const field = text();
    if (field) fireEvent.input(field, { target: { value: "Encore dix minutes." } });
    sleeps();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(document.querySelector("dialog")).toBe(dialog);
    expect(text()?.value).toBe("Encore dix minutes.");
  });

  it("leaves the question who they are", async () => {
    patient({ state: "waiting", since: SINCE }, true);
    render(<WaitingNow visit={visit} />);
    fireEvent.click(await screen.findByRole("button", { name: /^Faire entrer/ }));
    await waitFor(() => expect(document.querySelector("dialog")).toBeTruthy());
    sleeps(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(document.querySelector("dialog")).toBeTruthy();
  });
});
