import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, expect, type Page } from "@playwright/test";
import { enterAsDoctor, person, signIn, waitAsGuest } from "../gateway";
import { SERVER_NAMESPACE } from "./network";
import { type Course, watchMedia } from "./watch";

const PORT = 8080;
const CHROMIUM = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));

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
  #browsers: Browser[] = [];
  #pages: Page[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.server = new Server(folder);
  }

  /** An empty folder and a gateway. */
  static async prepare(): Promise<Call> {
    const call = new Call(mkdtempSync(join(tmpdir(), "parvis-badnet-")));
    await call.server.start();
    return call;
  }

  /** Both come in, and see and hear each other. */
  async begin(): Promise<void> {
    const patient = await this.#person(undefined, { width: 390, height: 844 });
    await waitAsGuest(patient, this.server.patientLink);
    const doctor = await this.#person(this.#inServerNamespace(), { width: 1280, height: 800 });
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
    for (const browser of this.#browsers) await browser.close();
    await this.server.kill("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #person(program: string | undefined, viewport: { width: number; height: number }): Promise<Page> {
    const executablePath = program ?? CHROMIUM;
    const browser = await chromium.launch({
      ...(executablePath ? { executablePath } : {}),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        `--use-file-for-fake-audio-capture=${this.#voice()}`,
      ],
    });
    this.#browsers.push(browser);
    const { page, context } = await person(browser, this.server.gateway, viewport);
    await context.addInitScript(watchMedia);
    return page;
  }

  /** A browser of the system that runs in the server's namespace. */
  #inServerNamespace(): string {
    const path = join(this.folder, "chromium");
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${SERVER_NAMESPACE} ${CHROMIUM} "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** Sound that never pauses, so that silence is a fault: a chord that swells, as WAV. */
  #voice(): string {
    const path = join(this.folder, "voice.wav");
    if (existsSync(path)) return path;
    const rate = 48_000;
    const samples = Int16Array.from({ length: rate * 8 }, (_, at) => {
      const second = at / rate;
      const chord = [180, 360, 540, 900].reduce((sum, hertz) => sum + Math.sin(2 * Math.PI * hertz * second), 0);
      return Math.round(chord * 2_500 * (0.7 + 0.3 * Math.sin(2 * Math.PI * 3 * second)));
    });
    const header = Buffer.alloc(44);
    header.write("RIFF", 0);
    header.writeUInt32LE(36 + samples.byteLength, 4);
    header.write("WAVEfmt ", 8);
    header.writeUInt32LE(16, 16);
    header.writeUInt16LE(1, 20);
    header.writeUInt16LE(1, 22);
    header.writeUInt32LE(rate, 24);
    header.writeUInt32LE(rate * 2, 28);
    header.writeUInt16LE(2, 32);
    header.writeUInt16LE(16, 34);
    header.write("data", 36);
    header.writeUInt32LE(samples.byteLength, 40);
    writeFileSync(path, Buffer.concat([header, Buffer.from(samples.buffer)]));
    return path;
  }
}

/** What a page has received, and whether something came in the last half second. */
async function course(page: Page): Promise<{ course: Course; latest: { isHeard: boolean; isSeen: boolean } }> {
  const course: Course = await page.evaluate(() => (globalThis as unknown as { mediaCourse: Course }).mediaCourse);
  const [first, last] = [course.at(-6), course.at(-1)];
  const grew = (of: "audioPackets" | "frames") => first !== undefined && last !== undefined && last[of] > first[of];
  return { course, latest: { isHeard: grew("audioPackets"), isSeen: grew("frames") } };
}
