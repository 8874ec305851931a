import { expect, expectAccessible, inCall, person, signIn, test } from "./gateway";

// Its people must be alone with their appointment.
test.use({ own: "protection" });

test("the people of a call read how it is protected, and an administrator what the server is made of", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(240_000);
  const { patient, doctor } = await inCall(browser, gateway);

  await test.step("the patient, on a phone", async () => {
    const { page } = patient;
    await page.getByRole("button", { name: "Plus" }).click();
    await page.getByRole("button", { name: "Comment cet appel est protégé" }).click();
    const panel = page.getByRole("dialog");
    await expect(panel.getByText("Votre son et votre image sont chiffrés")).toBeVisible();
    await expect(panel.getByText("Ils vont directement de cet appareil à la passerelle.")).toBeVisible();
    await expect(panel.getByText("Ce n’est pas un chiffrement de bout en bout.")).toBeVisible();
    // The demonstration comes without TLS, and says so.
    await expect(panel.getByText("cette page est ouverte sans chiffrement")).toBeVisible();
    await expect(panel.getByText("Connexion avec le compte de l’hôpital.")).toBeVisible();
    await expect(panel.getByText(/^Identité reconnue à l’image par Dr Claire Martin/)).toBeVisible();
    await expect(panel.getByText("Aucun SMS n’est envoyé.")).toBeAttached();
    await panel.getByText("Détails techniques").click();
    await expect(panel.getByText(/^DTLS-SRTP/)).toBeVisible();
    await panel.getByText("Durées de conservation").click();
    await expect(panel.getByText("180 jours après la visite").first()).toBeVisible();
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await page.screenshot({ path: test.info().outputPath("patient.png") });
    const dialog = page.locator("dialog[open]");
    await dialog.evaluate((element) => element.scrollTo(0, 0));
    await page.screenshot({ path: test.info().outputPath("patient-top.png") });
    await dialog.evaluate((element) => element.scrollTo(0, 900));
    await page.screenshot({ path: test.info().outputPath("patient-middle.png") });
    await page.getByRole("button", { name: "Retour", exact: true }).click();
  });

  await test.step("the doctor", async () => {
    const { page } = doctor;
    await page.getByRole("tab", { name: /Personnes/ }).click();
    await page.getByRole("button", { name: "Comment cet appel est protégé" }).click();
    const panel = page.getByRole("dialog");
    await expect(panel.getByText("Votre son et votre image sont chiffrés")).toBeVisible();
    await expect(panel.getByText("Entrée avec son lien personnel, et rien d’autre.")).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: test.info().outputPath("doctor.png") });
    await page.keyboard.press("Escape");
    await expect(panel).toHaveCount(0);
  });

  await test.step("the administrator", async () => {
    const { page } = await person(browser, gateway);
    await signIn(page, gateway, "Alex Morel");
    await page.getByRole("link", { name: "Protection", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Ce serveur" })).toBeVisible();
    await expect(page.getByText("SQLite, un fichier sur ce serveur")).toBeVisible();
    await expect(page.getByText("le site est ouvert sans HTTPS")).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: test.info().outputPath("administrator.png"), fullPage: true });
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await page.screenshot({ path: test.info().outputPath("administrator-phone.png"), fullPage: true });
  });
});
