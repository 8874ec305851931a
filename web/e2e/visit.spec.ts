import {
  canvas,
  enterAsDoctor,
  expect,
  expectAccessible,
  expectToSeeAndHear,
  foreign,
  person,
  seeWhoItIs,
  signIn,
  test,
  waitAsGuest,
} from "./gateway";
import { slicesOf } from "./objects";

test("three people live a visit from booking to outcome", async ({ browser, gateway }) => {
  test.setTimeout(240_000);
  // The secretary books, and gets one link each.
  const secretary = await person(browser, gateway);
  await signIn(secretary.page, gateway, "Camille Roux");
  await expectAccessible(secretary.page);
  await secretary.page.getByRole("button", { name: "Nouveau rendez-vous" }).click();
  const dialog = secretary.page.getByRole("dialog");
  await dialog.getByLabel("Nom et prénom").first().fill("Hélène Lefèvre");
  await dialog.getByRole("button", { name: "Ajouter un accompagnant" }).click();
  await dialog.getByLabel("Nom et prénom").nth(1).fill("Luc Lefèvre");
  await dialog.getByLabel("Médecin").selectOption({ label: "Dr Karim Benali" });
  await dialog.getByLabel("Service").fill("Pneumologie");
  const start = new Date(Date.now() + 5 * 60_000);
  const paris = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("fr-CA", { timeZone: "Europe/Paris", ...options }).format(start);
  await dialog.getByLabel("Jour").fill(paris({ dateStyle: "short" }));
  await dialog
    .getByLabel("Début")
    .fill(paris({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).replace(" h ", ":"));
  await expectAccessible(secretary.page);
  await dialog.getByRole("button", { name: "Prendre le rendez-vous" }).click();
  await expect(secretary.page.getByText("Le rendez-vous est pris")).toBeVisible();
  await expectAccessible(secretary.page);
  const words = await secretary.page
    .getByRole("dialog")
    .evaluate((element) =>
      [element.textContent ?? "", ...[...element.querySelectorAll("input")].map((input) => input.value)].join("\n"),
    );
  const links = words.match(/http:\/\/localhost:\d+\/join#[\w-]{43}/g) ?? [];
  expect(links).toHaveLength(2);
  await secretary.context.close();

  // The patient and the relative test their devices and wait.
  const patient = await person(browser, gateway, { width: 360, height: 740 });
  await patient.page.goto(links[0] ?? "");
  await expectAccessible(patient.page);
  expect(await patient.page.textContent("body")).not.toMatch(/Lef|Benali/);
  await waitAsGuest(patient.page, links[0] ?? "");
  await expectAccessible(patient.page);
  expect(await patient.page.textContent("body")).not.toMatch(/Pneumo/);
  const relative = await person(browser, gateway, { width: 800, height: 600 });
  await waitAsGuest(relative.page, links[1] ?? "");

  // The doctor sees who waits since when, and lets them in.
  const doctor = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(doctor.page, gateway, "Karim Benali");
  await expect(doctor.page.getByText(/Hélène Lefèvre/).first()).toBeVisible();
  await expect(doctor.page.getByText(/attente depuis|0[0-9]:[0-9]{2}/).first()).toBeVisible();
  await doctor.page.getByText("Faire entrer", { exact: true }).first().click();
  await expectAccessible(doctor.page);
  await enterAsDoctor(doctor.page);
  // The agenda's way lets one of them in; the other waits in the list of people.
  await doctor.page
    .getByRole("button", { name: /^Faire entrer/ })
    .first()
    .click();
  await seeWhoItIs(doctor.page);

  // All three see and hear each other.
  for (const { page } of [doctor, patient, relative]) await expectToSeeAndHear(page, 2);
  await expectAccessible(patient.page);
  await expectAccessible(doctor.page);

  // A real CT is dropped, shown, and everybody looks at the same slice.
  await doctor.page.getByRole("tab", { name: "Examens" }).click();
  const files = syntheticCt();
  await doctor.page.locator("input[type=file]").first().setInputFiles(files);
  // All of them are there before the series is shown: what comes later is not in the stack on show.
  await expect(doctor.page.getByText(/^24 images ·/).first()).toBeVisible({ timeout: 60_000 });
  await doctor.page
    .getByRole("button", { name: /^Montrer/ })
    .first()
    .click({ timeout: 30_000 });
  const other = doctor.page.getByRole("button", { name: "J’ai vérifié, montrer" });
  if (await other.isVisible().catch(() => false)) await other.click();
  for (const { page } of [doctor, patient, relative]) {
    await expect.poll(async () => (await canvas(page)).mean, { timeout: 20_000 }).toBeGreaterThan(5);
    await expect(page.getByText("Aperçu, ne pas utiliser pour le diagnostic primaire").first()).toBeVisible();
  }
  const before = await canvas(patient.page);
  const box = await doctor.page.locator("canvas").first().boundingBox();
  if (!box) throw new Error("no picture");
  await doctor.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await doctor.page.mouse.down();
  await doctor.page.mouse.move(box.x + box.width / 2 + 120, box.y + box.height / 2 + 80, { steps: 8 });
  await doctor.page.mouse.up();
  await expect.poll(async () => (await canvas(patient.page)).hash).not.toBe(before.hash);
  const slice = async (page: typeof doctor.page) =>
    /coupe (\d+)\/(\d+)/.exec((await page.textContent("body")) ?? "")?.[0];
  const first = await slice(doctor.page);
  await doctor.page.mouse.wheel(0, 240);
  const everybody = [doctor, patient, relative];
  const slices = async () => new Set(await Promise.all(everybody.map(({ page }) => slice(page))));
  await expect(async () => {
    const seen = await slices();
    expect(seen.size).toBe(1);
    expect([...seen]).not.toContain(first);
    expect([...seen][0]).toMatch(/\/24$/);
  }).toPass({ timeout: 20_000 });
  await expectAccessible(patient.page);
  await expectAccessible(doctor.page);

  // The end: an outcome, everybody told, the link closed.
  await doctor.page.getByRole("button", { name: /^Fin/ }).click();
  await doctor.page.getByLabel("Terminée, à revoir").check();
  await doctor.page.getByRole("button", { name: "Terminer pour tous" }).click();
  await expect(doctor.page.getByText("La consultation est terminée.").first()).toBeVisible();
  await expect(patient.page.getByRole("heading", { level: 1 })).toContainText(/terminée/);
  const later = await patient.context.newPage();
  await later.goto(links[0] ?? "");
  await expect(later.getByRole("heading", { level: 1 })).toContainText(/terminée/);
  await expectAccessible(later);
  expect(foreign).toEqual([]);
  for (const { context } of [patient, relative, doctor]) await context.close();
});

/** Slices of a CT under names without extension, as a hospital's CD has them. */
function syntheticCt() {
  const study = { number: 1, patient: "LEFEVRE^HELENE", description: "Thorax" };
  const made = { number: 1, description: "Thorax 3 mm", slices: 24, columns: 512, rows: 512, study };
  let at = 1;
  const grain = () => {
    at = (at * 48_271) % 2_147_483_647;
    return at / 2_147_483_647;
  };
  return slicesOf(made, grain).map((buffer, place) => ({
    name: `IM${String(place).padStart(4, "0")}`,
    mimeType: "application/octet-stream",
    buffer,
  }));
}
