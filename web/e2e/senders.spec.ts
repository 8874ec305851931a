import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, person, shot, signIn, test } from "./gateway";

test.use({ own: "senders" });

test("an administrator sets the SMS gateway and the mail server, and sends a test at once", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(120_000);
  const asked: { key: string | undefined; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      asked.push({ key: request.headers["x-key"]?.toString(), body });
      response.end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  const { page, context } = await person(browser, gateway, { width: 1280, height: 900 });
  await signIn(page, gateway, "Alex Morel");
  await page.goto(`${gateway.url}/app/admin/senders`);
  const dialog = page.getByRole("dialog");
  const sms = page.getByRole("region", { name: "SMS" });
  const mail = page.getByRole("region", { name: "E-mail" });

  await test.step("the SMS gateway", async () => {
    await sms.getByRole("button", { name: "Régler" }).click();
    await dialog.getByLabel("Adresse de l’interface").fill("http://sms.example/");
    await dialog.getByLabel("Nom", { exact: true }).fill("X-Key");
    await dialog.getByLabel("Valeur").fill("canary");
    await dialog.getByRole("button", { name: "Enregistrer" }).click();
    await expect(dialog.getByRole("alert").filter({ hasText: "commence par https://" })).toBeVisible();
    await shot(page, "senders-sms");
    await dialog.getByLabel("Adresse de l’interface").fill(`http://127.0.0.1:${port}/send`);
    await dialog.getByRole("button", { name: "Enregistrer" }).click();
    await expect(sms.getByText("C’est enregistré et déjà en place.", { exact: false })).toBeVisible();
    await sms.getByLabel("Votre numéro de téléphone").fill("06 39 98 12 34");
    await sms.getByRole("button", { name: "Envoyer un essai" }).click();
    await expect(sms.getByText("a pris le message", { exact: false })).toBeVisible();
    expect(asked).toHaveLength(1);
    expect(asked[0]?.key).toBe("canary");
    expect(asked[0]?.body).toContain("+33639981234");
    expect(await page.content()).not.toContain("canary");
  });

  await test.step("the mail server, which another machine would have to protect", async () => {
    await mail.getByRole("button", { name: "Régler" }).click();
    await dialog.getByLabel("Nom du serveur").fill("smtp.hopital.example");
    await dialog.getByLabel("Protection").selectOption("none");
    await expect(dialog.getByLabel("Port")).toHaveValue("25");
    await dialog.getByLabel("Adresse d’où viennent les messages").fill("visio@hopital.example");
    await dialog.getByRole("button", { name: "Enregistrer" }).click();
    await expect(dialog.getByRole("alert").filter({ hasText: "Sans protection" })).toBeVisible();
    await dialog.getByLabel("Protection").selectOption("starttls");
    await shot(page, "senders-mail");
    await dialog.getByRole("button", { name: "Enregistrer" }).click();
    await expect(mail.getByText("smtp.hopital.example", { exact: false })).toBeVisible();
    await shot(page, "senders");
  });

  await test.step("what is taken away sends nothing any more, and every change stands there", async () => {
    await sms.getByRole("button", { name: "Retirer" }).click();
    await dialog.getByRole("button", { name: "Retirer" }).click();
    await expect(sms.getByText("Aucun envoi de SMS", { exact: false })).toBeVisible();
    await page.getByRole("link", { name: "Modifications" }).click();
    await expect(page.getByRole("cell", { name: "Serveur d’e-mail" })).toBeVisible();
    await expect(page.getByRole("cell", { name: "Envoi de SMS" })).toHaveCount(2);
    expect(await page.content()).not.toContain("canary");
  });
  await context.close();
  server.close();
});
