import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { expect, type Gateway, inCall, person, signIn, test } from "./gateway";
import { HOSTILE } from "./hostile-strings";
import { slicesOf } from "./objects";
import { type KeyRow, sealed } from "./sealed";

// What is booked here would be in the way of others.
test.use({ own: "hostile strings" });

/** What no page may do, whatever it shows. */
class Watch {
  readonly faults: string[] = [];

  on(page: Page): void {
    page.on("dialog", (dialog) => {
      this.faults.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      if (new URL(request.url()).pathname === "/api/csp-report") this.faults.push(`a report: ${request.postData()}`);
    });
  }

  async look(page: Page): Promise<void> {
    const ran = await page.evaluate(() => (globalThis as { ran?: unknown }).ran);
    expect(ran, page.url()).toBeUndefined();
    expect(this.faults, page.url()).toEqual([]);
  }
}

interface Booked {
  appointment: string;
  link: string;
}

/** Books with three of the strings each: a patient, somebody with them, and a note. What is refused is not shown to anybody. */
const book = (page: Page, strings: readonly string[], day: string): Promise<Booked[]> =>
  page.evaluate(
    async ([texts, date]) => {
      const practitioners = (await (await fetch("/api/practitioners")).json()) as { practitioner: string }[];
      const booked: Booked[] = [];
      for (let at = 0; at < texts.length; at += 3) {
        const startsAt = new Date(Date.parse(`${date}T06:00:00Z`) + (at / 3) * 5 * 60_000);
        const endsAt = new Date(startsAt.getTime() + 5 * 60_000);
        const name = (text: string | undefined) => (text ?? "x").slice(0, 100);
        const json = {
          startsAt: startsAt.toISOString(),
          endsAt: endsAt.toISOString(),
          service: name(texts[at + 2]).slice(0, 60),
          practitioners: [practitioners[0]?.practitioner],
          note: texts[at + 2],
          guests: [
            { role: "patient", name: name(texts[at]), language: "fr" },
            { role: "relative", name: name(texts[at + 1]), language: "fr" },
          ],
        };
        const headers = { "content-type": "application/json" };
        const answer = await fetch("/api/appointments", { method: "POST", headers, body: JSON.stringify(json) });
        if (!answer.ok) continue;
        const made = (await answer.json()) as {
          appointment: { appointment: string };
          links: { address: string }[];
        };
        booked.push({ appointment: made.appointment.appointment, link: made.links[0]?.address ?? "" });
      }
      return booked;
    },
    [strings, day] as const,
  );

async function staff(browser: Browser, gateway: Gateway, watch: Watch, name: string): Promise<Page> {
  const { page } = await person(browser, gateway);
  watch.on(page);
  await signIn(page, gateway, name);
  return page;
}

test("nothing that anybody is called or writes runs on any page", async ({ browser, gateway }) => {
  expect(new Set(HOSTILE).size).toBe(300);
  const watch = new Watch();
  const secretary = await staff(browser, gateway, watch, "Camille Roux");
  const day = new Date(Date.now() + 48 * 3_600_000).toISOString().slice(0, 10);
  const booked = await book(secretary, HOSTILE, day);
  // Most of them are names that a person may have, as far as the gateway is concerned.
  expect(booked.length).toBeGreaterThan(60);
  for (const path of [`/app/day/${day}`, `/app/week/${day}`, `/app/list/${day}`, "/app/outbox", "/app/statistics"]) {
    await secretary.goto(gateway.url + path);
    await expect(secretary.locator("main")).toBeVisible();
    await watch.look(secretary);
  }
  for (const { appointment } of booked.slice(0, 6)) {
    await secretary.goto(`${gateway.url}/app/received/${appointment}`);
    await expect(secretary.locator("main")).toBeVisible();
    await watch.look(secretary);
  }
  const guest = await person(browser, gateway);
  watch.on(guest.page);
  for (const { link } of booked.slice(0, 6)) {
    await guest.page.goto("about:blank");
    await guest.page.goto(link);
    await expect(guest.page.locator("main")).toBeVisible();
    await watch.look(guest.page);
  }
  // What stands in an address.
  for (const text of HOSTILE.slice(0, 20)) {
    const part = encodeURIComponent(text);
    for (const path of [`/app/day/${part}`, `/queue/${part}`, `/app/sign-in?problem=${part}`, `/join#${part}`]) {
      await guest.page.goto(gateway.url + path);
    }
    await watch.look(guest.page);
  }
});

