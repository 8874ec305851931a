import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, test as base, expect, type Page } from "@playwright/test";

/** A gateway of this worker's own: the demonstration on a port that the system chooses. */
export type Gateway = { url: string; patientLink: string; data: string };
/** With the patient of the demonstration who was given a PIN. */
export type Demonstration = Gateway & { withPin: { link: string; pin: string } };

/** The program under test. */
export const PROGRAM = process.env.PARVIS ?? resolve(import.meta.dirname, "../../target/debug/parvis");

async function start(): Promise<Demonstration & { end: () => Promise<void> }> {
  const data = mkdtempSync(join(tmpdir(), "parvis-e2e-"));
  const child: ChildProcess = spawn(PROGRAM, ["demo", "--port", "0", "--data", data], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PARVIS_LOG: process.env.PARVIS_LOG ?? "error" },
  });
  const told = await new Promise<string>((done, fail) => {
    let text = "";
    child.stdout?.on("data", (chunk) => {
      text += chunk;
      if (text.includes("Ctrl-C")) done(text);
    });
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`the gateway ended with ${code}: ${text}`)));
  });
  const url = /Staff\s+(http:\/\/\S+)\/app/.exec(told)?.[1];
  const patientLink = /Patient\s+(http:\/\/\S+)/.exec(told)?.[1];
  const [, link = "", pin = ""] = /With PIN (http:\/\/\S+)\s+PIN (\d{6})/.exec(told) ?? [];
  if (!url || !patientLink || !pin) throw new Error(`the gateway told no addresses: ${told}`);
  const end = async () => {
    child.removeAllListeners("exit");
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await gone;
    rmSync(data, { recursive: true, force: true });
  };
  return { url, patientLink, withPin: { link, pin }, data, end };
}

/** A file whose people must find the demonstration as it begins names an `own` gateway: `test.use({ own: "its name" })`. */
export const test = base.extend<object, { gateway: Demonstration; own: string }>({
  own: ["", { scope: "worker", option: true }],
  gateway: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
    async ({}, use) => {
      const { end, ...gateway } = await start();
      await use(gateway);
      await end();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

export { expect };

/** Requests that left this site; a test of them expects none. */
export const foreign: string[] = [];

/** A person with a browser of their own. */
export async function person(
  browser: Browser,
  gateway: Gateway,
  viewport = { width: 1280, height: 800 },
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({
    viewport,
    locale: "fr-FR",
    timezoneId: "Europe/Paris",
    permissions: browser.browserType().name() === "chromium" ? ["camera", "microphone"] : [],
  });
  const page = await context.newPage();
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== gateway.url) foreign.push(request.url());
  });
  page.on("pageerror", (error) => {
    throw error;
  });
  return { context, page };
}

/** A device without camera and microphone. */
export const withoutDevices = (context: BrowserContext): Promise<unknown> =>
  context.addInitScript(() => {
    if (!navigator.mediaDevices) return;
    navigator.mediaDevices.getUserMedia = async () => {
      throw new DOMException("there is none", "NotFoundError");
    };
    navigator.mediaDevices.enumerateDevices = async () => [];
  });

/** Signs in through the identity provider's own page. */
export async function signIn(page: Page, gateway: Gateway, name: string, to = "/app") {
  await page.goto(`${gateway.url}/login?return_to=${encodeURIComponent(to)}`);
  await page.getByText(name).click();
  await page.waitForURL((url) => url.pathname.startsWith(to));
}

/** No violation of WCAG 2.2 A and AA that a program can find. */
export async function expectAccessible(page: Page) {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
}

const SHOTS = process.env.SHOTS;

/** A page at the widths of a phone and of an office's screen: nothing is cut off, nothing is in anybody's way. SHOTS=FOLDER keeps pictures. */
export async function shot(page: Page, name: string) {
  await page.setViewportSize({ width: 360, height: 740 });
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-360.png`, fullPage: true });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, `${name} is cut off on a phone`).toBeLessThanOrEqual(360);
  await page.setViewportSize({ width: 1440, height: 900 });
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-1440.png`, fullPage: true });
  await expectAccessible(page);
}

