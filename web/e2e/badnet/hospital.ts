import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type Browser, expect, type Page } from "@playwright/test";
import type { AppointmentEntry, Booked, BookingRequest, PractitionerEntry } from "../../src/protocol";
import { enterAsDoctor, person, seeWhoItIs } from "../gateway";
import { Browsers, type Trust } from "./browsers";
import { Network, named, SERVER_NAMESPACE } from "./network";
import { watchMedia } from "./watch";

const NAME = named("FAR_NAME");
const ADDRESS = named("FAR_ADDRESS");
const PROVIDER = resolve(import.meta.dirname, "../../../tests/peers/oidc/provider.mjs");
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 800 };

/** Lines of the settings, by section, beside those that every gateway here has. */
export type Extra = { media?: string; relay?: string };

/**
 * A gateway as a hospital runs it: HTTPS, media over TCP and the relay on port 443 of a name, an identity provider beside it, an
 * appointment of a doctor, a patient and a relative.
 */
export class Hospital {
  readonly url = `https://${NAME}`;
  readonly browsers: Browsers;
  /** What opens the consultation, for the two guests and for the doctor. */
  links = { patient: "", relative: "", doctor: "" };
  #folder: string;
  #trust: Trust;
  #children: ChildProcess[] = [];
  #beside: Browser | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#trust = certify(folder);
    this.browsers = new Browsers(folder, this.#trust);
  }

  /** Starts provider and gateway, and books. The network must let port 443 through. */
  async open(extra: Extra): Promise<void> {
    const provider = this.#start([process.execPath, PROVIDER], { PUBLIC_URL: this.url, CLAIMS: "token" });
    const issuer = await firstLine(provider);
    const config = join(this.#folder, "parvis.toml");
    writeFileSync(config, settings(this.#folder, issuer, extra));
    this.#start([named("PARVIS"), "serve", "--config", config], {
      PARVIS_LOG: process.env.PARVIS_LOG ?? "error",
      PARVIS_OIDC_CLIENT_SECRET: "a-secret-of-the-tests-only",
      PARVIS_MASTER_KEY: Buffer.alloc(32, 7).toString("base64"),
    });
    const authority = readFileSync(this.#trust.authority);
    await expect.poll(() => statusOf("/health/ready", authority), { timeout: 30_000 }).toBe(200);
    await this.#book();
  }

  /** The doctor beside the gateway, in the call. */
  async doctor(): Promise<Page> {
    const page = await this.#signIn("house");
    await page.goto(this.links.doctor);
    await enterAsDoctor(page);
    await expect(page.locator(".call-bar")).toBeVisible();
    return page;
  }

  /** A guest with a browser of their own that knows nothing yet. */
  guest(browser: Browser): Promise<Page> {
    return this.#page(browser, PHONE);
  }

  async end(): Promise<void> {
    await this.browsers.close();
    for (const child of this.#children.splice(0).reverse()) {
      const gone = new Promise((done) => child.once("exit", done));
      if (child.exitCode === null && child.signalCode === null && child.kill("SIGTERM")) await gone;
    }
  }

  async #page(browser: Browser, viewport: { width: number; height: number }): Promise<Page> {
    const { page, context } = await person(browser, { url: this.url, patientLink: "", data: "" }, viewport);
    await context.addInitScript(watchMedia);
    return page;
  }

  async #signIn(who: "house" | "cuddy"): Promise<Page> {
    this.#beside ??= await this.browsers.chromium("far");
    const page = await this.#page(this.#beside, DESK);
    await page.goto(`${this.url}/login?return_to=/app`);
    // The provider of the tests has no page: the answer stands in the address.
    await page.goto(`${page.url()}?person=${who}`);
    await page.waitForURL((url) => url.origin === this.url && url.pathname.startsWith("/app"));
    return page;
  }

