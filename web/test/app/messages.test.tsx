import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AlarmCount, AlarmMark, alarms } from "../../src/app/messages/alarms";
import { Messages } from "../../src/app/messages/Messages";
import { faultInWords, Templates } from "../../src/app/messages/Templates";
import { stateOf } from "../../src/app/messages/words";
import { isHeld } from "../../src/app/parts/holding";
import { chooseLanguage } from "../../src/i18n";
import type { MessageEntry, TemplateEntry } from "../../src/protocol";
import { at, entry, NOON } from "./entries";

const ZONE = "Europe/Paris";

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

beforeEach(() => chooseLanguage("en"));
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  alarms.value = [];
});

function message(changes: Partial<MessageEntry> = {}): MessageEntry {
  return {
    message: "m1",
    participant: "p1",
    role: "patient",
    name: "Jeanne Dubois",
    kind: "invitation",
    channel: "email",
    state: "sent",
    at: at(-30),
    attempts: 1,
    isAlarming: false,
    mayRepeat: false,
    ...changes,
  };
}

it("says what became of a message and what to do about it", () => {
  const state = (changes: Partial<MessageEntry>) => stateOf(message(changes), ZONE, NOON);
  expect(state({}).words).toBe("sent at 11:30");
  expect(state({ state: "waiting", at: at(24 * 60) }).words).toBe("goes out on Thursday 26 November at 12:00");
  expect(state({ state: "queued", failed: "not_now", at: at(5) })).toMatchObject({
    words: "next try at 12:05",
    hint: "The server does not take it at the moment. It is tried again by itself.",
  });
  // Nothing is tried again any more: the sentence does not say that it is.
  expect(state({ state: "failed", failed: "unreachable", isAlarming: true })).toMatchObject({
    hint: "The message did not go out in time. Call the person, or send it again.",
    tone: "alarm",
  });
  expect(state({ state: "failed", failed: "no_server" }).tone).toBe("quiet");
  expect(state({ state: "bounced", isAlarming: true }).hint).toContain("Check the address");
  expect(state({ state: "dropped", dropped: "moved" }).hint).toBe("The appointment was moved before.");
});

it("sends once more what failed, and tells about a delay", async () => {
  const asked: string[] = [];
  let messages = [message({ state: "failed", failed: "no_such_address", isAlarming: true, mayRepeat: true })];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    asked.push(`${init.method} ${path} ${String(init.body ?? "")}`.trim());
    if (path.endsWith("/repeat")) messages = [...messages, message({ message: "m2", state: "queued" })];
    if (path.endsWith("/late")) messages = [...messages, message({ message: "m3", kind: "late", minutes: 20 })];
    return json(messages);
  });
  render(<Messages entry={entry()} zone={ZONE} now={NOON} />);
  fireEvent.click(await screen.findByRole("button", { name: "Send again (Invitation, E-mail, Jeanne Dubois)" }));
  await screen.findByText("Done: the message is on its way again.");
  fireEvent.input(screen.getByLabelText("Delay in minutes"), { target: { value: "20" } });
  fireEvent.click(screen.getByRole("button", { name: "Tell them" }));
  await screen.findByText("The message is going out. The list says whether it arrived.");
  await screen.findByText("Delay of 20 minutes");
  expect(asked).toEqual([
    "GET /api/appointments/a1/messages",
    "POST /api/messages/m1/repeat",
    'POST /api/appointments/a1/late {"minutes":20}',
  ]);
});

it("counts what did not arrive, and leads to another day", () => {
  alarms.value = [
    { appointment: "a1", startsAt: at(0), messages: 2 },
    { appointment: "a2", startsAt: at(24 * 60), messages: 1 },
  ];
  const onGo = vi.fn();
  render(
    <>
      <AlarmMark appointment="a1" />
      <AlarmMark appointment="other" />
      <AlarmCount day="2026-11-25" zone={ZONE} onGo={onGo} />
    </>,
  );
  expect(screen.getAllByText(/messages did not arrive$/)).toHaveLength(1);
  fireEvent.click(screen.getByRole("button", { name: "Go to Thursday 26 November" }));
  expect(onGo).toHaveBeenCalledWith("2026-11-26");
});

const TEMPLATE: TemplateEntry = {
  kind: "invitation",
  channel: "email",
  language: "fr",
  subject: "{hospital}",
  body: "{when} {link}",
  places: ["when", "link", "hospital"],
  needed: ["when", "link"],
};

it("keeps a text from being saved while something is wrong with it", async () => {
  const saved: unknown[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (path === "/api/templates") return json([TEMPLATE]);
    if (path === "/api/reminders") return json([]);
    const text = JSON.parse(String(init.body)) as { subject: string; body: string };
    if (path.endsWith("/preview")) {
      const faults = text.body.includes("{link}") ? [] : [{ fault: "missing", place: "link" }];
      return json({ subject: "Hôpital", text: text.body.replace("{when}", "lundi"), parts: 1, faults });
    }
    saved.push(text);
    return new Response(null, { status: 204 });
  });
  render(<Templates />);
  const body = await screen.findByLabelText<HTMLTextAreaElement>("Text");
  fireEvent.input(body, { target: { value: "{when}" } });
  await screen.findByText("{link} is missing.");
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Save" }).disabled).toBe(true);
  body.setSelectionRange(6, 6);
  fireEvent.click(screen.getByRole("button", { name: "Place the personal link" }));
  expect(body.value).toBe("{when}{link}");
  await waitFor(() => expect(screen.getByRole<HTMLButtonElement>("button", { name: "Save" }).disabled).toBe(false));
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("Saved. The next messages will use this text.");
  expect(saved).toEqual([{ subject: "{hospital}", body: "{when}{link}" }]);
});

it("keeps a changed text while another message is looked at, and the page until it is saved", async () => {
  let entries = [TEMPLATE, { ...TEMPLATE, channel: "sms" as const, subject: "", body: "{link}" }];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (path === "/api/templates") return json(entries);
    if (path === "/api/reminders") return json([]);
    if (path.endsWith("/preview")) return json({ subject: "", text: "", parts: 1, faults: [] });
    entries = [{ ...TEMPLATE, ...JSON.parse(String(init.body)) }, ...entries.slice(1)];
    return new Response(null, { status: 204 });
  });
  render(<Templates />);
  const body = () => screen.getByLabelText<HTMLTextAreaElement>("Text");
  fireEvent.input(await screen.findByLabelText("Text"), { target: { value: "{when} {link} Bye." } });
  const by = screen.getByLabelText("Sent by");
  fireEvent.change(by, { target: { value: "sms" } });
  await waitFor(() => expect(body().value).toBe("{link}"));
  expect(screen.getByText("1 changed text is not saved.")).toBeTruthy();
  expect(isHeld()).toBe(true);
  fireEvent.change(by, { target: { value: "email" } });
  await waitFor(() => expect(body().value).toBe("{when} {link} Bye."));
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("Saved. The next messages will use this text.");
  await waitFor(() => expect(isHeld()).toBe(false));
  expect(screen.queryByText(/not saved/)).toBeNull();
});

it("has a sentence for everything that can be wrong with a text", () => {
  for (const fault of [
    "subject",
    "subject_of_sms",
    "telling_subject",
    "body",
    "brace",
    "control_character",
    "too_many_parts",
  ] as const) {
    expect(faultInWords({ fault })).toMatch(/\.$/);
  }
  expect(faultInWords({ fault: "unknown", place: "name" })).toBe("There is no {name} for this message. Take it out.");
});
