import type { Page } from "@playwright/test";
import {
  expect,
  expectAccessible,
  foreign,
  type Gateway,
  person,
  seeWhoItIs,
  signIn,
  test,
  waitAsGuest,
} from "./gateway";

test.use({ own: "waiting" });

const SHOTS = process.env.SHOTS;
const shot = async (page: Page, name: string) => {
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
};

/** Books a visit over the interface of a page of staff that is signed in; the answer is the patient's link. */
async function book(page: Page, gateway: Gateway, doctor: string, patient: string, minutes: number): Promise<string> {
  return page.evaluate(
    async ({ doctor, patient, minutes }) => {
      const people: { practitioner: string; name: string }[] = await (await fetch("/api/practitioners")).json();
      const at = (more: number) => new Date(Date.now() + (minutes + more) * 60_000).toISOString();
      const answer = await fetch("/api/appointments", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          startsAt: at(0),
          endsAt: at(10),
          service: "Cardiologie",
          guests: [{ role: "patient", name: patient, language: "fr" }],
          practitioners: [people.find(({ name }) => name.includes(doctor))?.practitioner],
          note: "",
        }),
      });
      const booked = await answer.json();
      if (!answer.ok) throw new Error(JSON.stringify(booked));
      return booked.links[0].address as string;
    },
    { doctor, patient, minutes, url: gateway.url },
  );
}