test("nothing that is written in a chat, a file is called, or images say of themselves runs", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(300_000);
  const watch = new Watch();
  const { patient, doctor } = await inCall(browser, gateway);
  for (const { page } of [patient, doctor]) watch.on(page);
  await doctor.page.getByRole("tab", { name: /Messages/ }).click();
  const box = doctor.page.getByLabel("Votre message");
  // Ten a message: nobody may write three hundred of them at once. What turns the direction of a line is refused.
  const sayable = HOSTILE.filter((text) => !/\p{Bidi_Control}/u.test(text));
  expect(sayable.length).toBe(270);
  for (let at = 0; at < sayable.length; at += 10) {
    await box.fill(sayable.slice(at, at + 10).join("\n"));
    await expect(async () => {
      if ((await box.inputValue()) !== "") await box.press("Enter");
      await expect(box).toHaveValue("", { timeout: 1_000 });
    }).toPass({ timeout: 30_000 });
  }
  const last = sayable[269] ?? "";
  await expect(doctor.page.locator(".chat-list")).toContainText(last, { timeout: 30_000 });
  await patient.page.getByRole("button", { name: "Lire" }).click();
  await expect(patient.page.locator(".chat-list")).toContainText(last, { timeout: 30_000 });
  const buffer = Buffer.from("rien");
  for (const text of HOSTILE.slice(0, 40)) {
    const name = `${text.slice(0, 100)}.txt`;
    await patient.page.locator(".chat-chooser").setInputFiles({ name, mimeType: "text/plain", buffer });
  }
  await expect(doctor.page.getByRole("button", { name: /^Enregistrer/ })).toHaveCount(40, { timeout: 30_000 });
  for (const { page } of [patient, doctor]) await watch.look(page);

  const appointment = new URL(doctor.page.url()).pathname.split("/").pop() ?? "";
  // Six texts a study, five of them of its series: 300 in all. A text of DICOM has 64 signs, and a backslash parts two.
  const part = (n: number) => (HOSTILE[n] ?? "").replaceAll("\\", "").slice(0, 64);
  const files = Array.from({ length: 50 }, (_, study) =>
    Array.from({ length: 4 }, (_, series) => ({
      number: study * 4 + series + 1,
      description: part(study * 6 + series),
      slices: 1,
      columns: 16,
      rows: 16,
      study: { number: study + 1, patient: part(study * 6 + 4), description: part(study * 6 + 5) },
    })).flatMap((made) =>
      slicesOf(made, () => 0.5).map((buffer) => ({
        name: `${made.number}.dcm`,
        mimeType: "application/dicom",
        buffer,
      })),
    ),
  ).flat();
  await doctor.page.getByRole("tab", { name: "Examens" }).click();
  await doctor.page.locator("input[type=file]").first().setInputFiles(files);
  const studies = () =>
    doctor.page.evaluate(
      async (id) => ((await (await fetch(`/api/appointments/${id}/studies`)).json()) as unknown[]).length,
      appointment,
    );
  await expect.poll(studies, { timeout: 90_000 }).toBeGreaterThanOrEqual(50);
  await doctor.page
    .getByRole("button", { name: /^Montrer/ })
    .first()
    .click();
  const other = doctor.page.getByRole("button", { name: "J’ai vérifié, montrer" });
  await other.click({ timeout: 5_000 }).catch(() => undefined);
  await expect(patient.page.locator("canvas").first()).toBeVisible({ timeout: 30_000 });
  for (const { page } of [patient, doctor]) await watch.look(page);
  for (const path of [`/app/record/${appointment}`, "/app/worklist", `/app/received/${appointment}`]) {
    await doctor.page.goto(gateway.url + path);
    await expect(doctor.page.locator("main")).toBeVisible();
    await doctor.page.waitForTimeout(1_000);
    await watch.look(doctor.page);
  }
});

