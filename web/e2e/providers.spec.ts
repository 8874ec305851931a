import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect, type Gateway, person, shot, signIn, test } from "./gateway";

test.use({ own: "providers" });

const SECRET = "a-secret-of-the-tests-only";

/** A real provider (npm oidc-provider) that knows this gateway as a client; it ends with its standard input. */
async function startProvider(gateway: Gateway): Promise<{ issuer: string; end: () => void }> {
  const child: ChildProcess = spawn("node", ["provider.mjs"], {
    cwd: resolve(import.meta.dirname, "../../tests/peers/oidc"),
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, PUBLIC_URL: gateway.url, CLAIMS: "token" },
  });
  if (!child.stdout) throw new Error("the provider has no output");
  const lines = createInterface({ input: child.stdout });
  const issuer = await new Promise<string>((done, fail) => {
    lines.once("line", done);
    child.once("exit", () => fail(new Error("the provider ended")));
  });
  return {
    issuer,
    end: () => {
      child.stdin?.end();
    },
  };
}

test("an administrator adds, tries, changes, switches off and removes a provider, and whoever is in stays in", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(180_000);
  const provider = await startProvider(gateway);
  const admin = await person(browser, gateway, { width: 1280, height: 900 });
  const secretary = await person(browser, gateway, { width: 1280, height: 900 });
  const { page } = admin;
  await signIn(page, gateway, "Alex Morel");
  const dialog = page.getByRole("dialog");
  const line = page.getByRole("listitem").filter({ hasText: "Centre de lutte" });

  /** By the button of the sign-in page and the provider's own page, which has no words. */
  const comeIn = async () => {
    await secretary.page.goto(`${gateway.url}/app/sign-in`);
    await secretary.page.getByRole("link", { name: "Se connecter avec Centre de lutte" }).click();
    await secretary.page.waitForURL(/\/choose\//);
    await secretary.page.goto(`${secretary.page.url()}?person=cuddy`);
  };

  await test.step("the page says what is in the file, and that it cannot be changed here", async () => {
    await page.getByRole("link", { name: "Administration" }).click();
    await page.getByRole("link", { name: "Services d’identité" }).click();
    await expect(page.getByText("dans la configuration du serveur", { exact: false }).first()).toBeVisible();
    await expect(page.getByRole("button", { name: /^Modifier/ })).toHaveCount(0);
    await shot(page, "providers-file");
  });

  await test.step("a wrong address is told in words before anything is saved", async () => {
    await page.getByRole("button", { name: "Ajouter un service" }).click();
    await dialog.getByLabel("Nom sur la page de connexion").fill("Centre de lutte");
    await expect(dialog.getByLabel("Nom dans les adresses")).toHaveValue("centre-de-lutte");
    await dialog.getByLabel("Nom dans les adresses").fill("centre");
    await expect(dialog.getByLabel("Adresse de retour (redirect URI)")).toHaveValue(
      `${gateway.url}/login/callback/centre`,
    );
    await dialog.getByLabel("Émetteur (issuer)").fill("http://127.0.0.1:9");
    await dialog.getByLabel("Identifiant du client").fill("parvis");
    await dialog.getByLabel("Secret du client").fill(SECRET);
    await dialog.getByLabel("Valeur").fill("secretariat");
    await dialog.getByLabel("Rôle", { exact: true }).selectOption("secretary");
    await dialog.getByRole("button", { name: "Essayer" }).click();
    await expect(dialog.getByText("Personne ne répond à cette adresse.", { exact: false })).toBeVisible();
    await shot(page, "providers-wrong");
  });

  await test.step("the right one answers, and is on the sign-in page at once", async () => {
    await dialog.getByLabel("Émetteur (issuer)").fill(provider.issuer);
    await dialog.getByRole("button", { name: "Essayer" }).click();
    await expect(dialog.getByText("Le service répond et se décrit comme il faut.")).toBeVisible();
    await shot(page, "providers-form");
    await dialog.getByRole("button", { name: "Enregistrer" }).click();
    await expect(page.getByText("C’est enregistré et déjà en place.")).toBeVisible();
    await comeIn();
    await secretary.page.waitForURL((url) => url.pathname === "/app");
    await page.reload();
    await expect(line.getByText(/^Joint le/)).toBeVisible();
    await expect(line.getByText("1 personne connectée par lui")).toBeVisible();
    await shot(page, "providers");
  });

  await test.step("with a wrong secret the sign-in page says so, and the old one is never shown", async () => {
    await line.getByRole("button", { name: "Modifier" }).click();
    await expect(dialog.getByLabel("Secret du client")).toHaveValue("");
    await dialog.getByLabel("Secret du client").fill("another");
    await dialog.getByRole("button", { name: "Enregistrer" }).click();
    await expect(dialog).toHaveCount(0);
    const other = await person(browser, gateway);
    await other.page.goto(`${gateway.url}/login?provider=centre`);
    await other.page.goto(`${other.page.url()}?person=cuddy`);
    await expect(other.page.getByRole("alert").filter({ hasText: "n’a pas confirmé votre identité" })).toBeVisible();
    await expect(other.page.getByText("client_refused")).toBeVisible();
    await other.context.close();
  });

  await test.step("switched off, its button is gone, and whoever is in stays in until they are sent out", async () => {
    await line.getByRole("button", { name: "Désactiver" }).click();
    await shot(page, "providers-off");
    await dialog.getByRole("button", { name: "Désactiver" }).click();
    await expect(line.getByText("désactivé", { exact: true })).toBeVisible();
    const other = await person(browser, gateway);
    await other.page.goto(`${gateway.url}/app/sign-in`);
    await expect(other.page.getByRole("link", { name: /^Se connecter/ })).toHaveCount(1);
    await other.context.close();
    await secretary.page.reload();
    await expect(secretary.page.getByRole("heading", { level: 1 })).toBeVisible();
    expect(new URL(secretary.page.url()).pathname).toBe("/app");
    await line.getByRole("button", { name: "Activer" }).click();
    await expect(line.getByText("désactivé", { exact: true })).toHaveCount(0);
    await line.getByRole("button", { name: "Retirer" }).click();
    await dialog.getByLabel("Déconnecter aussi, maintenant, les personnes entrées par lui").check();
    await shot(page, "providers-remove");
    await dialog.getByRole("button", { name: "Retirer" }).click();
    await expect(line).toHaveCount(0);
    await secretary.page.reload();
    await secretary.page.waitForURL((url) => url.pathname === "/app/sign-in");
  });

  await test.step("every change stands there with what was before, and no secret", async () => {
    await page.getByRole("link", { name: "Modifications" }).click();
    for (const what of ["ajouté", "modifié", "désactivé", "activé", "retiré"])
      await expect(page.getByRole("cell", { name: `Service d’identité ${what}`, exact: true }).first()).toBeVisible();
    await expect(page.getByRole("cell", { name: "secret changé" })).toBeVisible();
    expect(await page.content()).not.toContain(SECRET);
    await shot(page, "providers-changes");
  });
  await secretary.context.close();
  await admin.context.close();
  provider.end();
});
