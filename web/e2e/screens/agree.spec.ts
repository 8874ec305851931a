import { expectAccessible, signIn, test } from "../gateway";
import { FOLDER, letTheFirstIn, SIZES, waiting } from "./steps";

// Nobody may have been in the call before: whoever was comes straight back.
test.use({ own: "agree" });

test("somebody whose agreement is missing is asked for it before the call", async ({ browser, gateway }) => {
  test.setTimeout(120_000);
  const doctor = await (await browser.newContext({ locale: "fr-FR", permissions: ["camera", "microphone"] })).newPage();
  await signIn(doctor, gateway, "Claire Martin");
  const context = await browser.newContext({ locale: "fr-FR", permissions: ["camera", "microphone"] });
  const page = await context.newPage();
  // The answer is lost on its way: the gateway has none.
  await context.route("**/api/guest/consent", (route) => route.fulfill({ status: 204 }));
  await page.goto(gateway.patientLink);
  await waiting(page);
  await letTheFirstIn(doctor);
  await page.getByRole("heading", { level: 1, name: "Avant d’entrer" }).waitFor({ timeout: 30_000 });
  await page.getByText("Rien n’est enregistré").waitFor();
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    await expectAccessible(page);
    await page.screenshot({ path: `${FOLDER}/agree-${size}.png`, fullPage: true, animations: "disabled" });
  }
  await context.close();
  await doctor.context().close();
});
