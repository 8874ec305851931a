import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Browser, type BrowserContext, devices, type Page } from "@playwright/test";
import type { Booked, BookingRequest, GuestRequest, PractitionerEntry } from "../src/protocol";
import type { Gateway } from "./gateway";

/** A patient's phone with its browser. */
export async function phone(
  browser: Browser,
  more: { permissions?: string[]; userAgent?: string } = {},
): Promise<{ context: BrowserContext; page: Page }> {
  const { defaultBrowserType: _, ...pixel } = devices["Pixel 7"] ?? {};
  const context = await browser.newContext({
    ...pixel,
    viewport: { width: 360, height: 740 },
    locale: "fr-FR",
    timezoneId: "Europe/Paris",
    permissions: ["camera", "microphone"],
    ...more,
  } as Parameters<Browser["newContext"]>[0]);
  const page = await context.newPage();
  page.on("pageerror", (error) => {
    throw error;
  });
  return { context, page };
}

/** Counts what a person taps from now on, also over reloads of this tab. */
export const countTaps = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    addEventListener(
      "click",
      (event) => {
        if (event.isTrusted) sessionStorage.setItem("taps", String(Number(sessionStorage.getItem("taps")) + 1));
      },
      true,
    );
  });
export const taps = (page: Page): Promise<number> => page.evaluate(() => Number(sessionStorage.getItem("taps")));

/** Asks the gateway as whoever is signed in on this page. */
export async function ask<T>(page: Page, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await page.evaluate(
    async ([method, path, body]) => {
      const init: RequestInit = { method: method as string };
      if (body !== undefined) {
        init.body = JSON.stringify(body);
        init.headers = { "content-type": "application/json" };
      }
      const response = await fetch(path as string, init);
      return { status: response.status, text: await response.text() };
    },
    [method, path, body] as const,
  );
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return (answer.text === "" ? undefined : JSON.parse(answer.text)) as T;
}

/** Books a visit of a patient, as whoever is signed in on this page. */
export async function book(
  page: Page,
  doctor: RegExp,
  inMinutes: number,
  guest: Partial<GuestRequest> = {},
  lasts = 10,
): Promise<Booked> {
  const people = await ask<PractitionerEntry[]>(page, "GET", "/api/practitioners");
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  const request = {
    startsAt: at(inMinutes),
    endsAt: at(inMinutes + lasts),
    service: "Radiologie",
    guests: [{ role: "patient", name: "Simone Vidal", language: "fr", ...guest }],
    practitioners: people.filter(({ name }) => doctor.test(name)).map(({ practitioner }) => practitioner),
    note: "",
  } as BookingRequest;
  return ask<Booked>(page, "POST", "/api/appointments", request);
}

/** The address of a booking's first link. */
export const linkOf = (booked: Booked): string => {
  const address = booked.links[0]?.address;
  if (!address) throw new Error("nobody has a link");
  return address;
};

/** The time of every link of an appointment has passed: in the rows, because a test does not wait for two hours. */
export function letLinksExpire(gateway: Gateway, appointment: string): void {
  const script = `
import sqlite3, sys, uuid
rows = sqlite3.connect(sys.argv[1], timeout=10)
with rows:
    done = rows.execute("UPDATE link SET expires_at = '2020-01-01T00:00:00+00:00' WHERE appointment_id = ?", (uuid.UUID(sys.argv[2]).bytes,))
    assert done.rowcount >= 1, "there is no such link"
`;
  execFileSync("python3", ["-c", script, join(gateway.data, "parvis.sqlite"), appointment]);
}
