import { signal } from "@preact/signals";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { chooseLanguage } from "../../src/i18n";
import { Change } from "../../src/join/Change";
import type { Visit } from "../../src/join/visit";

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

const slot = (day: number) => ({ startsAt: `2026-12-0${day}T08:00:00Z`, endsAt: `2026-12-0${day}T08:30:00Z` });

/** As much of a visit as this page asks for. */
const visit = () =>
  ({
    link: "secret",
    timeZone: "Europe/Paris",
    look: signal({ startsAt: "2026-12-01T10:00:00Z" }),
    facts: signal(undefined),
    telephone: "01 23",
    lobby: { called: signal(false), title: signal("") },
    hasChanged: signal(false),
    backToDoor: vi.fn(),
  }) as unknown as Visit;

let refused = false;
/** What the gateway waits for before it answers a change. */
let held: Promise<void> | undefined;
const asked: { path: string; body: unknown }[] = [];

beforeEach(() => {
  chooseLanguage("en");
  asked.length = 0;
  refused = false;
  held = undefined;
  vi.stubGlobal("scrollTo", () => undefined);
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    asked.push({ path, body: JSON.parse(String(init.body)) });
    if (path === "/api/guest/slots")
      return json({ mayCancel: true, mayMove: true, until: "", slots: [1, 2, 3, 4].map(slot) });
    await held;
    if (path === "/api/guest/cancel") return new Response(null, { status: 204 });
    if (refused) return json({ status: 409, code: "slot_taken", detail: "" }, 409);
    return json({ ...slot(2), address: "https://h.example/join#new" });
  });
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("moves the appointment to a free time and hands the new link over", async () => {
  render(<Change visit={visit()} />);
  expect(await screen.findByText("Your appointment: Tuesday 1 December, 11:00")).toBeTruthy();
  expect((await screen.findAllByRole("heading", { level: 3 })).length).toBe(3);
  fireEvent.click(screen.getByRole("button", { name: "Show more days" }));
  expect(screen.getAllByRole("heading", { level: 3 }).length).toBe(4);
  refused = true;
  fireEvent.click(screen.getAllByRole("button", { name: "09:00" })[1] as HTMLElement);
  fireEvent.click(screen.getByRole("button", { name: "Move to Wednesday 2 December, 09:00" }));
  await screen.findByText(/has just been taken/);
  expect(asked.filter(({ path }) => path === "/api/guest/slots")).toHaveLength(2);
  refused = false;
  fireEvent.click(screen.getAllByRole("button", { name: "09:00" })[1] as HTMLElement);
  fireEvent.click(screen.getByRole("button", { name: /^Move to/ }));
  const open = await screen.findByRole("link", { name: "Open my new link" });
  expect(open.getAttribute("href")).toBe("https://h.example/join#new");
  expect(asked.at(-1)?.body).toEqual({ link: "secret", startsAt: "2026-12-02T08:00:00Z" });
});

it("cancels only after a question", async () => {
  render(<Change visit={visit()} />);
  fireEvent.click(await screen.findByRole("button", { name: "Cancel the appointment" }));
  fireEvent.click(screen.getByRole("button", { name: "No, keep it" }));
  expect(asked.some(({ path }) => path === "/api/guest/cancel")).toBe(false);
  fireEvent.click(screen.getByRole("button", { name: "Cancel the appointment" }));
  fireEvent.click(screen.getByRole("button", { name: "Yes, cancel" }));
  await screen.findByRole("heading", { name: "Your appointment is cancelled" });
});

it("shows that a change is on its way, and sends it once", async () => {
  let answer: () => void = () => undefined;
  held = new Promise((resolve) => {
    answer = resolve;
  });
  render(<Change visit={visit()} />);
  fireEvent.click(await screen.findByRole("button", { name: "Cancel the appointment" }));
  fireEvent.click(screen.getByRole("button", { name: "Yes, cancel" }));
  const busy = await screen.findByRole("button", { name: "We are cancelling your appointment…" });
  expect(busy.getAttribute("aria-disabled")).toBe("true");
  expect(screen.getByRole("status").textContent).toBe("We are cancelling your appointment…");
  fireEvent.click(busy);
  fireEvent.click(screen.getByRole("button", { name: "No, keep it" }));
  answer();
  await screen.findByRole("heading", { name: "Your appointment is cancelled" });
  expect(asked.filter(({ path }) => path === "/api/guest/cancel")).toHaveLength(1);
});

it("takes the focus along from step to step", async () => {
  const focused = (name: string) =>
    waitFor(() => expect(document.activeElement).toBe(screen.getByRole("heading", { level: 1, name })));
  render(<Change visit={visit()} />);
  await focused("Move or cancel");
  fireEvent.click(await screen.findByRole("button", { name: "Cancel the appointment" }));
  await focused("Cancel this appointment?");
  fireEvent.click(screen.getByRole("button", { name: "No, keep it" }));
  await focused("Move or cancel");
  refused = true;
  fireEvent.click(screen.getAllByRole("button", { name: "09:00" })[1] as HTMLElement);
  fireEvent.click(screen.getByRole("button", { name: /^Move to/ }));
  await waitFor(() => expect(document.activeElement?.textContent).toMatch(/has just been taken/));
  refused = false;
  fireEvent.click(screen.getAllByRole("button", { name: "09:00" })[1] as HTMLElement);
  fireEvent.click(screen.getByRole("button", { name: /^Move to/ }));
  await focused("Your appointment is moved");
});
