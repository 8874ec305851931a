import type { Page } from "@playwright/test";
import { expect, expectAccessible, expectToSeeAndHear, inCall, person, stats, test } from "./gateway";

// Its people must be alone with their appointment.
test.use({ own: "call" });

/** How many frames a page has decoded from the one other person. */
const frames = async (page: Page) => Object.values((await stats(page)).people)[0]?.framesDecoded ?? 0;
const energy = async (page: Page) => Object.values((await stats(page)).people)[0]?.audioEnergy ?? 0;

/** The connections that a page has made: none may be added by what changes only a device or a switch. */
const countPeers = (page: Page) =>
  page.addInitScript(() => {
    const Native = RTCPeerConnection;
    Object.assign(globalThis, { peersMade: 0, offersMade: 0 });
    const counts = globalThis as unknown as { peersMade: number; offersMade: number };
    globalThis.RTCPeerConnection = class extends Native {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        counts.peersMade += 1;
        const offer = this.createOffer.bind(this);
        this.createOffer = ((options?: RTCOfferOptions) => {
          counts.offersMade += 1;
          return offer(options);
        }) as typeof this.createOffer;
      }
    };
  });
const made = (page: Page): Promise<{ peers: number; offers: number }> =>
  page.evaluate(() => {
    const counts = globalThis as unknown as { peersMade: number; offersMade: number };
    return { peers: counts.peersMade, offers: counts.offersMade };
  });

