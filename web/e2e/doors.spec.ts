import type { Page } from "@playwright/test";
import type { AppointmentEntry } from "../src/protocol";
import { ask, book, countTaps, letLinksExpire, linkOf, phone, taps } from "./doors";
import { enterAsDoctor, expect, expectAccessible, expectToSeeAndHear, foreign, person, signIn, test } from "./gateway";

test.use({ own: "doors" });
const heading = (page: Page) => page.getByRole("heading", { level: 1 });
const dials = (page: Page) => page.getByRole("contentinfo").getByRole("link", { name: "01 23 45 67 89" });

/** A page of a patient: nothing that a program finds against it, nothing wider than the screen, and the number at its place. */
async function expectGoodPage(page: Page) {
  await expectAccessible(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await expect(dials(page)).toHaveAttribute("href", "tel:0123456789");
}

async function digits(page: Page, pin: string) {
  // In one piece: a page that has just come takes the focus to its heading, and keys that are faster than any hand would be lost.
  await page.getByLabel("Code à 6 chiffres").fill(pin);
}

const wrongFor = (pin: string) => (pin === "123456" ? "654321" : "123456");

test("from the link to talking: two taps, a code and the permission @phone", async ({ browser, gateway }) => {
  test.setTimeout(120_000);
  // A visit of its own: who was let in once is let in again, and the tests below begin at the door.
  const secretary = await person(browser, gateway);
  await signIn(secretary.page, gateway, "Camille Roux");
  const booked = await book(secretary.page, /Benali/, 5, { wantsPin: true });
  await secretary.context.close();
  const pin = booked.links[0]?.pin ?? "";
  const patient = await phone(browser);
  await countTaps(patient.page);
  const begin = Date.now();
  await patient.page.goto(linkOf(booked));
  await expect(heading(patient.page)).toHaveText("Votre consultation vidéo");
  await expect(patient.page.getByText("Avec : Radiologie")).toBeVisible();
  expect(await patient.page.textContent("body")).not.toMatch(/Vidal|Benali/);
  await patient.page.getByRole("button", { name: "Continuer" }).tap();
  await digits(patient.page, pin);
  await patient.page.getByRole("button", { name: "Entrer dans la salle d’attente" }).tap();
  await expect(heading(patient.page)).toContainText("bon endroit");
  console.info(`from the link to the waiting room: ${Date.now() - begin} ms`);
  expect(await taps(patient.page)).toBe(2);

  const doctor = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(doctor.page, gateway, "Karim Benali");
  await doctor.page.getByText("Faire entrer", { exact: true }).first().click();
  await enterAsDoctor(doctor.page);
  for (const { page } of [patient, doctor]) await expectToSeeAndHear(page, 1);
  expect(await taps(patient.page)).toBe(2);
  await doctor.context.close();
  await patient.context.close();
  expect(foreign).toEqual([]);
});

test("every page of the way in is clean, and the door opens once for a browser @phone", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(120_000);
  const { link, pin } = gateway.withPin;
  const { context, page } = await phone(browser);
  await page.goto(link);
  await expect(heading(page)).toHaveText("Votre consultation vidéo");
  await expectGoodPage(page);
  await page.getByRole("button", { name: "En savoir plus" }).tap();
  await expect(heading(page)).toHaveText("Avant la consultation");
  await expect(page.getByText(/secret médical/)).toBeVisible();
  await expectGoodPage(page);
  await page.getByRole("button", { name: "Retour" }).tap();
  await page.getByRole("button", { name: "Continuer" }).tap();
  await expect(heading(page)).toHaveText("Votre code personnel");
  const field = page.getByLabel("Code à 6 chiffres");
  await expect(field).toHaveAttribute("autocomplete", "one-time-code");
  await expect(field).toHaveAttribute("inputmode", "numeric");
  await expectGoodPage(page);
  await digits(page, wrongFor(pin));
  await expect(page.getByRole("alert")).toContainText("Il vous reste 4 essais");
  await expectGoodPage(page);
  // As a message is copied: with a blank, in one piece.
  await field.fill(`${pin.slice(0, 3)} ${pin.slice(3)}`);
  await expect(heading(page)).toHaveText("Testons votre matériel");
  await page.getByLabel("Quelqu’un est avec moi").check();
  await page.getByLabel(/^Qui est-ce/).fill("Luc, mon fils");
  await expectGoodPage(page);
  await page.getByRole("button", { name: "Entrer dans la salle d’attente" }).tap();
  await expect(heading(page)).toContainText("bon endroit");
  await expectGoodPage(page);

  // A reload keeps the place, and asks for nothing.
  const since = await page.getByText(/Vous attendez depuis/).textContent();
  await page.reload();
  await expect(heading(page)).toContainText("bon endroit");
  expect((await page.getByText(/Vous attendez depuis/).textContent())?.slice(0, 30)).toBe(since?.slice(0, 30));

  // The browser was closed, and the link is tapped again: no second code. The window of before is told.
  const again = await context.newPage();
  await again.goto(link);
  await expect(heading(again)).toHaveText("Votre consultation est déjà ouverte");
  await expectGoodPage(again);
  await again.getByRole("button", { name: "Continuer ici" }).tap();
  await expect(heading(again)).toContainText(/bon endroit|Testons/);
  await expect(heading(page)).toHaveText("La consultation est ouverte ailleurs");
  await expectGoodPage(page);

  // Staff see who is there, and what was accepted.
  const secretary = await person(browser, gateway);
  await signIn(secretary.page, gateway, "Camille Roux");
  await secretary.page.getByRole("button", { name: /^Voir le rendez-vous de Robert Meunier/ }).click();
  await expect(secretary.page.getByText("Quelqu’un est là : Luc, mon fils")).toBeVisible();
  await expect(secretary.page.getByText(/A accepté la consultation vidéo/)).toBeVisible();
  await expectAccessible(secretary.page);
  await secretary.context.close();
  await context.close();
});

