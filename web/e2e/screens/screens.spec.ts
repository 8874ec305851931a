import { mkdirSync } from "node:fs";
import type { Page } from "@playwright/test";
import type { DoorAsks, Look, OpenAnswer } from "../../src/protocol";
import { expect, expectAccessible, type Gateway, signIn, test } from "../gateway";
import { FOLDER, letTheFirstIn, onwards, press, SIZES, waiting } from "./steps";

// Every page of a patient, on a phone of 360 pixels and on a desktop. What the gateway says of the door is put in by the script, so
// that each page is there without hours of waiting; the pages, their words and their looks are those of the program.
const STARTS = "2026-11-25T13:30:00.000Z";
const NOW = "2026-11-25T13:18:20.000Z";
const ASKS: DoorAsks = { sms: false, email: false, pin: false, birthDate: false, isLocked: false };
const OPEN: Look = {
  door: "open",
  now: NOW,
  startsAt: STARTS,
  service: "Cardiologie",
  isElsewhere: false,
  consentVersion: 0,
};
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 [FBAN/FBIOS]";

interface Screen {
  name: string;
  look?: Partial<Look>;
  open?: OpenAnswer;
  userAgent?: string;
  before?: () => void;
  steps?: (page: Page, gateway: Gateway) => Promise<void>;
  /** What the page ends with, to be waited for. */
  title: RegExp;
  withoutLink?: boolean;
  /** What stands in the address before the link. */
  query?: string;
}

const type = async (page: Page, digits: string) => page.getByLabel("Code à 6 chiffres").fill(digits);
const refuseDevices = () => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
};
const SCREENS: Screen[] = [
  { name: "landing", title: /Votre consultation vidéo/ },
  { name: "landing-code", look: { asks: { ...ASKS, sms: true } }, title: /Votre consultation vidéo/ },
  { name: "landing-elsewhere", look: { isElsewhere: true }, title: /déjà ouverte/ },
  { name: "information", steps: press(/En savoir plus/), title: /Avant la consultation/ },
  { name: "files-first", look: { asks: { ...ASKS, pin: true } }, query: "?files", title: /Envoyer des documents/ },
  { name: "refused-by-patient", look: { consent: "refused" }, title: /pas de vidéo/ },
  { name: "key-sms", look: { asks: { ...ASKS, sms: true, email: true } }, steps: onwards, title: /Votre code/ },
  { name: "key-pin", look: { asks: { ...ASKS, pin: true } }, steps: onwards, title: /Votre code personnel/ },
  {
    name: "key-wrong",
    look: { asks: { ...ASKS, pin: true } },
    open: { outcome: "wrong", triesLeft: 3 },
    steps: async (page) => {
      await onwards(page);
      await type(page, "123456");
      await page
        .getByRole("alert")
        .getByText(/essais/)
        .waitFor();
    },
    title: /Votre code personnel/,
  },
  { name: "key-birth-date", look: { asks: { ...ASKS, birthDate: true } }, steps: onwards, title: /date de naissance/ },
  { name: "key-locked", look: { asks: { ...ASKS, pin: true, isLocked: true } }, steps: onwards, title: /Appelez-nous/ },
  { name: "early", look: { door: "too_early", opensAt: "2026-11-25T13:25:00.000Z", now: NOW }, title: /en avance/ },
  {
    name: "test-at-home",
    look: { door: "too_early", opensAt: "2026-11-27T13:15:00.000Z", startsAt: "2026-11-27T13:30:00.000Z" },
    steps: async (page) => {
      await press("Tester mon matériel")(page);
      await page.getByText("Le son et l’image passent", { exact: true }).waitFor();
      await page.waitForFunction(() => [...document.querySelectorAll("video")].some((video) => video.videoWidth > 0));
    },
    title: /Testons/,
  },
  {
    name: "test",
    steps: async (page) => {
      await onwards(page);
      await page.getByText(/On voit votre image/).waitFor();
      await page.getByText(/Relié à l’hôpital/).waitFor();
    },
    title: /Testons/,
  },
  { name: "test-refused", before: refuseDevices, steps: onwards, title: /Testons/ },
  { name: "waiting", steps: waiting, title: /bon endroit/ },
  {
    name: "left",
    steps: async (page) => {
      await waiting(page);
      await press("Quitter")(page);
      await page.getByRole("dialog").getByRole("button", { name: "Quitter" }).click();
    },
    title: /quitté/,
  },
  {
    name: "taken-over",
    steps: async (page, gateway) => {
      await waiting(page);
      const other = await page.context().newPage();
      await other.goto(gateway.patientLink);
      await onwards(other);
      await other.waitForTimeout(500);
    },
    title: /ouverte ailleurs/,
  },
  { name: "expired", look: { door: "expired" }, title: /expiré/ },
  { name: "replaced", look: { door: "revoked" }, title: /remplacé/ },
  { name: "cancelled", look: { door: "cancelled" }, title: /annulé/ },
  { name: "over", look: { door: "over" }, title: /terminée/ },
  { name: "over-by-telephone", look: { door: "over", outcome: "by_telephone" }, title: /terminée/ },
  { name: "unknown-link", look: { door: "unknown" }, title: /aucun rendez-vous/ },
  { name: "no-link", title: /lien de votre message/, withoutLink: true },
  { name: "in-app", userAgent: IPHONE, title: /Safari/ },
  {
    name: "no-camera-here",
    before: () => Object.defineProperty(navigator, "mediaDevices", { value: undefined }),
    title: /Chrome ou Safari/,
  },
  {
    name: "old-browser",
    before: () => Reflect.deleteProperty(globalThis, "RTCPeerConnection"),
    title: /trop ancien/,
  },
];

