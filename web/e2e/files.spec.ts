import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, expectAccessible, foreign, person, signIn, test } from "./gateway";

test.use({ own: "files" });

const PDF = readFileSync(new URL("../../fixtures/summary/fr.pdf", import.meta.url));
const PHOTO = readFileSync(new URL("../../fixtures/codestreams/color.jpg", import.meta.url));
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

test("a centre sends by a link, staff read what came in place, and administrators see counts and proofs", async ({
  browser,
  gateway,
}, info) => {
  test.setTimeout(180_000);
  const shot = (name: string) => ({ path: info.outputPath(`${name}.png`), fullPage: true });
  const { page } = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(page, gateway, "Claire Martin");
  const appointments = await page.evaluate(async () => {
    const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Paris" }).format(new Date());
    return (await fetch(`/api/appointments?day=${day}`)).json();
  });
  const appointment = appointments[0].appointment as string;

  // A link for a centre.
  await page.goto(`${gateway.url}/app/received/${appointment}`);
  await expect(page.getByText("Hélène Lefèvre", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Faire un lien pour un centre" }).click();
  await page.getByLabel("Nom du centre").fill("Centre Saint-Roch");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Faire le lien" }).click();
  const link = await page.getByLabel("Lien d’envoi pour Centre Saint-Roch").inputValue();
  await expectAccessible(page);
  await page.screenshot(shot("received-empty"));

  // The centre, on a computer of its own.
  const centre = await person(browser, gateway, { width: 1440, height: 900 });
  await centre.page.goto(link);
  await expect(centre.page.getByText("de la part de Centre Saint-Roch")).toBeVisible();
  expect(new URL(centre.page.url()).hash).toBe("");
  await expectAccessible(centre.page);
  await centre.page.screenshot(shot("upload-1440"));
  await centre.page.locator("[data-pick=files]").setInputFiles([
    { name: "Compte rendu.pdf", mimeType: "application/pdf", buffer: PDF },
    { name: "Photo.jpg", mimeType: "image/jpeg", buffer: PHOTO },
    { name: "programme.exe", mimeType: "application/octet-stream", buffer: Buffer.from("MZ\u0090\0\u0003\0") },
  ]);
  await expect(centre.page.getByText("Fichiers reçus\u00a0: 2 sur 3.")).toBeVisible();
  const row = centre.page.getByRole("listitem").filter({ hasText: "Compte rendu.pdf" });
  await row.getByText("Empreintes de contrôle").click();
  await expect(row.locator("[data-hash=here]")).toHaveText(sha256(PDF));
  await expect(row.locator("[data-hash=there]")).toHaveText(sha256(PDF));
  await expect(centre.page.getByText("Ce type de fichier n’est pas accepté.")).toBeVisible();
  await expectAccessible(centre.page);
  await centre.page.screenshot(shot("upload-sent-1440"));
  await centre.page.setViewportSize({ width: 360, height: 740 });
  await centre.page.screenshot(shot("upload-sent-360"));
  const width = await centre.page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(360);

  // The patient sends too, before the door opens or when it does.
  const patient = await person(browser, gateway, { width: 360, height: 740 });
  await patient.page.goto(gateway.patientLink);
  await patient.page.getByRole("button", { name: "Envoyer des documents ou des images" }).click();
  await expect(patient.page.getByText("Envoyez ici, avant la consultation")).toBeVisible();
  await patient.page
    .locator("[data-pick=files]")
    .setInputFiles([{ name: "Lettre.txt", mimeType: "text/plain", buffer: Buffer.from("Bonjour docteur") }]);
  await expect(patient.page.getByText("Tout est arrivé.")).toBeVisible();
  await expectAccessible(patient.page);
  await patient.page.screenshot(shot("upload-patient-360"));

  // Staff read them in place.
  await page.reload();
  await page.getByRole("button", { name: "Ouvrir Compte rendu.pdf" }).click();
  await expect(page.getByRole("dialog").locator("canvas").first()).toBeVisible({ timeout: 20_000 });
  await expectAccessible(page);
  await page.screenshot({ path: info.outputPath("received-pdf.png") });
  await page.getByRole("button", { name: "Fermer" }).click();
  await page.getByRole("button", { name: "Ouvrir Photo.jpg" }).click();
  const picture = page.getByRole("img", { name: "Image reçue" });
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Fermer" }).click();
  await page.getByRole("button", { name: "Ouvrir Lettre.txt" }).click();
  await expect(page.getByText("Bonjour docteur")).toBeVisible();
  await page.getByRole("button", { name: "Fermer" }).click();
  await expect(page.locator('[data-hash="Compte rendu.pdf"]')).toHaveText(sha256(PDF));
  await page.getByRole("button", { name: "Mettre dans les examens Photo.jpg" }).click();
  await expect(page.getByText("C’est dans les examens.")).toBeVisible({ timeout: 20_000 });
  await expectAccessible(page);
  await page.screenshot(shot("received-1440"));
  await page.setViewportSize({ width: 360, height: 740 });
  await page.screenshot(shot("received-360"));
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);

  // A withdrawn link says so.
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole("button", { name: "Retirer Centre Saint-Roch" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Retirer" }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
  await centre.page.reload();
  await expect(centre.page.getByText("Ce lien a été retiré.")).toBeVisible();

  // A file of the chat, and the visit called off: it is due at once.
  await page.evaluate(async (id) => {
    await fetch(`/api/appointments/${id}/files?name=a.txt`, { method: "POST", body: "Bonjour" });
    await fetch(`/api/appointments/${id}/cancel`, { method: "POST" });
  }, appointment);
  const administrator = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(administrator.page, gateway, "Alex Morel");
  await administrator.page.goto(`${gateway.url}/app/retention`);
  await expect(administrator.page.getByText("Rien n’a encore été supprimé.")).toBeVisible();
  await administrator.page.getByRole("button", { name: "Supprimer maintenant ce qui est dû" }).click();
  await administrator.page.getByRole("dialog").getByRole("button", { name: "Supprimer" }).click();
  await expect(administrator.page.getByText("1 ligne supprimée.")).toBeVisible();
  await expect(administrator.page.getByText("Le chat est gardé jusqu’à la fin de la consultation")).toBeVisible();
  const name = await administrator.page.evaluate(async (id) => {
    const found = await fetch("/api/retention/appointments", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "lefevre" }),
    });
    const entries = (await found.json()) as { appointment: string; patient: string }[];
    return entries.find((entry) => entry.appointment === id)?.patient;
  }, appointment);
  await administrator.page.getByLabel("Nom du patient").fill(name ?? "nobody");
  await administrator.page.getByRole("button", { name: "Chercher" }).click();
  await administrator.page
    .getByRole("radio", { name: new RegExp(name ?? "nobody") })
    .first()
    .check();
  await administrator.page.getByLabel("Raison").fill("Plainte 2026/14");
  await administrator.page.getByRole("button", { name: "Retenir" }).click();
  await expect(administrator.page.getByText("Plainte 2026/14").first()).toBeVisible();
  await expectAccessible(administrator.page);
  await administrator.page.screenshot(shot("retention-1440"));
  await administrator.page.setViewportSize({ width: 360, height: 740 });
  await administrator.page.screenshot(shot("retention-360"));
  expect(await administrator.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);

  await administrator.page.setViewportSize({ width: 1440, height: 900 });
  await administrator.page.goto(`${gateway.url}/app/statistics`);
  const volumes = administrator.page.getByRole("table").first();
  await expect(volumes.getByRole("row", { name: /^Total/ })).toBeVisible();
  const download = administrator.page.waitForEvent("download");
  await administrator.page.getByRole("link", { name: /CSV/ }).click();
  const path = await (await download).path();
  expect(readFileSync(path, "utf8").startsWith("\u{feff}from,booked,held,")).toBe(true);
  await expectAccessible(administrator.page);
  await administrator.page.screenshot(shot("statistics-1440"));
  await administrator.page.setViewportSize({ width: 360, height: 740 });
  await administrator.page.screenshot(shot("statistics-360"));
  expect(await administrator.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  expect(foreign).toEqual([]);
});
