import { expect, expectAccessible, person, seeWhoItIs, signIn, test, untilSharp, waitAsGuest } from "./gateway";

test.use({ own: "kept" });

test("images are seen on a second screen, kept, given to the patient, joined by a radiologist, and read afterwards", async ({
  browser,
  gateway,
}, info) => {
  test.setTimeout(240_000);
  const shot = (name: string) => ({ path: info.outputPath(`${name}.png`) });
  const patient = await person(browser, gateway, { width: 390, height: 844 });
  await waitAsGuest(patient.page, gateway.patientLink);
  const { page } = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(page, gateway, "Claire Martin");
  await page.getByText("Faire entrer", { exact: true }).first().click();
  await page
    .getByRole("button", { name: /^Entrer/ })
    .first()
    .click();
  await seeWhoItIs(page);
  await page.getByRole("tab", { name: "Examens" }).click();
  const tab = page.getByRole("tabpanel");
  await tab
    .getByRole("button", { name: /^Montrer CT/ })
    .first()
    .click({ timeout: 60_000 });
  for (const each of [page, patient.page]) await untilSharp(each);
  const appointment = new URL(page.url()).pathname.split("/").at(-1);

  // A second screen has the same picture in its own size.
  const opening = page.context().waitForEvent("page");
  await page.getByRole("button", { name: "Second écran" }).click();
  const second = await opening;
  await untilSharp(second);
  await expect(page.getByText("Les images sont sur le second écran.")).toBeVisible();
  await expectAccessible(second);
  await second.screenshot(shot("second"));
  await page.screenshot(shot("beside"));
  const revision = (of: typeof page) =>
    of.evaluate(() => globalThis.parvisViewing?.viewing.seen.value?.viewports[0]?.picture);
  await second.locator(".viewer-surface").first().focus();
  await second.keyboard.press("ArrowDown");
  await expect.poll(async () => (await revision(second)) === (await revision(page))).toBe(true);
  await second.close();
  await expect(page.getByText("Les images sont sur le second écran.")).toBeHidden();

  // The image is kept, has a caption, and goes into the patient's summary.
  await untilSharp(page);
  await page.getByRole("tab", { name: "Images clés" }).click();
  await tab.getByRole("button", { name: "Garder l’image" }).click();
  await expect(tab.getByText("1 image gardée")).toBeVisible();
  await tab.getByRole("textbox", { name: /^Légende/ }).fill("Le nodule du poumon droit");
  await tab.getByRole("textbox", { name: /^Légende/ }).press("Enter");
  await expect(tab.getByText("Légende enregistrée.")).toBeVisible();
  await expectAccessible(page);
  await page.screenshot(shot("key-images"));
  await tab.getByRole("button", { name: /résumé/i }).click();
  const summary = page.getByRole("dialog");
  await summary
    .getByRole("textbox", { name: "Ce que vous voulez dire au patient" })
    .fill("Le scanner montre un petit nodule.");
  await summary
    .getByRole("checkbox", { name: /nodule/ })
    .first()
    .check();
  await expect(summary.getByText("Enregistré.")).toBeVisible();
  await summary.getByRole("button", { name: "Voir le document" }).click();
  await expect(summary.locator("canvas").first()).toBeVisible({ timeout: 20_000 });
  await expectAccessible(page);
  await page.screenshot(shot("summary"));
  await page.keyboard.press("Escape");

  // A radiologist finds the consultation and drops in, with nobody changing what is shown.
  const radiologist = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(radiologist.page, gateway, "Sofia Lindqvist");
  await radiologist.page.goto(`${gateway.url}/app/worklist`);
  await expect(radiologist.page.getByRole("heading", { level: 1, name: "Liste de travail" })).toBeVisible();
  await expectAccessible(radiologist.page);
  await radiologist.page.screenshot(shot("worklist"));
  await radiologist.page
    .getByRole("button", { name: /^Rejoindre/ })
    .first()
    .click();
  await expect(radiologist.page).toHaveURL(new RegExp(`/app/consultation/${appointment}`));
  await untilSharp(radiologist.page);
  await page.getByRole("tab", { name: "Personnes" }).click();
  await expect(tab.getByText("Dr Sofia Lindqvist")).toBeVisible();
  await radiologist.page.screenshot(shot("dropped-in"));

  // Afterwards the record says what was shown, and who had it on the screen.
  await page.getByRole("button", { name: /^Fin/ }).click();
  await page.getByRole("button", { name: "Terminer pour tous" }).click();
  await page.goto(`${gateway.url}/app/record/${appointment}`);
  await expect(page.getByRole("heading", { level: 1, name: "Ce qui a été montré" })).toBeVisible();
  await expect(page.getByText("Mis à l’écran").first()).toBeVisible();
  const pictures = () => [...document.images].filter(({ naturalWidth }) => naturalWidth > 0).length;
  await expect.poll(() => page.evaluate(pictures)).toBeGreaterThan(0);
  await expectAccessible(page);
  await page.screenshot({ ...shot("record"), fullPage: true });
});
