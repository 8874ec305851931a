import type { Page } from "@playwright/test";
import { expect, expectAccessible, person, shot, signIn, test } from "./gateway";

test.use({ own: "stand-ins" });

/** Asks the gateway as the page's own script would. */
const api = <T>(page: Page, method: string, path: string, json?: unknown): Promise<T> =>
  page.evaluate(
    async ([method, path, json]) => {
      const init: RequestInit = { method, headers: { "content-type": "application/json" } };
      if (json !== undefined) init.body = JSON.stringify(json);
      const answer = await fetch(path, init);
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.status === 204 ? undefined : await answer.json();
    },
    [method, path, json] as const,
  ) as Promise<T>;

test("a doctor of another service opens a visit in an emergency, and whoever is booked reads of it", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(180_000);
  // Who has signed in once can be booked.
  const claire = await person(browser, gateway);
  await signIn(claire.page, gateway, "Claire Martin");
  const secretary = await person(browser, gateway);
  await signIn(secretary.page, gateway, "Camille Roux");
  const known = await api<{ practitioner: string; name: string }[]>(secretary.page, "GET", "/api/practitioners");
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  await api(secretary.page, "POST", "/api/appointments", {
    startsAt: at(24 * 60 + 7),
    endsAt: at(24 * 60 + 17),
    service: "Cardiologie",
    guests: [{ role: "patient", name: "Odile Garnier", language: "fr", birthDate: "1944-07-14" }],
    practitioners: [known.find(({ name }) => name.includes("Claire Martin"))?.practitioner],
    note: "Sous anticoagulants.",
  });

  const { page } = await person(browser, gateway);
  await signIn(page, gateway, "Karim Benali");
  await page.getByRole("link", { name: "Accès en urgence" }).click();
  await page.getByLabel("Nom du patient").fill("garnier odile");
  await page.getByRole("textbox", { name: "Date de naissance" }).fill("1944-07-15");
  await page.getByRole("button", { name: "Chercher" }).click();
  await expect(page.getByText("Rien ne correspond exactement.")).toBeVisible();
  await page.getByRole("textbox", { name: "Date de naissance" }).fill("1944-07-14");
  await page.getByRole("button", { name: "Chercher" }).click();
  await expect(page.getByText("1 rendez-vous trouvé")).toBeVisible();
  await expect(page.getByText("Odile Garnier")).toHaveCount(0);
  await page.getByLabel("Motif").fill("urgent");
  await page.getByRole("button", { name: "Ouvrir en urgence" }).click();
  await expect(page.getByText("au moins 20 caractères et 3 mots").last()).toBeVisible();
  await page.getByLabel("Motif").fill("Patiente inconsciente aux urgences, traitement inconnu");
  await shot(page, "stand-ins-ask");
  await page.getByRole("button", { name: "Ouvrir en urgence" }).click();
  await expect(page.getByText(/^Lecture seule, jusqu’à/)).toBeVisible();
  await expect(page.getByText("Sous anticoagulants.")).toBeVisible();
  await shot(page, "stand-ins-read");

  await claire.page.reload();
  await expect(claire.page.getByText("1 de vos rendez-vous a été ouvert en urgence")).toBeVisible();
  await shot(claire.page, "stand-ins-banner");
  await claire.page.getByRole("link", { name: "Voir qui et pourquoi" }).click();
  await expect(claire.page.getByText(/Dr Karim Benali a ouvert en urgence/)).toBeVisible();
  await expect(claire.page.getByText(/traitement inconnu/)).toBeVisible();
  await expectAccessible(claire.page);

  const administrator = await person(browser, gateway);
  await signIn(administrator.page, gateway, "Alex Morel");
  await administrator.page.getByRole("link", { name: "Journal des accès" }).click();
  await expect(administrator.page.getByText("Dr Karim Benali a ouvert des données en urgence.")).toBeVisible();
});

test("a doctor lets a colleague act for them, sees it, and takes it back", async ({ browser, gateway }) => {
  test.setTimeout(120_000);
  const karim = await person(browser, gateway);
  await signIn(karim.page, gateway, "Karim Benali");
  const { page } = await person(browser, gateway);
  await signIn(page, gateway, "Claire Martin");
  await page.getByRole("link", { name: "Délégations" }).click();
  await page.getByLabel("À qui").selectOption({ label: "Dr Karim Benali (médecin)" });
  const until = new Date(Date.now() + 3 * 60 * 60_000);
  // As the field takes it, by the clocks of the page.
  const local = await page.evaluate((ms) => {
    const date = new Date(ms);
    return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  }, until.getTime());
  await page.getByLabel("Au", { exact: true }).fill(local);
  await page.getByRole("button", { name: "Déléguer" }).click();
  await expect(page.getByRole("button", { name: "Retirer Dr Karim Benali" })).toBeVisible();
  await expectAccessible(page);
  await shot(page, "stand-ins-delegations");
  await page.getByRole("link", { name: "Agenda" }).click();
  await expect(page.getByText(/^Dr Karim Benali agit pour vous jusqu’au/)).toBeVisible();
  await karim.page.reload();
  await expect(karim.page.getByText(/^Vous agissez pour Dr Claire Martin jusqu’au/)).toBeVisible();
  await expect(karim.page.getByText("Hélène Lefèvre").first()).toBeVisible();
  await shot(karim.page, "stand-ins-acting");
  await page.getByRole("link", { name: "Délégations" }).first().click();
  await page.getByRole("button", { name: "Retirer Dr Karim Benali" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Retirer" }).click();
  await expect(page.getByText("Personne n’agit pour vous.")).toBeVisible();
  // It is told to the other's agenda by its socket.
  await expect(karim.page.getByText(/^Vous agissez pour/)).toHaveCount(0);
});