  async #book(): Promise<void> {
    // Who has never signed in cannot be booked.
    const doctor = await this.#signIn("house");
    await doctor.context().close();
    const secretary = await this.#signIn("cuddy");
    const booked = await secretary.evaluate(async () => {
      const answer = async (response: Response) => {
        if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
        return response.json();
      };
      const people: PractitionerEntry[] = await answer(await fetch("/api/practitioners"));
      const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
      const request: BookingRequest = {
        startsAt: inMinutes(5),
        endsAt: inMinutes(35),
        service: "Cardiologie",
        guests: [
          { role: "patient", name: "Hélène Lefèvre", language: "fr" },
          { role: "relative", name: "Luc Lefèvre", language: "fr" },
        ],
        practitioners: people.map(({ practitioner }) => practitioner),
        note: "",
      };
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(request);
      return (await answer(await fetch("/api/appointments", { method: "POST", headers, body }))) as Booked;
    });
    await secretary.context().close();
    const entry: AppointmentEntry = booked.appointment;
    const of = (role: string) => booked.links.find((link) => link.role === role)?.address ?? "";
    const doctorLink = `${this.url}/app/consultation/${entry.appointment}`;
    this.links = { patient: of("patient"), relative: of("relative"), doctor: doctorLink };
  }

  /** A program beside the gateway. It ends with the test. */
  #start(words: string[], environment: Record<string, string>): ChildProcess {
    const child = spawn("ip", ["netns", "exec", SERVER_NAMESPACE, ...words], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    });
    this.#children.push(child);
    return child;
  }
}

/** A hospital behind a network with this schedule, which begins when `live` says so; whatever happens, both end. */
export async function atHospital(
  seed: number,
  schedule: string,
  extra: Extra,
  live: (hospital: Hospital, network: Network) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "parvis-badnet-"));
  const network = await Network.lay(folder, seed, schedule, "near");
  const hospital = new Hospital(folder);
  try {
    await hospital.open(extra);
    await live(hospital, network);
  } finally {
    await hospital.end();
    const counts = await network.end();
    console.log(`      packets up ${JSON.stringify(counts.up)}, down ${JSON.stringify(counts.down)}`);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The doctor lets in whoever waits. */
export async function admit(doctor: Page, guest: Page): Promise<void> {
  await doctor
    .locator(".waiting-now")
    .getByRole("button", { name: /^Faire entrer/ })
    .first()
    .click();
  await seeWhoItIs(doctor);
  await expect(guest.locator(".controls")).toBeVisible();
}

/** Makes an authority and the gateway's certificate, good for as long as the tests of a day. */
function certify(folder: string): Trust {
  const at = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => execFileSync("openssl", words, { stdio: ["ignore", "ignore", "pipe"] });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const authority = ["-subj", "/CN=an authority of the tests only", "-keyout", at("authority.key")];
  openssl("req", "-x509", ...key, ...authority, "-days", "2", "-out", at("authority.pem"));
  openssl("req", ...key, "-subj", `/CN=${NAME}`, "-keyout", at("key.pem"), "-out", at("request.pem"));
  writeFileSync(
    at("extensions"),
    `subjectAltName=DNS:${NAME}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n`,
  );
  const by = ["-CA", at("authority.pem"), "-CAkey", at("authority.key"), "-CAcreateserial"];
  const from = ["-in", at("request.pem"), "-days", "2", "-extfile", at("extensions")];
  openssl("x509", "-req", ...from, ...by, "-out", at("certificate.pem"));
  const { publicKey } = new X509Certificate(readFileSync(at("certificate.pem")));
  const keyDigest = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
  return { authority: at("authority.pem"), keyDigest };
}

const settings = (folder: string, issuer: string, { media = "", relay = "" }: Extra) => `
[hospital]
name = "Hôpital d’essai"
telephone = "01 23 45 67 89"
[http]
listen = "0.0.0.0:443"
public_url = "https://${NAME}"
tls_certificate = "${folder}/certificate.pem"
tls_key = "${folder}/key.pem"
[database]
url = "sqlite://${folder}/parvis.sqlite"
[oidc]
issuer = "${issuer}"
client_id = "parvis"
scopes = ["openid", "profile", "groups"]
[oidc.roles]
"groups/medecins" = "doctor"
"groups/secretariat" = "secretary"
[media]
announce = ["${ADDRESS}"]
${media}
[relay]
${relay}
[archive]
folder = "${folder}/archive"
`;

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("nothing is heard of the program");
  const lines = createInterface({ input: child.stdout });
  return new Promise((done, fail) => {
    lines.once("line", done);
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`the program ended with ${code}`)));
  });
}

/** What the gateway answers; 0 while it does not. */
function statusOf(path: string, authority: Buffer): Promise<number> {
  return new Promise((done) => {
    const asked = get({ host: NAME, path, ca: authority, timeout: 2_000 }, (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    });
    asked.once("timeout", () => asked.destroy());
    asked.once("error", () => done(0));
  });
}
