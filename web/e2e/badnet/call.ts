import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, expect, type Page } from "@playwright/test";
import { enterAsDoctor, person, signIn, waitAsGuest } from "../gateway";
import { Browsers } from "./browsers";
import { SERVER_NAMESPACE } from "./network";
import { type Course, watchMedia } from "./watch";

const PORT = 8080;
/** A gateway in the server's namespace that can be killed and started again with its data. */
export class Server {
  readonly url = `http://localhost:${PORT}`;
  patientLink = "";
  #data: string;
  #child: ChildProcess | undefined;

  constructor(folder: string) {
    this.#data = join(folder, "data");
  }

  get gateway() {
    return { url: this.url, patientLink: this.patientLink, data: this.#data };
  }

  /** Starts it, and waits until it listens. */
  async start(): Promise<void> {
    const program = process.env.PARVIS ?? "";
    const words = ["netns", "exec", SERVER_NAMESPACE, program, "demo", "--port", String(PORT), "--data", this.#data];
    const child = spawn("ip", words, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, PARVIS_LOG: process.env.PARVIS_LOG ?? "error" },
    });
    this.#child = child;
    const told = await new Promise<string>((done, fail) => {
      let text = "";
      child.stdout.on("data", (chunk) => {
        text += chunk;
        if (text.includes("Ctrl-C")) done(text);
      });
      child.once("error", fail);
      child.once("exit", (code) => fail(new Error(`the gateway ended with ${code}: ${text}`)));
    });
    const link = /Patient\s+(http:\/\/\S+)/.exec(told)?.[1];
    if (link) this.patientLink = link;
  }

  /** As when the power fails: nobody is told. The answer is when, in milliseconds since 1970. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<number> {
    const child = this.#child;
    if (!child) return Date.now();
    child.removeAllListeners("exit");
    const gone = new Promise((done) => child.once("exit", done));
    const at = Date.now();
    child.kill(signal);
    await gone;
    this.#child = undefined;
    return at;
  }
}

/** A doctor beside the gateway, and a patient who comes through the network. */
export class Call {
  readonly server: Server;
  readonly folder: string;
  #browsers: Browsers;
  #pages: Page[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.server = new Server(folder);
    this.#browsers = new Browsers(folder);
  }

  /** An empty folder and a gateway. */
  static async prepare(): Promise<Call> {
    const call = new Call(mkdtempSync(join(tmpdir(), "parvis-badnet-")));
    await call.server.start();
    return call;
  }

  /** Both come in, and see and hear each other. */
  async begin(): Promise<void> {
    const patient = await this.#person(await this.#browsers.chromium("near"), { width: 390, height: 844 });
    await waitAsGuest(patient, this.server.patientLink);
    const doctor = await this.#person(await this.#browsers.chromium("far"), { width: 1280, height: 800 });
    await signIn(doctor, this.server.gateway, "Claire Martin");
    await doctor.getByText("Faire entrer", { exact: true }).first().click();
    await enterAsDoctor(doctor);
    this.#pages = [patient, doctor];
    for (const page of this.#pages) {
      await expect
        .poll(async () => (await course(page)).latest, { timeout: 60_000 })
        .toMatchObject({ isHeard: true, isSeen: true });
    }
  }

  /** What the patient and the doctor have received until now. */
  async courses(): Promise<{ patient: Course; doctor: Course }> {
    const [patient, doctor] = await Promise.all(this.#pages.map((page) => course(page).then(({ course }) => course)));
    if (!patient || !doctor) throw new Error("the call has not begun");
    return { patient, doctor };
  }

  async end(): Promise<void> {
    await this.#browsers.close();
    await this.server.kill("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #person(browser: Browser, viewport: { width: number; height: number }): Promise<Page> {
    const { page, context } = await person(browser, this.server.gateway, viewport);
    await context.addInitScript(watchMedia);
    return page;
  }
}

/** What a page has received, and whether something came in the last half second. */
async function course(page: Page): Promise<{ course: Course; latest: { isHeard: boolean; isSeen: boolean } }> {
  const course: Course = await page.evaluate(() => (globalThis as unknown as { mediaCourse: Course }).mediaCourse);
  const [first, last] = [course.at(-6), course.at(-1)];
  const grew = (of: "audioPackets" | "frames") => first !== undefined && last !== undefined && last[of] > first[of];
  return { course, latest: { isHeard: grew("audioPackets"), isSeen: grew("frames") } };
}