test("people in a call write, are muted, locked in, change devices and go on by telephone", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(300_000);
  let cut: () => void = () => undefined;
  const { patient, doctor } = await inCall(browser, gateway, async (page) => {
    await countPeers(page);
    await page.routeWebSocket(/\/ws$/, (near) => {
      const far = near.connectToServer();
      cut = () => {
        void far.close();
        void near.close();
      };
    });
  });

  await test.step("a message and a file reach the other side", async () => {
    await doctor.page.getByRole("tab", { name: /Messages/ }).click();
    await doctor.page.getByLabel("Votre message").fill("Avez-vous l’ordonnance ?");
    await doctor.page.getByRole("button", { name: "Envoyer" }).click();
    await expect(doctor.page.locator(".chat-list")).toContainText("Avez-vous l’ordonnance ?");
    await expect(patient.page.locator(".new-message")).toContainText("Avez-vous l’ordonnance ?");
    await patient.page.getByRole("button", { name: "Lire" }).click();
    await expectAccessible(patient.page);
    await patient.page
      .locator(".chat-chooser")
      .setInputFiles({ name: "ordonnance.txt", mimeType: "text/plain", buffer: Buffer.from("une fois par jour") });
    await expect(doctor.page.locator(".chat-list")).toContainText("ordonnance.txt");
    const [download] = await Promise.all([
      doctor.page.waitForEvent("download"),
      doctor.page.getByRole("button", { name: "Enregistrer ordonnance.txt" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("ordonnance.txt");
    await expectAccessible(doctor.page);
    await patient.page.getByRole("button", { name: "Retour", exact: true }).click();
  });

  await test.step("staff mute the patient, who may speak again", async () => {
    await doctor.page.getByRole("tab", { name: /Personnes/ }).click();
    await doctor.page.getByRole("button", { name: /^Couper le micro/ }).click();
    await expect(
      patient.page.getByRole("paragraph").filter({ hasText: "L’équipe a coupé votre micro." }),
    ).toBeVisible();
    await expect(patient.page.getByRole("button", { name: /^Micro/ })).toHaveAttribute("aria-pressed", "false");
    await expect(doctor.page.getByRole("button", { name: /^Couper le micro/ })).toHaveCount(0);
    await expectAccessible(patient.page);
    await patient.page.getByRole("button", { name: "Rouvrir mon micro" }).click();
    await expect(doctor.page.getByRole("button", { name: /^Couper le micro/ })).toBeVisible();
  });

  await test.step("nobody new comes into a locked consultation, and who is in comes back", async () => {
    await doctor.page.getByRole("button", { name: "Verrouiller" }).click();
    await expect(doctor.page.getByText(/^Verrouillée/)).toBeVisible();
    await patient.page.reload();
    await expect(patient.page.locator(".controls")).toBeVisible({ timeout: 30_000 });
    await expectToSeeAndHear(patient.page, 1);
    await doctor.page.getByRole("button", { name: "Déverrouiller" }).click();
    await expect(doctor.page.getByText(/^Les personnes attendues/)).toBeVisible();
  });

  await test.step("another camera goes into the connection that there is", async () => {
    const before = await made(patient.page);
    await patient.page.getByRole("button", { name: /Plus/ }).click();
    await patient.page.getByRole("button", { name: "Son et image" }).click();
    await expectAccessible(patient.page);
    const camera = patient.page.getByLabel("Caméra", { exact: true });
    // The second of the browser's invented cameras measures depth, which no call carries.
    const other = await camera.locator("option").nth(2).getAttribute("value");
    await camera.selectOption(other);
    await patient.page.getByRole("button", { name: "Retour", exact: true }).click();
    const seen = await frames(doctor.page);
    await expect.poll(() => frames(doctor.page)).toBeGreaterThan(seen + 20);
    expect(await made(patient.page)).toEqual(before);
  });

  await test.step("the call goes on while the wire is away, and the wire comes back by itself", async () => {
    const before = await made(patient.page);
    const heard = await energy(patient.page);
    cut();
    await expect(
      patient.page
        .getByRole("paragraph")
        .filter({ hasText: "La liaison avec l’hôpital est en cours de rétablissement." }),
    ).toBeVisible();
    await expect(patient.page.locator(".call-notices .call-notice")).toHaveCount(0, { timeout: 20_000 });
    await expect.poll(() => energy(patient.page)).toBeGreaterThan(heard);
    expect((await made(patient.page)).peers).toBe(before.peers);
  });

  await test.step("the visit goes on by telephone, and comes back to video", async () => {
    await doctor.page.getByRole("button", { name: "Plus", exact: true }).click();
    await doctor.page.getByRole("button", { name: "Continuer par téléphone" }).click();
    await doctor.page.getByLabel("Le son ne passe pas").check();
    await expectAccessible(doctor.page);
    await doctor.page.getByRole("button", { name: "Passer au téléphone" }).click();
    for (const { page } of [patient, doctor]) {
      await expect(page.getByText(/^La consultation continue par téléphone depuis/).last()).toBeVisible();
      await expect(page.locator("audio")).toHaveCount(0);
      await expectAccessible(page);
    }
    await expect(patient.page.getByRole("button", { name: /^Micro/ })).toHaveCount(0);
    await doctor.page.getByRole("button", { name: "Revenir à la vidéo" }).click();
    await expect(patient.page.getByRole("button", { name: /^Micro/ })).toBeVisible();
    const seen = await frames(patient.page);
    await expect.poll(() => frames(patient.page), { timeout: 20_000 }).toBeGreaterThan(seen + 10);
  });

  for (const { context } of [patient, doctor]) await context.close();
});

test("the page that looks at the network names every way and holds no secret @phone", async ({ browser, gateway }) => {
  const { context, page } = await person(browser, gateway, { width: 360, height: 740 });
  await page.goto(`${gateway.url}/diag`);
  await expect(page.locator(".diag-finding").last()).toContainText("ouvert", { timeout: 60_000 });
  await expectAccessible(page);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: /Télécharger/ }).click(),
  ]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  const result = JSON.parse(Buffer.concat(chunks).toString()) as { rungs: { rung: string }[]; report: object };
  expect(result.rungs.map(({ rung }) => rung)).toEqual(expect.arrayContaining(["udp", "websocket"]));
  expect(result.report).not.toHaveProperty("credential");
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await context.close();
});
