import { expect, expectAccessible, person, signIn, test } from "./gateway";

test.use({ own: "messages" });

const SHOTS = process.env.SHOTS;

test("staff see what was sent, an administrator writes the texts, a doctor has a calendar", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(180_000);
  const shot = async (page: import("@playwright/test").Page, name: string) => {
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
  };
  const both = async (page: import("@playwright/test").Page, name: string) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await shot(page, `${name}-360`);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, `${name} is cut off on a phone`).toBeLessThanOrEqual(360);
    await page.setViewportSize({ width: 1440, height: 900 });
    await shot(page, `${name}-1440`);
    await expectAccessible(page);
  };

  const secretary = await person(browser, gateway, { width: 1440, height: 900 });
  await test.step("a secretary reads in the outbox what the demonstration would send", async () => {
    const { page } = secretary;
    await signIn(page, gateway, "Camille Roux");
    await page.getByRole("link", { name: "Boîte d’envoi" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Boîte d’envoi");
    await page.getByText("Lire le message").first().click();
    await expect(page.locator(".message-words").first()).toContainText("/join#");
    await both(page, "outbox");
  });

  await test.step("the panel of an appointment says what became of each message", async () => {
    const { page } = secretary;
    const jeanne = page.getByRole("button", { name: /Jeanne Petit/ });
    // Late in the evening it is on the next day.
    const startsAt = await page.evaluate(async () => {
      const today = new Date().toLocaleDateString("en-CA", { timeZone: "Europe/Paris" });
      const entries = (await (await fetch(`/api/appointments?day=${today}&days=2`)).json()) as { startsAt: string }[];
      return entries.find((entry) => JSON.stringify(entry).includes("Jeanne Petit"))?.startsAt ?? "";
    });
    const day = new Date(startsAt).toLocaleDateString("en-CA", { timeZone: "Europe/Paris" });
    await page.goto(`${gateway.url}/app/day/${day}`);
    await jeanne.click();
    const messages = page.getByRole("region", { name: "Messages envoyés" });
    await expect(messages).toContainText("Aucun serveur n’est réglé");
    await messages.getByLabel("Retard en minutes").fill("20");
    await messages.getByRole("button", { name: "Prévenir" }).click();
    await expect(messages).toContainText("Retard de 20 minutes");
    await both(page, "panel");
  });

  await test.step("an administrator cannot save a text without its link", async () => {
    const { page } = await person(browser, gateway, { width: 1440, height: 900 });
    await signIn(page, gateway, "Alex Morel");
    await page.getByRole("link", { name: "Textes des messages" }).click();
    const body = page.getByLabel("Texte", { exact: true });
    await expect(page.locator(".message-words")).toContainText("Vous avez un rendez-vous vidéo");
    await body.fill("Bonjour {nom}, le {when}.");
    await expect(page.getByText("Il manque {lien}.")).toBeVisible();
    await expect(page.getByText("{nom} n’existe pas pour ce message. Retirez-le.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Enregistrer", exact: true }).first()).toBeDisabled();
    await both(page, "templates-fault");
    await body.fill("Bonjour,\n\nÀ {when} :\n\n{link}");
    await page.getByRole("button", { name: "Enregistrer", exact: true }).first().click();
    await expect(page.getByText("Enregistré. Les prochains messages utiliseront ce texte.")).toBeVisible();
    await expect(page.getByText("Modifié par Alex Morel")).toBeVisible();
    await both(page, "templates");
    await page.getByRole("button", { name: "Revenir au texte d’origine" }).click();
    await expect(body).toHaveValue(/Vous avez un rendez-vous vidéo/);
  });

  await test.step("a doctor makes an address for their calendar, once shown", async () => {
    const { page } = await person(browser, gateway, { width: 1440, height: 900 });
    await signIn(page, gateway, "Claire Martin");
    await page.getByRole("button", { name: "Mon calendrier" }).click();
    await page.getByRole("button", { name: "Créer une adresse" }).click();
    const address = page.getByLabel("Adresse de votre calendrier");
    await expect(address).toHaveValue(/\/calendar\/[\w-]{43}\.ics$/);
    await both(page, "calendar");
    const feed = await page.request.get(await address.inputValue());
    const text = await feed.text();
    expect(text).toContain("BEGIN:VCALENDAR");
    expect(text).not.toContain("Lefèvre");
    await page.getByRole("button", { name: "Supprimer l’adresse" }).click();
    await expect(page.getByText("L’adresse ne marche plus.")).toBeVisible();
  });
});