test("a second device is asked for the code, and takes over on a tap @phone", async ({ browser, gateway }) => {
  const { link, pin } = gateway.withPin;
  const first = await phone(browser);
  const second = await phone(browser);
  for (const { page } of [first, second]) {
    await page.goto(link);
    await page.getByRole("button", { name: "Continuer" }).tap();
    await digits(page, pin);
    await expect(heading(page)).toContainText(/Testons|bon endroit/);
  }
  await expect(heading(first.page)).toHaveText("La consultation est ouverte ailleurs");
  await first.page.getByRole("button", { name: "Continuer ici" }).tap();
  await expect(heading(first.page)).toContainText(/Testons|bon endroit/);
  await expect(heading(second.page)).toHaveText("La consultation est ouverte ailleurs");
  for (const { context } of [first, second]) await context.close();
});

test("five wrong codes lock the door, and a human opens it @phone", async ({ browser, gateway }) => {
  test.setTimeout(120_000);
  const secretary = await person(browser, gateway);
  await signIn(secretary.page, gateway, "Camille Roux");
  const booked = await book(secretary.page, /Lindqvist/, 2, { wantsPin: true, name: "Denise Fabre" });
  const pin = booked.links[0]?.pin ?? "";
  expect(pin).toMatch(/^\d{6}$/);
  const { context, page } = await phone(browser);
  await page.goto(linkOf(booked));
  await page.getByRole("button", { name: "Continuer" }).tap();
  const field = page.getByLabel("Code à 6 chiffres");
  const wrong = Number(wrongFor(pin));
  for (let left = 4; left > 0; left -= 1) {
    await field.fill(
      String(wrong + left)
        .padStart(6, "0")
        .slice(0, 6),
    );
    await expect(page.getByRole("alert")).toContainText(new RegExp(`reste ${left} essai`));
  }
  await field.fill(String(wrong));
  await expect(heading(page)).toHaveText("Appelez-nous pour entrer");
  await expect(page.getByRole("main").getByRole("link", { name: /Appeler/ })).toBeVisible();
  await expectGoodPage(page);

  await secretary.page.reload();
  await secretary.page.getByRole("button", { name: /^Voir le rendez-vous de Denise Fabre/ }).click();
  await expect(secretary.page.getByText(/Porte bloquée après cinq essais/)).toBeVisible();
  await expectAccessible(secretary.page);
  await secretary.page.getByRole("button", { name: "Débloquer" }).click();
  await expect(secretary.page.getByText(/Porte bloquée/)).toBeHidden();
  await page.getByRole("button", { name: "J’ai appelé, réessayer" }).tap();
  await page.getByRole("button", { name: "Continuer" }).tap();
  await digits(page, pin);
  await expect(heading(page)).toHaveText("Testons votre matériel");
  await context.close();
  await secretary.context.close();
});

