import { expect, person, shot, signIn, test } from "./gateway";

test.use({ own: "administration" });

test("an administrator gives and takes roles, disables people, lets programs read and sets the looks, on pages only", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(180_000);
  const admin = await person(browser, gateway, { width: 1440, height: 900 });
  const doctor = await person(browser, gateway, { width: 1440, height: 900 });
  const { page } = admin;
  await signIn(page, gateway, "Alex Morel");
  await signIn(doctor.page, gateway, "Dr Karim Benali");

  await test.step("a role is given by hand, and says where it comes from", async () => {
    await page.getByRole("link", { name: "Administration" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Personnes et rôles");
    await shot(page, "admin-people");
    await page.getByLabel("Chercher une personne").fill("benali");
    await expect(page.getByText("1 personne", { exact: true })).toBeVisible();
    await page.getByRole("button", { name: "Changer les rôles Dr Karim Benali" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("secrétariat").selectOption("given");
    await shot(page, "admin-roles");
    await dialog.getByRole("button", { name: "Enregistrer" }).click();
    await expect(page.getByText(/secrétariat \(donné ici\)/)).toBeVisible();
  });

  await test.step("whoever is disabled is out within five seconds, and cannot come back", async () => {
    await page.getByRole("button", { name: "Désactiver Dr Karim Benali" }).click();
    await shot(page, "admin-disable");
    await page.getByRole("dialog").getByRole("button", { name: "Désactiver" }).click();
    await expect(page.getByText("désactivé", { exact: true })).toBeVisible();
    await doctor.page.goto(`${gateway.url}/app/services`);
    await doctor.page.waitForURL((url) => url.pathname === "/app/sign-in", { timeout: 5_000 });
    await doctor.page.goto(`${gateway.url}/login?return_to=/app`);
    await doctor.page.getByText("Dr Karim Benali").click();
    await expect(doctor.page.getByRole("alert").filter({ hasText: "pas encore de rôle" })).toBeVisible();
    await page.getByRole("button", { name: "Réactiver Dr Karim Benali" }).click();
    await expect(page.getByText("désactivé", { exact: true })).toHaveCount(0);
    await signIn(doctor.page, gateway, "Dr Karim Benali");
  });

  await test.step("a program gets a token, reads with it, and loses it", async () => {
    await page.getByRole("link", { name: "Accès de programmes" }).click();
    await expect(page.getByText("Aucun programme n’a d’accès.")).toBeVisible();
    await page.getByRole("button", { name: "Nouvel accès" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Nom du programme").fill("dossier patient");
    await dialog.getByLabel("les noms des services").check();
    await dialog.getByLabel(/^Cardiologie/).check();
    await shot(page, "admin-new-token");
    await dialog.getByRole("button", { name: "Créer l’accès" }).click();
    const token = await page.getByRole("dialog").getByLabel("Jeton").inputValue();
    await shot(page, "admin-token");
    await page.getByRole("dialog").getByRole("button", { name: "C’est fait" }).click();
    const read = () => fetch(`${gateway.url}/api/machine/services`, { headers: { authorization: `Bearer ${token}` } });
    expect(await (await read()).text()).toContain("Cardiologie");
    await page.reload();
    await expect(page.getByText(/Dernier usage/)).toBeVisible();
    await shot(page, "admin-tokens");
    await page.getByRole("button", { name: "Retirer dossier patient" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Retirer" }).click();
    await expect(page.getByText("retiré", { exact: true })).toBeVisible();
    expect((await read()).status).toBe(401);
  });

  await test.step("name, colour and logo are there for patients too, and a pale colour is refused", async () => {
    await page.getByRole("link", { name: "Apparence" }).click();
    await page.getByLabel("Couleur", { exact: true }).fill("#ffcc00");
    await expect(page.getByText(/Il faut 4,5/)).toBeVisible();
    await page.getByRole("button", { name: "Enregistrer" }).click();
    await expect(page.getByRole("alert").filter({ hasText: "se lisent mal" })).toBeVisible();
    await page.getByLabel("Nom de l’hôpital").fill("Hôpital du Nord");
    await page.getByLabel("Couleur", { exact: true }).fill("#8b0000");
    await page.getByRole("button", { name: "Enregistrer" }).click();
    await expect(page.getByText("C’est enregistré.")).toBeVisible();
    const svg =
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><path fill="#8b0000" d="M0 0h30v30H0z"/><path fill="#333" d="M40 5h50v20H40z"/></svg>';
    await page.getByLabel("Choisir une image").setInputFiles({
      name: "logo.svg",
      mimeType: "image/svg+xml",
      buffer: Buffer.from(svg),
    });
    await expect(page.getByRole("img", { name: "Logo actuel" })).toBeVisible();
    await expect(page.locator(".header-hospital")).toHaveText("Hôpital du Nord");
    await shot(page, "admin-looks");
    const patient = await person(browser, gateway, { width: 360, height: 740 });
    await patient.page.goto(gateway.patientLink);
    await expect(patient.page.getByText("Hôpital du Nord")).toBeVisible();
    await expect(patient.page.locator(".hospital img")).toBeVisible();
    const primary = await patient.page.evaluate(() =>
      getComputedStyle(document.documentElement).getPropertyValue("--primary").trim(),
    );
    expect(primary).toBe("#8b0000");
    await shot(patient.page, "admin-looks-patient");
    await patient.context.close();
  });

  await test.step("sites are renamed, and what is not set to send messages says so", async () => {
    await page.getByRole("link", { name: "Sites", exact: true }).click();
    await page
      .getByRole("button", { name: /^Renommer/ })
      .first()
      .click();
    await page.getByRole("dialog").getByLabel("Nom du site").fill("Rive droite");
    await shot(page, "admin-site");
    await page.getByRole("dialog").getByRole("button", { name: "Enregistrer" }).click();
    await expect(page.getByRole("strong").filter({ hasText: "Rive droite" })).toBeVisible();
    await shot(page, "admin-sites");
    await page.getByRole("link", { name: "Envoi de messages" }).click();
    await expect(page.getByText(/Aucun serveur d’e-mail/)).toBeVisible();
    await shot(page, "admin-senders");
  });

  await test.step("every change stands there with what was before", async () => {
    await page.getByRole("link", { name: "Modifications" }).click();
    for (const what of ["Rôles", "Désactivation", "Réactivation", "Accès créé", "Accès retiré", "Apparence", "Logo"])
      await expect(page.getByRole("cell", { name: what, exact: true }).first()).toBeVisible();
    await shot(page, "admin-changes");
  });
  await doctor.context.close();
  await admin.context.close();
});
