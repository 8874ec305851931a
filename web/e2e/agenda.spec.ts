import { mkdirSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, foreign, person, signIn, test } from "./gateway";

test.use({ own: "agenda" });

const SHOTS = process.env.SHOTS;

/** A picture for a person to look at, when one asks for it. */
async function shot(page: Page, name: string) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

/** Both sizes of a page. */
async function shots(page: Page, name: string) {
  if (!SHOTS) return;
  await shot(page, `${name}-1440`);
  await page.setViewportSize({ width: 360, height: 740 });
  await shot(page, `${name}-360`);
  await page.setViewportSize({ width: 1440, height: 900 });
}

test("a secretary books in a free slot, moves it, and sees the chain in every view", async ({ browser, gateway }) => {
  test.setTimeout(180_000);
  const { page, context } = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(page, gateway, "Camille Roux");
  await page.getByRole("button", { name: "Nouveau rendez-vous" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Nom et prénom").first().fill("Suzanne Marchal");
  await dialog.getByLabel("Téléphone").fill("06 12 34 56 78");
  await dialog.getByLabel("Service").fill("Cardiologie");
  const slots = dialog.getByRole("region", { name: "Créneaux libres" });
  const free = slots.getByRole("button", { name: /Dr Claire Martin/ });
  await expect(free.first()).toBeVisible();
  await free.nth(2).click();
  await expect(slots.getByText(/^Choisi/)).toBeVisible();
  await expectAccessible(page);
  await shots(page, "booking");
  await dialog.getByRole("button", { name: "Prendre le rendez-vous" }).click();
  await expect(page.getByText("Le rendez-vous est pris")).toBeVisible();
  await page.getByRole("button", { name: "Liens transmis, fermer" }).click();

  // It is found by a part of the name, wherever it is.
  await page.getByLabel("Chercher un patient").fill("march");
  await page.getByRole("button", { name: "Chercher" }).click();
  await expect(page.getByText("1 rendez-vous trouvé")).toBeVisible();
  await page.getByRole("button", { name: "Suzanne Marchal", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Suzanne Marchal" })).toBeVisible();
  await expectAccessible(page);
  await shots(page, "search");

  // Moved into another slot: the old one says so, the new one replaces it.
  await page.getByRole("button", { name: "Déplacer", exact: true }).click();
  const move = page.getByRole("dialog");
  await move
    .getByRole("button", { name: /Dr Claire Martin/ })
    .nth(4)
    .click();
  await expectAccessible(page);
  await shots(page, "move");
  await move.getByRole("button", { name: "Déplacer le rendez-vous" }).click();
  await expect(page.getByText("Le rendez-vous est déplacé")).toBeVisible();
  await page.getByRole("button", { name: "Liens transmis, fermer" }).click();
  await page.getByRole("button", { name: "Chercher" }).click();
  await expect(page.getByText("2 rendez-vous trouvés")).toBeVisible();
  await page.getByRole("button", { name: "Suzanne Marchal", exact: true }).last().click();
  const chain = page.getByRole("list").filter({ hasText: "celui-ci" });
  await expect(chain.getByRole("listitem")).toHaveCount(2);
  await shots(page, "chain");

  // The week has both, under their days.
  await chain.getByRole("link").last().click();
  await page.getByRole("link", { name: "Semaine", exact: true }).click();
  await expect(page.getByRole("button", { name: /Suzanne Marchal.*prévu/ })).toBeVisible();
  await expectAccessible(page);
  await shots(page, "week");
  await page.getByRole("link", { name: "Liste", exact: true }).click();
  await page.getByLabel("État").selectOption("booked");
  await expect(page.getByRole("row", { name: /Suzanne Marchal/ })).toHaveCount(1);
  await expectAccessible(page);
  await shots(page, "list");
  await context.close();
});

test("a secretary sets hours, and they are offered", async ({ browser, gateway }) => {
  test.setTimeout(120_000);
  const { page, context } = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(page, gateway, "Camille Roux");
  await page.getByRole("link", { name: "Services" }).click();
  await expect(page.getByRole("row", { name: /Pneumologie/ })).toBeVisible();
  await expectAccessible(page);
  await shots(page, "services");
  await page.getByRole("button", { name: "Heures et fermetures (Pneumologie)" }).click();
  await expect(page.getByRole("heading", { name: "Heures de Pneumologie" })).toBeVisible();
  await page.getByRole("combobox", { name: "Jour" }).selectOption("sun");
  await page.getByLabel("De", { exact: true }).first().fill("10:00");
  await page.getByLabel("À", { exact: true }).first().fill("11:00");
  await page.getByRole("button", { name: "Ajouter ces heures" }).click();
  await expect(page.getByRole("row", { name: /dimanche.*10:00.*11:00.*Camille Roux/ })).toBeVisible();
  await expectAccessible(page);
  await shots(page, "hours");
  // End before the beginning: refused with a sentence, and nothing is lost.
  await page.getByLabel("À", { exact: true }).first().fill("09:00");
  await page.getByRole("button", { name: "Ajouter ces heures" }).click();
  await expect(page.getByText(/La fin vient après le début/)).toBeVisible();
  await page.getByRole("button", { name: "Modifier (Pneumologie)" }).click();
  await expectAccessible(page);
  await shots(page, "service");
  await context.close();
});

test("whoever comes without an appointment waits in the queue and is taken", async ({ browser, gateway }) => {
  test.setTimeout(120_000);
  const secretary = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(secretary.page, gateway, "Camille Roux");
  const code = await secretary.page.evaluate(async () => {
    const services = (await (await fetch("/api/services")).json()) as { queue: { code?: string } }[];
    return services.map(({ queue }) => queue.code).find((code) => code !== undefined) ?? "";
  });
  const patient = await person(browser, gateway, { width: 360, height: 740 });
  await patient.page.goto(`${gateway.url}/queue/cardiologie`);
  await expectAccessible(patient.page);
  await patient.page.getByLabel("Code du service").fill("AAAA2222");
  await patient.page.getByLabel("Nom et prénom").fill("Awa Diallo");
  await patient.page.getByLabel("Téléphone").fill("06 98 76 54 32");
  await patient.page.getByRole("button", { name: "Entrer dans la file" }).click();
  await expect(patient.page.getByText(/Ce code n’est pas le bon/)).toBeVisible();
  await shot(patient.page, "queue-form-360");
  await patient.page.getByLabel("Code du service").fill(code.toLowerCase());
  await patient.page.getByRole("button", { name: "Entrer dans la file" }).click();
  await expect(patient.page.getByRole("heading", { level: 1 })).toHaveText("Vous êtes dans la file");
  await expectAccessible(patient.page);
  await shot(patient.page, "queue-waiting-360");
  await patient.page.reload();
  await expect(patient.page.getByRole("heading", { level: 1 })).toHaveText("Vous êtes dans la file");

  await expect(secretary.page.getByText("Awa Diallo").first()).toBeVisible();
  await expectAccessible(secretary.page);
  await shots(secretary.page, "queue");
  // Karim has nothing to do with this queue.
  const karim = await person(browser, gateway, { width: 1280, height: 800 });
  await signIn(karim.page, gateway, "Karim Benali");
  await expect(karim.page.getByRole("heading", { name: "File sans rendez-vous" })).toHaveCount(0);
  await karim.context.close();
  // Claire has a visit now: the secretary is told, and refuses kindly.
  await secretary.page.getByRole("button", { name: "Prendre (Awa Diallo)" }).click();
  await expect(secretary.page.getByText(/Ce médecin est pris en ce moment/)).toBeVisible();
  await secretary.page.evaluate(async () => {
    const day = new Date().toLocaleDateString("en-CA", { timeZone: "Europe/Paris" });
    const entries = (await (await fetch(`/api/appointments?day=${day}&days=2`)).json()) as { appointment: string }[];
    for (const { appointment } of entries) await fetch(`/api/appointments/${appointment}/cancel`, { method: "POST" });
  });
  await secretary.page.getByRole("button", { name: "Prendre (Awa Diallo)" }).click();
  await expect(secretary.page.getByText("Awa Diallo peut entrer.")).toBeVisible();
  await expect(patient.page).toHaveURL(/\/join/, { timeout: 15_000 });
  await expect(patient.page.getByRole("button", { name: "Continuer" })).toBeVisible();
  await secretary.context.close();
  await patient.context.close();
  expect(foreign).toEqual([]);
});

test("a patient moves the appointment by the link, and the old link tells the new time", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(120_000);
  const secretary = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(secretary.page, gateway, "Camille Roux");
  const link = await secretary.page.evaluate(async () => {
    const day = new Date(Date.now() + 4 * 86_400_000).toISOString().slice(0, 10);
    const json = async (path: string, body?: unknown) => {
      const request = body && {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      };
      return (await fetch(path, request || {})).json();
    };
    const services = (await json("/api/services")) as { service: string; name: string }[];
    const serviceId = services.find(({ name }) => name === "Cardiologie")?.service ?? "";
    const slots = await json(`/api/services/${serviceId}/slots?from=${day}&days=7`);
    const { startsAt, endsAt, practitioner } = slots[0];
    const guests = [{ role: "patient", name: "Odile Perrin", language: "fr" }];
    const wanted = { startsAt, endsAt, service: "", serviceId, guests, practitioners: [practitioner], note: "" };
    return (await json("/api/appointments", wanted)).links[0].address as string;
  });
  const { page, context } = await person(browser, gateway, { width: 360, height: 740 });
  await page.goto(link);
  await page.getByRole("button", { name: "Déplacer ou annuler" }).click();
  await expect(page.getByRole("heading", { name: "Choisissez une autre heure" })).toBeVisible();
  await expectAccessible(page);
  await shot(page, "change-360");
  await page
    .getByRole("button", { name: /^\d+.h.\d+$/ })
    .nth(3)
    .click();
  await page.getByRole("button", { name: /^Déplacer au/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Votre rendez-vous est déplacé");
  await expectAccessible(page);
  await shot(page, "changed-360");
  await page.getByRole("link", { name: "Ouvrir mon nouveau lien" }).click();
  await expect(page.getByRole("button", { name: "Déplacer ou annuler" })).toBeVisible();
  // Whoever opens the old message reads the new time, and comes in nowhere.
  const old = await person(browser, gateway, { width: 360, height: 740 });
  await old.page.goto(link);
  await expect(old.page.getByRole("heading", { level: 1 })).toHaveText("Ce rendez-vous a été déplacé");
  await expect(old.page.getByText(/Nouvelle date/)).toBeVisible();
  await expectAccessible(old.page);
  await shot(old.page, "moved-360");
  await old.context.close();
  // The new one is cancelled, after a question.
  await page.getByRole("button", { name: "Déplacer ou annuler" }).click();
  await page.getByRole("button", { name: "Annuler le rendez-vous" }).click();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Oui, annuler" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Votre rendez-vous est annulé");
  await context.close();
  await secretary.page.getByLabel("Chercher un patient").fill("perrin");
  await secretary.page.getByRole("button", { name: "Chercher" }).click();
  await expect(secretary.page.getByText("annulé par le patient").first()).toBeVisible();
  await secretary.context.close();
});
