import { canvas, enterAsDoctor, expect, expectAccessible, person, signIn, test, waitAsGuest } from "./gateway";

test.use({ own: "viewer" });

test("a doctor turns, mirrors, inverts and plays a CT by buttons and keys, and the patient sees it", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(180_000);
  const patient = await person(browser, gateway, { width: 360, height: 740 });
  await waitAsGuest(patient.page, gateway.patientLink);
  const doctor = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(doctor.page, gateway, "Claire Martin");
  await doctor.page.getByText("Faire entrer", { exact: true }).first().click();
  await enterAsDoctor(doctor.page);
  await doctor.page.getByRole("tab", { name: "Examens" }).click();
  await doctor.page
    .getByRole("tabpanel")
    .getByRole("button", { name: /^Montrer CT/ })
    .first()
    .click({ timeout: 60_000 });
  for (const { page } of [doctor, patient])
    await expect.poll(async () => (await canvas(page)).mean, { timeout: 20_000 }).toBeGreaterThan(5);
  await expectAccessible(doctor.page);

  // By buttons.
  const facts = doctor.page.locator(".viewer-facts");
  const mirrored = patient.page.getByText("Image en miroir : gauche et droite échangées");
  await doctor.page.getByRole("button", { name: "Plus d’outils" }).click();
  await doctor.page.getByRole("button", { name: "Tourner à droite" }).click();
  await expect(facts).toContainText("tournée de 90°");
  await doctor.page.getByRole("button", { name: "Miroir gauche-droite" }).click();
  await expect(mirrored).toBeVisible();
  await expect(doctor.page.getByRole("button", { name: "Miroir gauche-droite" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expectAccessible(doctor.page);
  await expectAccessible(patient.page);
  const before = await canvas(patient.page);
  await doctor.page.getByRole("button", { name: "Inverser les gris" }).click();
  await expect.poll(async () => (await canvas(patient.page)).hash).not.toBe(before.hash);
  await doctor.page.keyboard.press("Escape");

  // By keys, each back to where it was.
  await doctor.page.locator(".viewer-surface").focus();
  await doctor.page.keyboard.press("Shift+T");
  // A mirrored picture turned to the left, as it is seen, is one that is turned further and mirrored: here by half a turn in all,
  // which exchanges top and bottom.
  await expect(facts).toContainText("haut et bas échangés");
  await doctor.page.keyboard.press("t");
  await expect(facts).toContainText("tournée de 90°");
  await doctor.page.keyboard.press("h");
  await expect(mirrored).toBeHidden();
  await doctor.page.keyboard.press("Shift+T");
  await expect(facts).not.toContainText("tournée");
  await doctor.page.keyboard.press("i");
  await expect(facts).not.toContainText("gris inversés");

  // It plays for everybody, at a pace that the pictures keep.
  const slice = async () => /coupe (\d+)\//.exec((await patient.page.textContent("body")) ?? "")?.[1];
  const first = await slice();
  await doctor.page.keyboard.press(" ");
  await expect(doctor.page.getByText(/images\/s sur/)).toBeVisible();
  await expect.poll(slice, { timeout: 20_000 }).not.toBe(first);
  await expectAccessible(doctor.page);
  await doctor.page.getByRole("button", { name: "Pause" }).click();
  await expect(doctor.page.getByText(/images\/s sur/)).toBeHidden();

  // Everybody magnifies for themselves, in pixels of the image where the gateway gives them.
  await patient.page.getByRole("button", { name: "Loupe" }).click();
  await expect(patient.page.getByRole("img", { name: "Loupe, 3 fois" })).toBeVisible();
  await expect(doctor.page.getByRole("img", { name: /^Loupe/ })).toBeHidden();
  await expectAccessible(patient.page);
  await patient.page.getByRole("button", { name: "Loupe", exact: true }).click();

  await doctor.page.locator(".viewer-surface").focus();
  await doctor.page.keyboard.press("?");
  await expect(doctor.page.getByRole("dialog")).toContainText("miroir gauche-droite");
  await expectAccessible(doctor.page);
  await doctor.page.getByRole("button", { name: "Changer les touches…" }).click();
  await expectAccessible(doctor.page);
  for (const { context } of [patient, doctor]) await context.close();
});