test("two patients wait, the front desk tends the room, the doctor lets in, puts back and refuses", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(240_000);
  const desk = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(desk.page, gateway, "Camille Roux");
  await shot(desk.page, "desk-empty-1440");
  await expect(desk.page.getByText("Personne n’attend en ce moment.").first()).toBeVisible();
  // Karim's: Claire's hours are full in the demonstration.
  const helene = await book(desk.page, gateway, "Benali", "Hélène Essai", 5);
  const marcel = await book(desk.page, gateway, "Benali", "Marcel Essai", 16);

  const first = await person(browser, gateway, { width: 360, height: 740 });
  await waitAsGuest(first.page, helene);
  const second = await person(browser, gateway, { width: 360, height: 740 });
  let isCut = false;
  let cut: () => void = () => undefined;
  await second.page.routeWebSocket(/\/ws$/, (near) => {
    if (isCut) {
      void near.close();
      return;
    }
    const far = near.connectToServer();
    cut = () => {
      isCut = true;
      void far.close();
      void near.close();
    };
  });
  await waitAsGuest(second.page, marcel);
  await expectAccessible(first.page);
  await shot(first.page, "patient-waits-360");

  // One list, in order, with what is known of each.
  const room = desk.page.locator("section.waiting");
  const rows = room.locator("li.row");
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText("Hélène Essai");
  await expect(rows.first()).toContainText("non vérifié");
  await expect(rows.first()).toContainText("Seulement le lien");
  await expect(rows.first()).toContainText("caméra et micro : en ordre");
  await expect(room.getByRole("link", { name: "Faire entrer" })).toHaveCount(0);
  await expectAccessible(desk.page);
  await shot(desk.page, "desk-1440");
  await room.getByRole("button", { name: "Monter d’une place, Marcel Essai" }).click();
  await expect(rows.first()).toContainText("Marcel Essai");
  await room.getByRole("button", { name: "Descendre d’une place, Marcel Essai" }).click();
  await expect(rows.first()).toContainText("Hélène Essai");

  // Words to one of them, in a sentence that is ready and in own ones.
  await room.getByRole("button", { name: "Écrire Hélène Essai" }).click();
  await expectAccessible(desk.page);
  await shot(desk.page, "desk-write-1440");
  await desk.page.getByRole("button", { name: "Envoyer" }).click();
  await expect(first.page.getByRole("listitem")).toContainText("C’est bientôt à vous.");
  await room.getByRole("button", { name: "Écrire Hélène Essai" }).click();
  await desk.page.getByRole("radio", { name: "Avec mes mots" }).check();
  await desk.page.getByLabel("Votre message").fill("Le médecin vous prend dans cinq minutes.");
  await desk.page.getByRole("button", { name: "Envoyer" }).click();
  await expect(first.page.getByRole("listitem").first()).toContainText("dans cinq minutes");
  await expect(second.page.getByRole("listitem")).toHaveCount(0);

  // A delay, for both of them.
  await desk.page.getByRole("button", { name: "Annoncer un retard" }).click();
  await desk.page.getByLabel("Qui est en retard").selectOption({ label: "Dr Karim Benali" });
  await desk.page.getByRole("radio", { name: "environ 10 minutes" }).check();
  await shot(desk.page, "desk-late-1440");
  await desk.page.getByRole("button", { name: "Annoncer", exact: true }).click();
  for (const { page } of [first, second])
    await expect(page.locator("main").getByText(/environ 10 minutes de retard/)).toBeVisible();
  await expect(room.getByText(/Dr Karim Benali\s: environ 10 minutes de retard/)).toBeVisible();
  await expectAccessible(first.page);
  await shot(first.page, "patient-told-360");

  // Loaded again: the same place, the same "since", the same words.
  const since = await first.page.getByText(/Vous attendez depuis/).textContent();
  await first.page.reload();
  await expect(first.page.getByRole("heading", { level: 1 })).toContainText("bon endroit");
  await expect(first.page.getByText(/Vous attendez depuis/)).toContainText((since ?? "").slice(0, 30));
  await expect(first.page.getByRole("listitem")).toHaveCount(2);
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText("Hélène Essai");

  // A page that does not answer is away, and keeps its place.
  // Offline does not end a WebSocket that is open: the line is cut, and no new one comes.
  cut();
  await expect(rows.nth(1)).toContainText("ne répond pas", { timeout: 60_000 });
  await shot(desk.page, "desk-away-1440");
  isCut = false;
  await expect(rows.nth(1)).not.toContainText("ne répond pas", { timeout: 30_000 });
  await desk.page.setViewportSize({ width: 360, height: 740 });
  await expectAccessible(desk.page);
  await shot(desk.page, "desk-360");
  await desk.page.setViewportSize({ width: 1440, height: 900 });

  // The doctor lets the first in, after a look at who it is, and puts her back.
  const doctor = await person(browser, gateway, { width: 1440, height: 900 });
  await signIn(doctor.page, gateway, "Karim Benali");
  await doctor.page.getByText("Faire entrer", { exact: true }).first().click();
  await expect(doctor.page.getByText("Seulement le lien").first()).toBeVisible();
  await doctor.page.getByRole("button", { name: /^Entrer/ }).click();
  await expectAccessible(doctor.page);
  await shot(doctor.page, "doctor-look-1440");
  await seeWhoItIs(doctor.page);
  await expect(first.page.locator(".controls")).toBeVisible({ timeout: 30_000 });
  await expect(first.page.getByText("vérifié par connexion").first()).toBeAttached();
  await expect(doctor.page.getByText("identité en partie vérifiée")).toBeVisible();
  await shot(first.page, "patient-call-360");

  // Who she is, as a step that is kept.
  await doctor.page.getByRole("button", { name: "Vérifier l’identité Hélène Essai" }).click();
  await expect(doctor.page.getByText("Vu à l’entrée, avec le lien seul, Dr Karim Benali")).toBeVisible();
  await doctor.page.getByRole("button", { name: "Enregistrer la vérification" }).click();
  await expect(doctor.page.getByText("Rien n’est enregistré.")).toBeVisible();
  await doctor.page.getByLabel("Le nom est le bon").check();
  await doctor.page.getByLabel("La date de naissance est la bonne").check();
  await doctor.page.getByRole("button", { name: "Enregistrer la vérification" }).click();
  await expect(doctor.page.getByText("J’ai vu un document (Carte d’identité), Dr Karim Benali")).toBeVisible();
  await expectAccessible(doctor.page);
  await shot(doctor.page, "doctor-identity-1440");
  await doctor.page.getByText("Identité nationale de santé (INS)").click();
  await doctor.page.getByLabel("Nom de naissance").fill("Essai");
  await doctor.page.getByLabel("Prénoms de naissance").fill("Hélène");
  await doctor.page.getByLabel("Date de naissance", { exact: true }).fill("1948-02-29");
  await doctor.page.getByLabel("Lieu de naissance").fill("75056");
  await doctor.page.getByLabel("Statut de l’identité").selectOption("qualified");
  await doctor.page.getByLabel("Matricule INS et clé").fill("2 55 08 14 168 025 39");
  await doctor.page.getByRole("button", { name: "Enregistrer l’identité" }).click();
  await expect(doctor.page.getByText("Le matricule ne va pas avec sa clé.")).toBeVisible();
  await doctor.page.getByLabel("Matricule INS et clé").fill("2 55 08 14 168 025 38");
  await shot(doctor.page, "doctor-ins-1440");
  await doctor.page.getByRole("button", { name: "Enregistrer l’identité" }).click();
  await expect(doctor.page.getByText(/qualifiée, Dr Karim Benali/)).toBeVisible();
  await doctor.page.getByRole("button", { name: "Fermer" }).click();
  await expect(doctor.page.getByText("identité vérifiée", { exact: true })).toBeVisible();
  await shot(doctor.page, "doctor-people-1440");

  await doctor.page.getByRole("button", { name: "Remettre en attente Hélène Essai" }).click();
  await expect(first.page.getByText(/fait revenir dans la salle d’attente/)).toBeVisible();
  await expect(first.page.getByRole("listitem")).toHaveCount(2);

  // Not seen today, with a kind sentence and the number to call.
  await doctor.page.getByRole("button", { name: "Refuser Hélène Essai" }).click();
  await doctor.page.getByRole("radio", { name: "Nous allons vous appeler." }).check();
  await expectAccessible(doctor.page);
  await shot(doctor.page, "doctor-refuse-1440");
  await doctor.page.getByRole("button", { name: "Ne pas recevoir", exact: true }).click();
  await expect(first.page.getByRole("heading", { level: 1 })).toContainText("Nous ne pouvons pas vous recevoir");
  await expect(first.page.getByRole("link", { name: /Appeler/ })).toBeVisible();
  await expectAccessible(first.page);
  await shot(first.page, "patient-refused-360");
  await expect(rows).toHaveCount(1);
  expect(foreign).toEqual([]);
  for (const { context } of [desk, first, second, doctor]) await context.close();
});
