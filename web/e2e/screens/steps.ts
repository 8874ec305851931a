import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { expect, seeWhoItIs } from "../gateway";

export const FOLDER = resolve(import.meta.dirname, "../../../docs/screens");

export const SIZES = { "360": { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } };

export const press = (name: string | RegExp) => (page: Page) => page.getByRole("button", { name }).first().click();
export const onwards = press(/^Continuer/);
export const waiting = async (page: Page) => {
  await onwards(page);
  // Whoever was there a moment ago has their place still, and is not asked again.
  const enter = page.getByRole("button", { name: "Entrer dans la salle d’attente" });
  const place = page.getByRole("heading", { level: 1, name: /bon endroit/ });
  await expect(async () => {
    if (await place.isHidden()) await enter.click({ timeout: 2_000 });
    await expect(place).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 20_000 });
};

/** From the agenda into the call, and whoever waits with them. */
export async function letTheFirstIn(doctor: Page): Promise<void> {
  await doctor.getByText("Faire entrer", { exact: true }).first().click();
  await doctor
    .getByRole("button", { name: /^Entrer/ })
    .first()
    .click();
  await seeWhoItIs(doctor);
}