test("days before: when it opens, and a test that staff see @phone", async ({ browser, gateway }) => {
  test.setTimeout(120_000);
  const secretary = await person(browser, gateway);
  await signIn(secretary.page, gateway, "Camille Roux");
  const booked = await book(secretary.page, /Lindqvist/, 100, { name: "Odette Faure" });
  const { context, page } = await phone(browser);
  await page.goto(linkOf(booked));
  await expect(heading(page)).toHaveText("Vous êtes en avance");
  await expect(page.getByText("Avec : Radiologie")).toBeVisible();
  await expect(page.locator(".countdown strong")).toHaveText(/1:2\d:\d\d|1 heure|2 heures|\d+ minutes/);
  await expectGoodPage(page);
  await page.getByRole("button", { name: "Tester mon matériel" }).tap();
  await expect(heading(page)).toHaveText("Testons votre matériel");
  await expect(page.getByText("Le son et l’image passent", { exact: true })).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Écouter un son" }).tap();
  await page.getByLabel("Oui").check();
  await expect(page.getByText("L’équipe voit le résultat de votre essai.")).toBeVisible();
  await expectGoodPage(page);
  const path = `/api/appointments/${booked.appointment.appointment}`;
  const seen = async () => {
    const entry = await ask<AppointmentEntry>(secretary.page, "GET", path);
    return entry.participants[0]?.door?.rehearsal;
  };
  await expect.poll(seen).toMatchObject({ camera: "works", sound: "heard", network: "good", isGood: true });
  await context.close();
  await secretary.context.close();
});

test("links that lead nowhere any more say why, and whom to call @phone", async ({ browser, gateway }) => {
  test.setTimeout(120_000);
  const secretary = await person(browser, gateway);
  await signIn(secretary.page, gateway, "Camille Roux");
  const { context, page } = await phone(browser);
  const of = (id: string) => `/api/appointments/${id}`;

  const cancelled = await book(secretary.page, /Lindqvist/, 200);
  await ask(secretary.page, "POST", `${of(cancelled.appointment.appointment)}/cancel`);
  await page.goto(linkOf(cancelled));
  await expect(heading(page)).toHaveText("Ce rendez-vous a été annulé");
  await expectGoodPage(page);

  const expired = await book(secretary.page, /Lindqvist/, 220);
  letLinksExpire(gateway, expired.appointment.appointment);
  await page.goto("about:blank");
  await page.goto(linkOf(expired));
  await expect(heading(page)).toHaveText("Ce lien a expiré");
  await expectGoodPage(page);

  const replaced = await book(secretary.page, /Lindqvist/, 240);
  const patient = replaced.links[0]?.participant;
  await ask(secretary.page, "POST", `${of(replaced.appointment.appointment)}/participants/${patient}/link`);
  await page.goto("about:blank");
  await page.goto(linkOf(replaced));
  await expect(heading(page)).toHaveText("Ce lien a été remplacé");
  await expectGoodPage(page);

  await page.goto("about:blank");
  await page.goto(`${gateway.url}/join#${"A".repeat(43)}`);
  await expect(heading(page)).toHaveText("Ce lien n’ouvre aucun rendez-vous");
  await expectGoodPage(page);
  await context.close();

  const bare = await phone(browser);
  await bare.page.goto(`${gateway.url}/join`);
  await expect(heading(bare.page)).toHaveText("Ouvrez le lien de votre message");
  await expectGoodPage(bare.page);
  await bare.context.close();
  await secretary.context.close();
});

