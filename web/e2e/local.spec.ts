import { createHmac } from "node:crypto";
import type { BrowserContext, Page } from "@playwright/test";
import { expect, person, shot, signIn, test } from "./gateway";

test.use({ own: "local" });

const PASSWORD = "quatre chevaux bleus";

/** RFC 6238 with SHA-1, six digits and 30 seconds, as an app would reckon it; `ahead` steps from now. */
function codeOf(base32: string, ahead = 0): string {
  const bits = Array.from(base32, (sign) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign).toString(2).padStart(5, "0"),
  );
  const key = Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const hash = createHmac("sha1", key).update(step).digest();
  const number = hash.readUInt32BE((hash[19] ?? 0) & 15) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** A device with a finger that is always right (Web Authentication Level 3 section 11). */
async function withFinger(context: BrowserContext, page: Page) {
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const isRight = (is: boolean) => devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: is });
  return { isRight };
}

test("an emergency account is set up by a one-time address and opens by passkey or by code, without the provider", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(180_000);
  const admin = await person(browser, gateway, { width: 1440, height: 900 });
  const invite = async (name: string) => {
    const { page } = admin;
    await page.getByRole("button", { name: "Inviter quelqu’un" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Nom de la personne").fill(name);
    await shot(page, "local-invite");
    await dialog.getByRole("button", { name: "Créer l’adresse" }).click();
    const address = await page.getByRole("dialog").getByLabel("Adresse").inputValue();
    expect(address).toContain("/app/account#");
    await shot(page, "local-address");
    await page.getByRole("dialog").getByRole("button", { name: "C’est fait" }).click();
    return address;
  };

  await test.step("nobody is offered an account that does not exist", async () => {
    const { page } = admin;
    const asked = page.waitForResponse((response) => response.url().endsWith("/api/local"));
    await page.goto(`${gateway.url}/app/sign-in`);
    await asked;
    await expect(page.getByRole("link", { name: "Se connecter" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Compte de secours" })).toHaveCount(0);
  });

  let forPasskey = "";
  let forCodes = "";
  await test.step("an administrator makes two one-time addresses", async () => {
    const { page } = admin;
    await signIn(page, gateway, "Alex Morel");
    await page.getByRole("link", { name: "Administration" }).click();
    await page.getByRole("link", { name: "Comptes de secours" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Comptes de secours");
    await shot(page, "local-empty");
    forPasskey = await invite("Ana Le Goff");
    forCodes = await invite("Jean Petit");
  });

  const ana = await person(browser, gateway, { width: 1440, height: 900 });
  const finger = await withFinger(ana.context, ana.page);
  await test.step("Ana sets hers up with a passkey", async () => {
    const { page } = ana;
    await page.goto(forPasskey);
    await expect(page.getByText("Ce compte est pour Ana Le Goff.")).toBeVisible();
    expect(page.url(), "the secret leaves the address").not.toContain("#");
    await shot(page, "local-set-up");
    await page.getByLabel("Nom d’utilisateur").fill("Ana");
    await page.getByLabel("Mot de passe", { exact: true }).fill(PASSWORD);
    await page.getByLabel("Le mot de passe, encore une fois").fill("autre chose");
    await page.getByRole("button", { name: "Continuer" }).click();
    await expect(page.getByRole("alert").filter({ hasText: "ne sont pas les mêmes" })).toBeVisible();
    await page.getByLabel("Le mot de passe, encore une fois").fill(PASSWORD);
    await page.getByRole("button", { name: "Continuer" }).click();
    await expect(page.getByRole("heading", { name: "Choisissez votre second facteur" })).toBeVisible();
    await expect(page.getByRole("img", { name: "Carré à lire avec l’application" })).toBeVisible();
    await shot(page, "local-factor");
    await page.getByRole("button", { name: "Créer une clé d’accès" }).click();
    await expect(page.getByRole("heading", { name: "Gardez ces dix codes" })).toBeVisible();
    await expect(page.locator(".local-codes li")).toHaveCount(10);
    await shot(page, "local-codes");
    await expect(page.getByRole("button", { name: "Entrer dans Parvis" })).toBeDisabled();
    await page.getByLabel("J’ai gardé ces codes en lieu sûr").check();
    await page.getByRole("button", { name: "Entrer dans Parvis" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Comptes de secours");
    await page.getByRole("button", { name: "Se déconnecter" }).click();
    await page.waitForURL((url) => url.pathname === "/app/sign-in");
  });

  const password = async (page: Page, name: string) => {
    await page.goto(`${gateway.url}/app/sign-in`);
    await page.getByRole("link", { name: "Compte de secours" }).click();
    await page.getByLabel("Nom d’utilisateur").fill(name);
    await page.getByLabel("Mot de passe").fill(PASSWORD);
    await page.getByRole("button", { name: "Continuer" }).click();
    await expect(page.getByRole("heading", { name: "Prouvez que c’est vous" })).toBeVisible();
  };

  await test.step("Ana signs in with it; a finger that is not hers opens nothing", async () => {
    const { page } = ana;
    await page.goto(`${gateway.url}/app/sign-in`);
    await expect(page.getByRole("link", { name: "Compte de secours" })).toBeVisible();
    await shot(page, "local-offer");
    await page.getByRole("link", { name: "Compte de secours" }).click();
    await page.getByLabel("Nom d’utilisateur").fill("ana");
    await page.getByLabel("Mot de passe").fill("pas le bon");
    await page.getByRole("button", { name: "Continuer" }).click();
    await expect(page.getByRole("alert").filter({ hasText: "est faux" })).toBeVisible();
    await shot(page, "local-sign-in");
    await password(page, "ana");
    await shot(page, "local-second");
    await finger.isRight(false);
    await page.getByRole("button", { name: "Utiliser ma clé d’accès" }).click();
    await expect(page.getByRole("alert").filter({ hasText: "n’a pas confirmé" })).toBeVisible();
    await finger.isRight(true);
    await page.getByRole("button", { name: "Utiliser ma clé d’accès" }).click();
    await page.waitForURL((url) => url.pathname === "/app");
    await expect(page.getByText("Ana Le Goff")).toBeVisible();
  });

  await test.step("Jean sets his up with an app of codes, on a phone, and signs in with it", async () => {
    const jean = await person(browser, gateway, { width: 360, height: 740 });
    const { page } = jean;
    await page.goto(forCodes);
    await page.getByLabel("Nom d’utilisateur").fill("jean");
    await page.getByLabel("Mot de passe", { exact: true }).fill(PASSWORD);
    await page.getByLabel("Le mot de passe, encore une fois").fill(PASSWORD);
    await page.getByRole("button", { name: "Continuer" }).click();
    const key = await page.getByLabel("Clé à recopier").inputValue();
    await page.getByLabel("Code de votre application").fill("000000");
    await page.getByRole("button", { name: "Terminer" }).click();
    await expect(page.getByRole("alert").filter({ hasText: "second facteur" })).toBeVisible();
    await page.getByLabel("Code de votre application").fill(codeOf(key));
    await page.getByRole("button", { name: "Terminer" }).click();
    await page.getByLabel("J’ai gardé ces codes en lieu sûr").check();
    await page.getByRole("button", { name: "Entrer dans Parvis" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Comptes de secours");
    await jean.context.clearCookies();
    await password(page, "jean");
    await page.getByLabel("Code de votre application").fill(codeOf(key, 1));
    await page.getByRole("button", { name: "Se connecter" }).first().click();
    await page.waitForURL((url) => url.pathname === "/app");
    await jean.context.close();
  });

  await test.step("the administrator reads every use, and closes an account, which ends its sign-in", async () => {
    const { page } = admin;
    await page.reload();
    await expect(page.getByRole("cell", { name: /Connexion, clé d’accès/ })).toBeVisible();
    await expect(page.getByRole("cell", { name: /Connexion, code d’application/ })).toBeVisible();
    await shot(page, "local-accounts");
    await page.getByRole("button", { name: "J’ai tout lu" }).click();
    await expect(page.getByText("nouveau")).toHaveCount(0);
    await page.getByRole("button", { name: "Fermer ana" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Fermer" }).click();
    await expect(page.getByRole("button", { name: "Fermer ana" })).toHaveCount(0);
    await ana.page.reload();
    await ana.page.waitForURL((url) => url.pathname === "/app/sign-in");
  });
  await ana.context.close();
  await admin.context.close();
});
