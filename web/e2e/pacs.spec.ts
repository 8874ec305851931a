import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect, expectAccessible, inCall, person, shot, signIn, test } from "./gateway";
import { slicesOf } from "./objects";

test.use({ own: "pacs" });

/** Debian's Orthanc with a study of the demonstration's patient in it; it ends with its standard input. */
async function startArchive(objects: readonly Buffer[]): Promise<{ root: string; end: () => void }> {
  const script = resolve(import.meta.dirname, "../../tests/peers/orthanc/start.sh");
  const child: ChildProcess = spawn(script, { stdio: ["pipe", "pipe", "inherit"] });
  if (!child.stdout) throw new Error("the archive has no output");
  const lines = createInterface({ input: child.stdout });
  const address = await new Promise<string>((done, fail) => {
    lines.once("line", done);
    child.once("exit", () => fail(new Error("Orthanc is not here: apt-get install orthanc orthanc-dicomweb")));
  });
  const authorization = `Basic ${Buffer.from("pacs:pacs").toString("base64")}`;
  for (const body of objects) {
    const kept = await fetch(`${address}instances`, {
      method: "POST",
      headers: { authorization },
      body: new Uint8Array(body),
    });
    expect(kept.status).toBe(200);
  }
  return {
    root: `${address}dicom-web`,
    end: () => {
      child.stdin?.end();
    },
  };
}

test("an administrator sets an archive, and the doctor fetches the patient's study from it", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(120_000);
  const study = { number: 0, patient: "LEFEVRE^HELENE", description: "Thorax de novembre" };
  const series = { number: 1, description: "Parenchyme", slices: 6, columns: 128, rows: 128, study };
  const archive = await startArchive(slicesOf(series, () => 0.5));
  const admin = await person(browser, gateway);
  const { page } = admin;
  await signIn(page, gateway, "Alex Morel", "/app/admin/pacs");
  await page.getByRole("button", { name: "Ajouter un PACS" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Nom pour les médecins").fill("Radiologie");
  await dialog.getByLabel("Adresse de la racine").fill(`${archive.root}/nowhere`);
  await dialog.getByLabel("Utilisateur").fill("pacs");
  await dialog.getByLabel("Mot de passe").fill("pacs");
  await dialog.getByRole("button", { name: "Essayer" }).click();
  await expect(dialog.getByText("Vérifiez le chemin")).toBeVisible();
  await dialog.getByLabel("Adresse de la racine").fill(archive.root);
  await dialog.getByRole("button", { name: "Essayer" }).click();
  await expect(dialog.getByText("Le PACS répond en DICOMweb")).toBeVisible();
  await shot(page, "pacs-form");
  await dialog.getByRole("button", { name: "Enregistrer" }).click();
  await expect(page.getByText("C’est enregistré")).toBeVisible();
  await shot(page, "pacs-list");
  await admin.context.close();

  const { patient, doctor } = await inCall(browser, gateway);
  await doctor.page.getByRole("tab", { name: "Examens" }).click();
  await doctor.page.getByRole("button", { name: "Depuis le PACS" }).click();
  const search = doctor.page.getByRole("dialog");
  await expect(search.getByText("Personne n’a encore noté le numéro")).toBeVisible();
  await shot(doctor.page, "pacs-number");
  await search.getByLabel("Numéro de patient").fill("ONDES");
  await search.getByRole("button", { name: "Enregistrer et chercher" }).click();
  await expect(search.getByText("1 examen", { exact: true })).toBeVisible();
  await shot(doctor.page, "pacs-found");
  await search.getByRole("button", { name: /^Récupérer/ }).click();
  await expect(search.getByText(/images? récupérée/)).toBeVisible();
  await expect(search.getByText("déjà ici", { exact: false })).toBeVisible();
  await shot(doctor.page, "pacs-fetched");
  await search.getByRole("button", { name: "Fermer" }).click();
  await expectAccessible(doctor.page);
  for (const { context } of [patient, doctor]) await context.close();
  archive.end();
});