test("a camera that is refused, a window of an app, a browser without camera: a way on from each @phone", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(120_000);
  const refused = await phone(browser);
  await refused.page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await refused.page.goto(gateway.patientLink);
  await refused.page.getByRole("button", { name: "Continuer" }).tap();
  await expect(refused.page.getByText(/bloque la caméra et le micro/)).toBeVisible();
  await expectGoodPage(refused.page);
  await refused.page.getByRole("button", { name: "Rejoindre avec le son seulement" }).tap();
  await expect(heading(refused.page)).toContainText("bon endroit");
  await refused.page.getByRole("button", { name: "Quitter" }).tap();
  await refused.page.getByRole("dialog").getByRole("button", { name: "Quitter" }).tap();
  await expect(heading(refused.page)).toHaveText("Vous avez quitté la consultation");
  await expectGoodPage(refused.page);
  await refused.context.close();

  const facebook =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 [FBAN/FBIOS;FBAV/490.0]";
  const inApp = await phone(browser, { userAgent: facebook, permissions: ["clipboard-read", "clipboard-write"] });
  await inApp.page.goto(gateway.patientLink);
  await expect(heading(inApp.page)).toHaveText("Ouvrez ce lien dans Safari");
  await expect(inApp.page.getByText(/dans l’application Facebook/)).toBeVisible();
  await expectGoodPage(inApp.page);
  await inApp.page.getByRole("button", { name: "Copier le lien" }).tap();
  await expect(inApp.page.getByText(/Lien copié/)).toBeVisible();
  expect(await inApp.page.evaluate(() => navigator.clipboard.readText())).toBe(gateway.patientLink);
  await inApp.context.close();

  const without = await phone(browser);
  await without.page.addInitScript(() => {
    Object.defineProperty(navigator, "mediaDevices", { value: undefined });
  });
  await without.page.goto(gateway.patientLink);
  await expect(heading(without.page)).toHaveText("Ouvrez ce lien dans Chrome ou Safari");
  await expectGoodPage(without.page);
  await without.page.getByRole("button", { name: "Continuer quand même" }).tap();
  await expect(heading(without.page)).toHaveText("Votre consultation vidéo");
  await without.context.close();

  const old = await phone(browser);
  await old.page.addInitScript(() => {
    Reflect.deleteProperty(globalThis, "RTCPeerConnection");
  });
  await old.page.goto(gateway.patientLink);
  await expect(heading(old.page)).toHaveText("Ce navigateur est trop ancien");
  await expectGoodPage(old.page);
  await old.context.close();
});

test("somebody refuses the video consultation: staff see it, and the telephone is there @phone", async ({
  browser,
  gateway,
}) => {
  const secretary = await person(browser, gateway);
  await signIn(secretary.page, gateway, "Camille Roux");
  const booked = await book(secretary.page, /Lindqvist/, 14, { name: "Andrée Colin" });
  const { context, page } = await phone(browser);
  await page.goto(linkOf(booked));
  await page.getByRole("button", { name: "En savoir plus" }).tap();
  await page.getByRole("button", { name: "Je ne veux pas de consultation vidéo" }).tap();
  await expect(heading(page)).toHaveText("Vous ne voulez pas de vidéo");
  await expectGoodPage(page);
  await secretary.page.reload();
  await secretary.page.getByRole("button", { name: /Andrée Colin/ }).click();
  await expect(secretary.page.getByText(/Refuse la consultation vidéo/)).toBeVisible();
  await page.reload();
  await expect(heading(page)).toHaveText("Vous ne voulez pas de vidéo");
  await page.getByRole("button", { name: "J’ai changé d’avis" }).tap();
  await page.getByRole("button", { name: "Continuer" }).tap();
  await expect(heading(page)).toHaveText("Testons votre matériel");
  await context.close();
  await secretary.context.close();
});

