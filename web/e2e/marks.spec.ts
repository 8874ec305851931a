import type { Page } from "@playwright/test";
import { expect, expectAccessible, person, seeWhoItIs, signIn, test, untilSharp, waitAsGuest } from "./gateway";

test.use({ own: "marks" });

/** What a page knows of the marks: the shape, and the number that the gateway computed for it. */
const marks = (page: Page): Promise<{ shape: string; text: string; measured: string }[]> =>
  page.evaluate(() => {
    const known = globalThis.parvisViewing?.viewing.marks.known.value.all.values() ?? [];
    return [...known].map(({ shape, text, measured }) => ({ shape, text, measured: JSON.stringify(measured ?? null) }));
  });

/** Draws with the mouse from one place of the picture to another, in parts of the surface. */
async function draw(page: Page, from: [number, number], to: [number, number]) {
  const box = await page.locator(".viewer-surface").first().boundingBox();
  if (!box) throw new Error("there is no surface");
  const at = ([x, y]: [number, number]): [number, number] => [box.x + box.width * x, box.y + box.height * y];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]), { steps: 4 });
  await page.mouse.move(...at(to), { steps: 4 });
  await page.mouse.up();
}

const take = async (page: Page, tool: string) => {
  const panel = page.getByRole("button", { name: /^Repères/ });
  if ((await panel.getAttribute("aria-expanded")) !== "true") await panel.click();
  await page.getByRole("button", { name: tool, exact: true }).click();
};

test("a doctor measures, the patient sees the same number and draws when allowed, and the marks are kept", async ({
  browser,
  gateway,
}, info) => {
  test.setTimeout(180_000);
  const patient = await person(browser, gateway, { width: 390, height: 844 });
  await waitAsGuest(patient.page, gateway.patientLink);
  const doctor = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(doctor.page, gateway, "Claire Martin");
  await doctor.page.getByText("Faire entrer", { exact: true }).first().click();
  await doctor.page
    .getByRole("button", { name: /^Entrer/ })
    .first()
    .click();
  await seeWhoItIs(doctor.page);
  await doctor.page.getByRole("tab", { name: "Examens" }).click();
  const series = doctor.page.getByRole("tabpanel").getByRole("button", { name: /^Montrer CT/ });
  await series.first().click({ timeout: 60_000 });
  for (const { page } of [doctor, patient]) await untilSharp(page);

  await take(doctor.page, "Longueur");
  await draw(doctor.page, [0.4, 0.4], [0.6, 0.4]);
  await take(doctor.page, "Ellipse");
  await draw(doctor.page, [0.42, 0.5], [0.52, 0.62]);
  await take(doctor.page, "Flèche");
  await draw(doctor.page, [0.7, 0.3], [0.6, 0.45]);
  for (const { page } of [doctor, patient])
    await expect
      .poll(async () => (await marks(page)).map(({ shape }) => shape))
      .toEqual(["length", "ellipse", "arrow"]);
  await expect.poll(async () => (await marks(doctor.page))[0]?.measured).toContain('"mm"');
  await expect.poll(async () => (await marks(doctor.page))[1]?.measured).toContain('"hu"');
  const told = await marks(doctor.page);
  await expect.poll(() => marks(patient.page)).toEqual(told);
  await doctor.page.keyboard.press("Escape");
  await expectAccessible(doctor.page);
  await expectAccessible(patient.page);
  await doctor.page.screenshot({ path: info.outputPath("marks-doctor.png") });
  await patient.page.screenshot({ path: info.outputPath("marks-patient.png") });

  // A guest draws nothing until the presenter allows it, and then arrows, but measures nothing.
  await expect(patient.page.getByRole("button", { name: /^Repères/ })).toHaveCount(0);
  await doctor.page.getByRole("button", { name: /^Repères/ }).click();
  await doctor.page.getByText("Les invités peuvent dessiner").click();
  await doctor.page.keyboard.press("Escape");
  await take(patient.page, "Flèche");
  await draw(patient.page, [0.2, 0.2], [0.4, 0.4]);
  for (const { page } of [doctor, patient]) await expect.poll(async () => (await marks(page)).length).toBe(4);

  // What was drawn is taken back by who drew it, and saved beside the images.
  await doctor.page.locator(".viewer-surface").first().focus();
  await doctor.page.keyboard.press("Control+z");
  for (const { page } of [doctor, patient])
    await expect
      .poll(async () => (await marks(page)).map(({ shape }) => shape))
      .toEqual(["length", "ellipse", "arrow"]);
  await doctor.page.getByRole("button", { name: /^Repères/ }).click();
  await doctor.page.getByRole("button", { name: "Enregistrer les repères" }).click();
  await expect(doctor.page.getByText("Les repères sont enregistrés auprès des images.")).toBeVisible();
  await doctor.page.screenshot({ path: info.outputPath("marks-list.png") });
});
