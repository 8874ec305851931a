import { signal } from "@preact/signals";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MoveDialog } from "../../src/app/agenda/MoveDialog";
import { PanelCourse } from "../../src/app/agenda/PanelCourse";
import { QueuePanel } from "../../src/app/agenda/QueuePanel";
import { Search } from "../../src/app/agenda/Search";
import { chooseLanguage } from "../../src/i18n";
import type { AppointmentEntry } from "../../src/protocol";
import { Queue } from "../../src/queue/Queue";
import { entry, NOON } from "./entries";

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

interface Asked {
  path: string;
  body: unknown;
}

/** Answers by the beginning of the address; what was asked is kept. */
function gateway(answers: Record<string, (body: unknown) => Response>): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const body: unknown = init.body ? JSON.parse(String(init.body)) : undefined;
    asked.push({ path, body });
    const found = Object.keys(answers).find((beginning) => path.startsWith(beginning));
    return found ? (answers[found]?.(body) ?? json({})) : json({ status: 404, code: "not_found", detail: "" }, 404);
  });
  return asked;
}

beforeEach(() => {
  chooseLanguage("en");
  sessionStorage.clear();
  HTMLDialogElement.prototype.showModal = function open() {
    this.open = true;
  };
  vi.stubGlobal(
    "WebSocket",
    class {
      static readonly OPEN = 1;
      readyState = 0;
      close() {}
    },
  );
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const slot = (startsAt: string, endsAt: string) => ({
  startsAt,
  endsAt,
  practitioner: "d1",
  name: "Dr Martin",
  site: "North",
});

it("moves an appointment into a free time, and shows the new links once", async () => {
  const moved = { appointment: entry({ appointment: "new" }), links: [] };
  const asked = gateway({
    "/api/services/s1/slots": () => json([slot("2026-12-01T08:00:00Z", "2026-12-01T08:30:00Z")]),
    "/api/appointments/a1/move": () => json(moved, 201),
  });
  const onMoved = vi.fn();
  render(<MoveDialog entry={entry({ serviceId: "s1" })} zone="Europe/Paris" onMoved={onMoved} onClose={() => {}} />);
  fireEvent.click(screen.getByRole("button", { name: "Move the appointment" }));
  expect(screen.getByText(/Choose a free time/)).toBeTruthy();
  fireEvent.click(await screen.findByRole("button", { name: /09:00\s*Dr Martin/ }));
  await screen.findByText("Chosen: Tuesday 1 December at 09:00, Dr Martin");
  fireEvent.click(screen.getByRole("button", { name: "Move the appointment" }));
  await screen.findByText("The appointment is moved");
  expect(asked.at(-1)?.body).toEqual({
    startsAt: "2026-12-01T08:00:00Z",
    endsAt: "2026-12-01T08:30:00Z",
    practitioners: ["d1"],
  });
  expect(onMoved).toHaveBeenCalledTimes(1);
});

it("moves it to a time that is typed, as long as before, and says when that is taken", async () => {
  const asked = gateway({
    "/api/appointments/a1/move": () => json({ status: 409, code: "practitioner_busy", detail: "" }, 409),
  });
  render(<MoveDialog entry={entry()} zone="Europe/Paris" onMoved={() => {}} onClose={() => {}} />);
  fireEvent.input(screen.getByLabelText("New day"), { target: { value: "2027-03-28" } });
  // On the night of the change there is no half past two: it is as much later as the clocks jump.
  fireEvent.input(screen.getByLabelText("New time"), { target: { value: "02:30" } });
  fireEvent.click(screen.getByRole("button", { name: "Move the appointment" }));
  await screen.findByText(/already has an appointment at that time/);
  expect(asked.at(-1)?.body).toEqual({ startsAt: "2027-03-28T01:30:00.000Z", endsAt: "2027-03-28T02:00:00.000Z" });
});

it("shows what became of an appointment, and the one that took its place", async () => {
  gateway({
    "/api/appointments/a1/chain": () =>
      json({
        links: [
          { appointment: "a1", startsAt: "2026-11-25T11:00:00Z", endsAt: "", status: "cancelled", calledOff: "moved" },
          { appointment: "a2", startsAt: "2026-12-02T11:00:00Z", endsAt: "", status: "booked" },
        ],
        followUps: [{ appointment: "a3", startsAt: "2027-01-05T11:00:00Z", endsAt: "", status: "booked" }],
      }),
  });
  const course = { place: "room", room: "Room 4", site: "North", calledOff: "moved", movedTo: "a2" } as const;
  render(<PanelCourse entry={entry({ status: "cancelled", course })} zone="Europe/Paris" onChanged={() => {}} />);
  expect(screen.getByText(/on site: Room 4/)).toBeTruthy();
  const items = await screen.findAllByRole("listitem");
  expect(items.map((item) => item.textContent)).toEqual([
    "Wednesday 25 November, 12:00 moved (this one)",
    "Wednesday 2 December, 12:00 in force",
    "Tuesday 5 January, 12:00 follow-up, in force",
  ]);
});

it("finds patients without putting their names into an address", async () => {
  const asked = gateway({ "/api/appointments/search": () => json([entry({ appointment: "found" })]) });
  const found = signal<readonly AppointmentEntry[] | undefined>(undefined);
  const onChoose = vi.fn();
  render(<Search found={found} now={NOON} zone="Europe/Paris" chosen={undefined} onChoose={onChoose} />);
  fireEvent.input(screen.getByLabelText("Find a patient"), { target: { value: "dub" } });
  fireEvent.click(screen.getByRole("button", { name: "Find" }));
  fireEvent.click(await screen.findByRole("button", { name: "Jeanne Dubois" }));
  expect(onChoose).toHaveBeenCalledTimes(1);
  expect(asked).toEqual([{ path: "/api/appointments/search", body: { name: "dub" } }]);
  fireEvent.click(screen.getByRole("button", { name: "Close the search" }));
  await waitFor(() => expect(found.value).toBeUndefined());
});

const waiting = {
  entry: "q1",
  service: "s1",
  serviceName: "Cardiology",
  name: "Awa Diallo",
  telephone: "+33612345678",
  language: "fr",
  since: "2026-11-25T10:50:00Z",
  isSilent: true,
  members: [
    { practitioner: "d1", name: "Dr Martin" },
    { practitioner: "d2", name: "Dr Benali" },
  ],
};

it("takes somebody from the queue with the doctor who is chosen", async () => {
  const asked = gateway({
    "/api/queue/q1/take": () => json(entry({ appointment: "now" }), 201),
    "/api/queue": () => json([waiting]),
  });
  const onTaken = vi.fn();
  render(<QueuePanel now={NOON} onTaken={onTaken} />);
  expect(await screen.findByText(/for 10:00 · Cardiology · \+33612345678/)).toBeTruthy();
  expect(screen.getByText(/does not answer any more/)).toBeTruthy();
  fireEvent.change(screen.getByLabelText("With which doctor?"), { target: { value: "d2" } });
  fireEvent.click(screen.getByRole("button", { name: "Take (Awa Diallo)" }));
  await waitFor(() => expect(onTaken).toHaveBeenCalledTimes(1));
  expect(asked.find(({ path }) => path.endsWith("/take"))?.body).toEqual({ practitioner: "d2" });
});

it("lets somebody with the right code wait, over a reload, until they are taken", async () => {
  let state = "waiting";
  const assign = vi.fn();
  vi.stubGlobal("location", { ...location, assign });
  const asked = gateway({
    "/api/hospital": () => json({ name: "H", telephone: "01 23", timeZone: "UTC", isDemo: false, version: "1" }),
    "/api/queue/enter": (body) =>
      (body as { code: string }).code === "ABCD2345"
        ? json({ entry: "secret" }, 201)
        : json({ status: 403, code: "queue_code_wrong", detail: "" }, 403),
    "/api/queue/state": () => json({ state, since: new Date().toISOString() }),
  });
  render(<Queue queue="cardio" />);
  const type = (label: string, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });
  type("Code of the department", "nonsense");
  type("Full name", "Awa Diallo");
  type("Telephone", "0612345678");
  fireEvent.click(screen.getByRole("button", { name: "Go into the queue" }));
  await screen.findByText(/not the right code/);
  type("Code of the department", "ABCD2345");
  fireEvent.click(screen.getByRole("button", { name: "Go into the queue" }));
  await screen.findByRole("heading", { name: "You are in the queue" });
  expect(asked.find(({ path }) => path === "/api/queue/enter")?.body).toMatchObject({ queue: "cardio" });
  cleanup();
  state = "taken";
  render(<Queue queue="cardio" />);
  await screen.findByRole("heading", { name: "It is your turn" });
  expect(assign).toHaveBeenCalledWith("/join#secret");
  expect(sessionStorage.length).toBe(0);
});

it("seeks again what was found when something was done with it", async () => {
  let status: AppointmentEntry["status"] = "booked";
  const asked = gateway({ "/api/appointments/search": () => json([entry({ status })]) });
  const found = signal<readonly AppointmentEntry[] | undefined>(undefined);
  const page = (changes: number) => (
    <Search
      found={found}
      now={NOON}
      zone="Europe/Paris"
      chosen={undefined}
      changes={changes}
      onChoose={() => undefined}
    />
  );
  const { rerender } = render(page(0));
  rerender(page(1));
  expect(asked, "nothing was sought yet").toEqual([]);
  fireEvent.input(screen.getByRole("searchbox"), { target: { value: "dubois" } });
  fireEvent.click(screen.getByRole("button", { name: "Find" }));
  await waitFor(() => expect(found.value?.[0]?.status).toBe("booked"));
  status = "cancelled";
  // What is typed now is not what was found.
  fireEvent.input(screen.getByRole("searchbox"), { target: { value: "mor" } });
  rerender(page(2));
  await waitFor(() => expect(found.value?.[0]?.status).toBe("cancelled"));
  expect(asked.map(({ body }) => body)).toEqual([{ name: "dubois" }, { name: "dubois" }]);
});