test("every page of a patient", async ({ browser, gateway }) => {
  test.setTimeout(900_000);
  mkdirSync(FOLDER, { recursive: true });
  for (const screen of SCREENS) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const context = await browser.newContext({
        viewport,
        locale: "fr-FR",
        timezoneId: "Europe/Paris",
        permissions: ["camera", "microphone"],
        reducedMotion: "reduce",
        ...(screen.userAgent && { userAgent: screen.userAgent }),
      });
      const page = await context.newPage();
      if (screen.before) await page.addInitScript(screen.before);
      const answer = { ...OPEN, ...screen.look };
      if (answer.door === "unknown" || answer.door === "revoked") delete answer.startsAt;
      await context.route("**/api/guest/look", (route) => route.fulfill({ json: answer }));
      await context.route("**/api/guest/code", (route) =>
        route.fulfill({ json: { outcome: "sent", now: NOW, againAt: "2026-11-25T13:19:20.000Z" } }),
      );
      await context.route("**/api/guest/rehearsal", (route) => route.fulfill({ status: 204 }));
      if (screen.open) await context.route("**/api/guest/open", (route) => route.fulfill({ json: screen.open ?? {} }));
      const address = screen.withoutLink ? `${gateway.url}/join` : gateway.patientLink;
      await page.goto(address.replace("/join", `/join${screen.query ?? ""}`));
      await page.getByRole("heading", { level: 1 }).waitFor();
      await screen.steps?.(page, gateway);
      await page.getByRole("heading", { level: 1, name: screen.title }).waitFor({ timeout: 20_000 });
      await page.mouse.move(0, 0);
      await expectAccessible(page);
      await page.screenshot({ path: `${FOLDER}/${screen.name}-${size}.png`, fullPage: true, animations: "disabled" });
      await context.close();
    }
  }
});

test("the same page in English, and the call", async ({ browser, gateway }) => {
  test.setTimeout(120_000);
  for (const [size, viewport] of Object.entries(SIZES)) {
    const context = await browser.newContext({ viewport, locale: "en-GB", permissions: ["camera", "microphone"] });
    const page = await context.newPage();
    await context.route("**/api/guest/look", (route) => route.fulfill({ json: OPEN }));
    await page.goto(gateway.patientLink);
    await page.getByRole("heading", { level: 1, name: "Your video consultation" }).waitFor();
    await page.screenshot({ path: `${FOLDER}/landing-english-${size}.png`, fullPage: true });
    await context.close();
  }
  const doctor = await (await browser.newContext({ locale: "fr-FR", permissions: ["camera", "microphone"] })).newPage();
  for (const [size, viewport] of Object.entries(SIZES)) {
    const context = await browser.newContext({ viewport, locale: "fr-FR", permissions: ["camera", "microphone"] });
    const page = await context.newPage();
    await page.goto(gateway.patientLink);
    await onwards(page);
    const wayIn = page.getByRole("button", { name: "Entrer dans la salle d’attente" });
    await wayIn
      .or(page.locator(".call"))
      .or(page.getByText(/bon endroit/))
      .first()
      .waitFor();
    if (await wayIn.isVisible()) await wayIn.click();
    if (size === "360") {
      await signIn(doctor, gateway, "Claire Martin");
      await letTheFirstIn(doctor);
    }
    await page.locator(".call .controls").waitFor({ timeout: 30_000 });
    await page.waitForTimeout(2_000);
    await page.screenshot({ path: `${FOLDER}/call-${size}.png` });
    await context.close();
  }
  await doctor.context().close();
});

/** What staff work with, as wide as an office's screen and as narrow as a phone. */
const STAFF_SIZES = { "360": { width: 360, height: 740 }, desktop: { width: 1440, height: 900 } };

test("the agenda, and what administrators set", async ({ browser, gateway }) => {
  test.setTimeout(300_000);
  const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris" }).format(new Date());
  for (const [size, viewport] of Object.entries(STAFF_SIZES)) {
    const take = async (page: Page, name: string) => {
      await page.mouse.move(0, 0);
      await expectAccessible(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
      await page.screenshot({ path: `${FOLDER}/${name}-${size}.png`, animations: "disabled" });
    };
    const secretary = await (
      await browser.newContext({ viewport, locale: "fr-FR", timezoneId: "Europe/Paris" })
    ).newPage();
    await signIn(secretary, gateway, "Camille Roux");
    await secretary.getByText("Hélène Lefèvre").first().waitFor();
    await take(secretary, "agenda-day");
    for (const view of ["week", "list"]) {
      await secretary.goto(`${gateway.url}/app/${view}/${day}`);
      await secretary.getByText("Hélène Lefèvre").first().waitFor();
      await take(secretary, `agenda-${view}`);
    }
    await secretary.context().close();
    const administrator = await (
      await browser.newContext({ viewport, locale: "fr-FR", timezoneId: "Europe/Paris" })
    ).newPage();
    await signIn(administrator, gateway, "Alex Morel", "/app/services");
    await administrator
      .getByRole("button", { name: /Porte et information/ })
      .first()
      .click();
    await administrator.getByRole("heading", { name: "L’information lue avant la visite" }).waitFor();
    await take(administrator, "service-door");
    if (size === "360") {
      await administrator.keyboard.press("Escape");
      await administrator.getByRole("button", { name: "Menu" }).click();
      await take(administrator, "staff-menu");
    }
    await administrator.context().close();
  }
});