test("nothing that a provider claims runs", async ({ browser, gateway }) => {
  test.setTimeout(240_000);
  const watch = new Watch();
  const doctor = await staff(browser, gateway, watch, "Claire Martin");
  const secretary = await staff(browser, gateway, watch, "Camille Roux");
  const listed = (page: Page) =>
    page.evaluate(async () => {
      const people: { practitioner: string; name: string }[] = await (await fetch("/api/practitioners")).json();
      return people;
    });
  const people = (await listed(doctor)).map(({ practitioner }) => practitioner.replaceAll("-", ""));
  for (let at = 0; at < HOSTILE.length; at += people.length) {
    const names = HOSTILE.slice(at, at + people.length);
    claim(gateway, people, names);
    const [page, path] = (at / people.length) % 2 === 0 ? [doctor, "/app"] : [secretary, "/app/services"];
    await page.goto(gateway.url + path);
    await expect(page.locator("main")).toBeVisible();
    // They are there, or nothing was tried.
    expect((await listed(page)).map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    await watch.look(page);
  }
});

/** Calls these practitioners so, as sign-ins would have kept what providers claimed: sealed. */
function claim({ data }: Gateway, people: readonly string[], names: readonly string[]): void {
  const read = `
import json, sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=20) as database:
    key = database.execute("SELECT id, wrapped FROM data_key ORDER BY number DESC LIMIT 1").fetchone()
print(json.dumps({"id": key[0].hex(), "wrapped": key[1]}))
`;
  const write = `
import json, sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=20) as database:
    for person, name in json.loads(sys.argv[2]):
        database.execute("UPDATE practitioner SET name = ? WHERE id = ?", (name, bytes.fromhex(person)))
`;
  const file = join(data, "parvis.sqlite");
  const key: KeyRow = JSON.parse(execFileSync("python3", ["-c", read, file], { encoding: "utf8" }));
  const called = names.map((name, at) => {
    const person = people[at] ?? "";
    return [person, sealed(data, key, "practitioner", "name", person, name)];
  });
  execFileSync("python3", ["-c", write, file, JSON.stringify(called)]);
}

test("the policy holds: what is put into a page does not run, and is told", async ({ browser, gateway }) => {
  const { page } = await person(browser, gateway);
  for (const path of ["/app/sign-in", "/join", "/diag", "/upload", "/queue/x"]) {
    await page.goto(gateway.url + path);
    const report = page.waitForRequest((request) => new URL(request.url()).pathname === "/api/csp-report");
    const outcome = await page.evaluate(() => {
      const refused: string[] = [];
      const attempt = (what: string, act: () => void) => {
        try {
          act();
        } catch {
          refused.push(what);
        }
      };
      const page = document.body as unknown as { innerHTML: string };
      attempt("markup", () => {
        page.innerHTML += "<img src=x onerror='globalThis.ran=1'>";
      });
      attempt("worker", () => void new Worker("/legacy.js"));
      attempt("policy", () => {
        (
          globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): void } }
        ).trustedTypes.createPolicy("another", {});
      });
      const script = document.createElement("script");
      attempt("text of a script", () => {
        script.textContent = "globalThis.ran=1";
        document.body.append(script);
      });
      return { refused, ran: (globalThis as { ran?: unknown }).ran };
    });
    expect(outcome.ran, path).toBeUndefined();
    expect(outcome.refused, path).toEqual(expect.arrayContaining(["markup", "worker", "policy"]));
    expect((await (await report).response())?.status(), path).toBe(204);
  }
});