test("a phone that is locked for three minutes in the waiting room comes back to it @phone @only-phone", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(330_000);
  const { link, pin } = gateway.withPin;
  const { context, page } = await phone(browser);
  await page.goto(link);
  await page.getByRole("button", { name: /Continuer/ }).tap();
  await digits(page, pin);
  const wayIn = page.getByRole("button", { name: "Entrer dans la salle d’attente" });
  await expect(wayIn.or(page.getByText(/bon endroit/).first())).toBeVisible();
  if (await wayIn.isVisible()) await wayIn.tap();
  await expect(heading(page)).toContainText("bon endroit");
  const secretary = await person(browser, gateway);
  await signIn(secretary.page, gateway, "Camille Roux");
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Paris" }).format(new Date());
  const place = async () => {
    const entries = await ask<AppointmentEntry[]>(secretary.page, "GET", `/api/appointments?day=${today}`);
    return entries.flatMap(({ participants }) => participants).find(({ name }) => name === "Robert Meunier")?.place
      .state;
  };
  await expect.poll(place).toBe("waiting");
  // The page is frozen as a phone's system freezes it: no timer of it runs. Really three minutes. Whether it still answers the gateway is
  // the browser's; the place is kept either way.
  const system = await context.newCDPSession(page);
  await system.send("Page.enable");
  await system.send("Page.setWebLifecycleState", { state: "frozen" });
  await new Promise((done) => setTimeout(done, 180_000));
  expect(await place()).toMatch(/waiting|lost/);
  await system.send("Page.setWebLifecycleState", { state: "active" });
  const begin = Date.now();
  // What counts is where the gateway has the person; the page still shows what it showed.
  await expect.poll(place, { timeout: 30_000 }).toMatch(/waiting|testing/);
  console.info(`back ${Date.now() - begin} ms after it was unlocked: ${await place()}`);
  // Without a code, wherever it stands; and from the test it is one tap.
  expect(await page.getByLabel("Code à 6 chiffres").count()).toBe(0);
  if ((await place()) === "testing") await wayIn.tap();
  await expect.poll(place).toBe("waiting");
  await expect(heading(page)).toContainText("bon endroit");
  await secretary.context.close();
  await context.close();
});

test("a mail scanner that opens every link changes nothing", async ({ browser, gateway, request }) => {
  const secretary = await person(browser, gateway);
  await signIn(secretary.page, gateway, "Camille Roux");
  const booked = await book(secretary.page, /Lindqvist/, 300, { wantsPin: true, name: "Yvonne Marchal" });
  const path = `/api/appointments/${booked.appointment.appointment}`;
  const before = await ask<AppointmentEntry>(secretary.page, "GET", path);
  const link = linkOf(booked);
  for (const address of [link, link.replace("#", "?"), link.replace("join#", "join/")]) {
    for (let n = 0; n < 3; n += 1) {
      await request.get(address);
      await request.head(address);
    }
  }
  // One that runs the scripts of the page and taps nothing.
  const scanner = await phone(browser);
  const posts: string[] = [];
  scanner.page.on("request", (made) => {
    if (made.method() !== "GET" && made.method() !== "HEAD") posts.push(new URL(made.url()).pathname);
  });
  for (let n = 0; n < 2; n += 1) {
    await scanner.page.goto("about:blank");
    await scanner.page.goto(link);
    await expect(heading(scanner.page)).toBeVisible();
  }
  await scanner.context.close();
  expect([...new Set(posts)]).toEqual(["/api/guest/look"]);
  expect(await ask<AppointmentEntry>(secretary.page, "GET", path)).toEqual(before);
  await secretary.context.close();
});
