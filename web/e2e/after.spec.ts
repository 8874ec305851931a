import { readFileSync } from "node:fs";
import { enterAsDoctor, expect, expectAccessible, expectToSeeAndHear, foreign, person, signIn, test } from "./gateway";

test.use({ own: "after" });

const shots = process.env.SHOTS;

test("a visit is noted, ended by mistake, opened again, reported, signed, and taken home", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(240_000);
  const { link, pin } = gateway.withPin;
  const patient = await person(browser, gateway, { width: 360, height: 740 });
  const shot = async (page: typeof patient.page, name: string) => {
    if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  };
  await patient.page.goto(link);
  await patient.page.getByRole("button", { name: "Continuer" }).click();
  await patient.page.getByLabel("Code à 6 chiffres").fill(pin);
  await patient.page.getByRole("button", { name: "Entrer dans la salle d’attente" }).click();
  await expect(patient.page.getByRole("heading", { level: 1 })).toContainText("bon endroit");
  const doctor = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(doctor.page, gateway, "Karim Benali");
  await doctor.page.getByText("Faire entrer", { exact: true }).first().click();
  await enterAsDoctor(doctor.page);
  for (const { page } of [patient, doctor]) await expectToSeeAndHear(page, 1);

  // Notes are saved by themselves, and are there after a reload.
  await doctor.page.getByRole("tab", { name: "Notes" }).click();
  await doctor.page.getByLabel("Vos notes").fill("Toux depuis trois semaines.");
  await expect(doctor.page.getByText("Enregistré.")).toBeVisible();
  await expectAccessible(doctor.page);
  await shot(doctor.page, "notes");

  // Quit by mistake: back in without the doctor.
  await patient.page.getByRole("button", { name: "Quitter" }).first().click();
  await patient.page.getByRole("dialog").getByRole("button", { name: "Quitter" }).click();
  await expect(patient.page.getByRole("heading", { level: 1 })).toContainText("quitté");
  await expectAccessible(patient.page);
  await patient.page.getByRole("button", { name: "Revenir" }).click();
  await expect(patient.page.locator(".controls")).toBeVisible();
  await expectToSeeAndHear(patient.page, 1);

  // Ended by mistake: the patient asks to be called back, the doctor opens it again, and both are in it.
  const end = async (outcome: string) => {
    await doctor.page.getByRole("button", { name: /^Fin/ }).click();
    await doctor.page.getByLabel(outcome).check();
    await doctor.page.getByRole("button", { name: "Terminer pour tous" }).click();
    await expect(patient.page.getByRole("heading", { level: 1 })).toContainText("terminée");
  };
  await end("Terminée, à revoir");
  await patient.page.getByRole("button", { name: "Demander à être rappelé" }).click();
  await expect(patient.page.getByText("L’équipe est prévenue.")).toBeVisible();
  await expectAccessible(patient.page);
  await shot(patient.page, "asked-back");
  await expect(doctor.page.getByText(/demande à être rappelé/)).toBeVisible();
  await expectAccessible(doctor.page);
  await shot(doctor.page, "call-back");
  await doctor.page.getByRole("button", { name: "Rouvrir la consultation" }).first().click();
  await enterAsDoctor(doctor.page);
  await expect(patient.page.locator(".controls")).toBeVisible({ timeout: 30_000 });
  for (const { page } of [patient, doctor]) await expectToSeeAndHear(page, 1);
  await end("Terminée, à revoir");

  // The report: begun with the notes, written, signed.
  await doctor.page.getByRole("link", { name: "Compte rendu" }).click();
  await doctor.page.getByRole("button", { name: "Commencer le compte rendu" }).click();
  await expect(doctor.page.getByLabel("Observations")).toHaveValue("Toux depuis trois semaines.");
  await doctor.page.getByText("Ajouté par la plateforme").click();
  await expect(doctor.page.getByText(/Consultation vidéo tenue de/)).toBeVisible();
  await doctor.page.getByLabel("Conclusions").fill("Bronchite. Pas de signe de gravité.");
  await expect(doctor.page.getByText("Enregistré.")).toBeVisible();
  await expectAccessible(doctor.page);
  await shot(doctor.page, "report-draft");
  await doctor.page.getByRole("button", { name: "Signer" }).click();
  await expectAccessible(doctor.page);
  await doctor.page.getByRole("button", { name: "Oui, signer" }).click();
  await expect(doctor.page.getByText(/Signé par Dr Karim Benali/)).toBeVisible();
  await doctor.page.getByRole("button", { name: "Voir le document" }).click();
  await expect(doctor.page.locator(".summary-preview canvas").first()).toBeVisible({ timeout: 20_000 });

  // Given to the patient.
  await doctor.page.getByLabel(/Compte rendu, version 1/).check();
  await doctor.page.getByRole("button", { name: "Donner ces documents" }).click();
  await expect(doctor.page.getByText("C’est fait.")).toBeVisible();
  await expectAccessible(doctor.page);
  await shot(doctor.page, "report-signed");

  // The patient says what they think, and takes the report.
  await patient.page.getByText("Très bien").click();
  await patient.page.getByRole("button", { name: "Envoyer mon avis" }).click();
  await expect(patient.page.getByText("Merci pour votre avis.")).toBeVisible();
  await patient.page.goto(link);
  await expect(patient.page.getByRole("heading", { name: "Vos documents" })).toBeVisible();
  await expect(patient.page.getByText("Compte rendu de la consultation")).toBeVisible();
  await expectAccessible(patient.page);
  await shot(patient.page, "documents");
  const coming = patient.page.waitForEvent("download");
  await patient.page.getByRole("button", { name: "Enregistrer sur mon appareil" }).first().click();
  const file = await (await coming).path();
  expect(readFileSync(file).subarray(0, 8).toString()).toBe("%PDF-1.7");
  await expect(patient.page.getByText("Le document est sur votre appareil.")).toBeVisible();

  // Whoever has only the link sees that there are documents, and none of them.
  const stranger = await person(browser, gateway, { width: 360, height: 740 });
  await stranger.page.goto(link);
  await expect(stranger.page.getByRole("heading", { name: "Vos documents" })).toBeVisible();
  await expect(stranger.page.getByText("Compte rendu de la consultation")).toBeHidden();
  await expectAccessible(stranger.page);
  await shot(stranger.page, "documents-closed");
  await stranger.page.getByRole("button", { name: "Voir mes documents" }).click();
  await stranger.page.getByLabel("Code à 6 chiffres").fill(pin);
  await expect(stranger.page.getByText("Compte rendu de la consultation")).toBeVisible();

  // The doctor sees who took what, and how they had shown who they are.
  await doctor.page.reload();
  const row = doctor.page.getByRole("row", { name: /Compte rendu, version 1/ });
  await expect(row).toContainText("code donné par l’équipe");
  await expect(doctor.page.getByText("5 sur 5")).toBeVisible();
  await shot(doctor.page, "report-log");
  await doctor.page.setViewportSize({ width: 360, height: 740 });
  await expectAccessible(doctor.page);
  await shot(doctor.page, "report-phone");
  expect(foreign).toEqual([]);
  for (const { context } of [patient, doctor, stranger]) await context.close();
});
