import { enterAsDoctor, expect, expectAccessible, person, signIn, test } from "./gateway";

test("a guest enters without camera, and an older tab says that a newer one took over @phone", async ({
  browser,
  gateway,
}) => {
  const patient = await person(browser, gateway, { width: 360, height: 740 });
  await patient.page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await patient.page.goto(gateway.patientLink);
  await patient.page.getByRole("button", { name: "Continuer" }).click();
  await expect(patient.page.getByText(/bloqu/).first()).toBeVisible();
  await expectAccessible(patient.page);
  await patient.page.locator(".way-in .primary").click();
  await expect(patient.page.getByRole("heading", { level: 1 })).toContainText("bon endroit");

  const second = await person(browser, gateway, { width: 360, height: 740 });
  await second.page.goto(gateway.patientLink);
  await second.page.getByRole("button", { name: "Continuer" }).click();
  await expect(second.page.getByRole("heading", { level: 1 })).toContainText("bon endroit");
  await expect(patient.page.getByRole("button", { name: /ici/ })).toBeVisible();
  await expectAccessible(patient.page);
  await second.context.close();
  await patient.context.close();
});

test("links that do not open have a page with a way on @phone", async ({ browser, gateway }) => {
  const { context, page } = await person(browser, gateway, { width: 360, height: 740 });
  await page.goto(`${gateway.url}/join#AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByRole("link", { name: /01 23 45 67 89/ }).first()).toHaveAttribute("href", /^tel:/);
  await expectAccessible(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await context.close();
});

test("somebody without a role reads why, and what to do", async ({ browser, gateway }) => {
  const { context, page } = await person(browser, gateway);
  await page.goto(`${gateway.url}/login?return_to=/app`);
  await page.getByText("Théo Girard").click();
  await expect(page.getByText(/pas encore de rôle/)).toBeVisible();
  await expectAccessible(page);
  await context.close();
});

test("a doctor whose patient reloads has them back without a second admission", async ({ browser, gateway }) => {
  test.setTimeout(120_000);
  const patient = await person(browser, gateway, { width: 360, height: 740 });
  await patient.page.goto(gateway.patientLink);
  await patient.page.getByRole("button", { name: "Continuer" }).click();
  const wayIn = patient.page.getByRole("button", { name: "Entrer dans la salle d’attente" });
  const right = patient.page.getByText(/bon endroit/).first();
  // Whoever waited a moment ago comes to their place without a tap, perhaps while this looks.
  await expect(async () => {
    if (await wayIn.isVisible()) await wayIn.click({ timeout: 1000 });
    await expect(right).toBeVisible({ timeout: 2000 });
  }).toPass();
  const doctor = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(doctor.page, gateway, "Claire Martin");
  await doctor.page.getByText("Faire entrer", { exact: true }).first().click();
  await enterAsDoctor(doctor.page);
  await expect(patient.page.locator(".call")).toBeVisible();
  await patient.page.reload();
  await expect(patient.page.locator(".call")).toBeVisible({ timeout: 30_000 });
  await doctor.context.close();
  await patient.context.close();
});

test("the patient's page opens in Firefox @firefox", async ({ browser, gateway }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(gateway.patientLink);
  await page.getByRole("button", { name: /Continuer|Continue/ }).click();
  await expect(page.locator(".way-in .primary")).toBeVisible();
  await context.close();
});