/** What the call of a page has received and sent; see src/call/stats.ts. */
export type CallStats = {
  self: string;
  path: string;
  sent: { framesEncoded: number; audioPackets: number };
  people: Record<string, { framesDecoded: number; audioEnergy: number; audioPackets: number }>;
};

/** Before the page has its call it has received nothing. */
const NO_CALL: CallStats = { self: "", path: "", sent: { framesEncoded: 0, audioPackets: 0 }, people: {} };

export const stats = (page: Page): Promise<CallStats> =>
  page.evaluate(
    (none) => (globalThis as unknown as { parvisCall?: { stats(): Promise<CallStats> } }).parvisCall?.stats() ?? none,
    NO_CALL,
  );

/** Everybody else is seen and heard on this page. */
export async function expectToSeeAndHear(page: Page, others: number) {
  await expect
    .poll(
      async () => {
        const people = Object.values((await stats(page)).people);
        return people.filter(({ framesDecoded, audioEnergy }) => framesDecoded > 10 && audioEnergy > 0).length;
      },
      { timeout: 40_000 },
    )
    .toBe(others);
}

/** The way of a guest from the link into the waiting room. */
export async function waitAsGuest(page: Page, link: string) {
  await page.goto(link);
  await page.getByRole("button", { name: "Continuer" }).click();
  await page.getByRole("button", { name: "Entrer dans la salle d’attente" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("bon endroit");
}

/** Whoever lets somebody in with nothing but the link is asked who it is. */
export async function seeWhoItIs(page: Page) {
  const sees = page.getByRole("button", { name: "Je vois qui c’est" });
  // Asked at once, or not at all: of somebody with more than the link nobody is asked.
  await sees.click({ timeout: 2_000 }).catch(() => undefined);
}

/** The way of a doctor into the call, with the camera on. */
export async function enterAsDoctor(page: Page) {
  await page.getByRole("button", { name: "Caméra" }).click();
  await page.waitForFunction(() => [...document.querySelectorAll("video")].some((video) => video.videoWidth > 0));
  await page
    .getByRole("button", { name: /^Entrer/ })
    .first()
    .click();
  await seeWhoItIs(page);
}

/** The patient of the demonstration and their doctor, in the call. */
export async function inCall(browser: Browser, gateway: Gateway, prepare?: (patient: Page) => Promise<void>) {
  const patient = await person(browser, gateway, { width: 360, height: 740 });
  await prepare?.(patient.page);
  await waitAsGuest(patient.page, gateway.patientLink);
  const doctor = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(doctor.page, gateway, "Claire Martin");
  await doctor.page.getByText("Faire entrer", { exact: true }).first().click();
  await enterAsDoctor(doctor.page);
  await expect(patient.page.locator(".controls")).toBeVisible();
  for (const { page } of [patient, doctor]) await expectToSeeAndHear(page, 1);
  return { patient, doctor };
}

/** What is on show in the first viewport is drawn as it is in the end: to a line that is not known something small comes first. */
export const untilSharp = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => {
    const screens = globalThis.parvisViewing;
    const drawn = screens?.all[0]?.drawn.value;
    return drawn?.isLossless && drawn.revision === screens?.viewing.seen.value?.viewports[0]?.picture;
  });

/** A fingerprint of what a viewer's canvas shows, and how bright it is. */
export const canvas = (page: Page): Promise<{ hash: number; mean: number }> =>
  page.evaluate(() => {
    const element = document.querySelector("canvas");
    const context = element?.getContext("2d");
    if (!element || !context || element.width === 0) return { hash: 0, mean: 0 };
    const { data } = context.getImageData(0, 0, element.width, element.height);
    let hash = 0;
    let sum = 0;
    for (let at = 0; at < data.length; at += 4) {
      const level = data[at] ?? 0;
      hash = (hash * 31 + level) | 0;
      sum += level;
    }
    return { hash, mean: sum / (data.length / 4) };
  });
