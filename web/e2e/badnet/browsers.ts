import { chmodSync, existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Browser, chromium, firefox } from "@playwright/test";
import { path as chromiumProgram, launchOptions } from "../../chromium.mjs";
import { SERVER_NAMESPACE } from "./network";

export type BrowserName = "chromium" | "firefox";

const firefoxProgram = [process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"].find(
  (path) => path !== undefined && existsSync(path),
);

/** What browsers are to trust beside what they trust anyway. */
export type Trust = {
  /** PEM file of who vouches for the gateway's certificate. */
  authority: string;
  /** SHA-256 of the public key of the gateway's certificate, in base 64. */
  keyDigest: string;
};

/** Browsers of the system, each with a process of its own. All end together. */
export class Browsers {
  #folder: string;
  #trust: Trust | undefined;
  #open: Browser[] = [];

  constructor(folder: string, trust?: Trust) {
    this.#folder = folder;
    this.#trust = trust;
  }

  /** Chromium, in the client's namespace or beside the gateway. */
  async chromium(side: "near" | "far"): Promise<Browser> {
    const browser = await chromium.launch({
      ...launchOptions,
      ...(side === "far" ? { executablePath: this.#beside() } : {}),
      args: [
        ...launchOptions.args,
        `--use-file-for-fake-audio-capture=${this.#voice()}`,
        // Counts for HTTPS, WebSockets and the relay over TLS, and leaves the system's store of certificates alone.
        ...(this.#trust ? [`--ignore-certificate-errors-spki-list=${this.#trust.keyDigest}`] : []),
      ],
    });
    this.#open.push(browser);
    return browser;
  }

  /** Stock Firefox, in the client's namespace. Its connections are as a patient's: nothing about ICE is set. */
  async firefox(): Promise<Browser> {
    if (!firefoxProgram) throw new Error("this machine has no Firefox");
    const browser = await firefox.launch({
      channel: "moz-firefox",
      executablePath: this.#withPolicies(firefoxProgram),
      firefoxUserPrefs: {
        "media.navigator.streams.fake": true,
        "media.navigator.permission.disabled": true,
        "media.autoplay.default": 0,
        "media.gmp-manager.updateEnabled": false,
        "intl.accept_languages": "fr-FR, fr",
      },
    });
    this.#open.push(browser);
    return browser;
  }

  open(name: BrowserName): Promise<Browser> {
    return name === "firefox" ? this.firefox() : this.chromium("near");
  }

  async close(): Promise<void> {
    for (const browser of this.#open.splice(0)) await browser.close();
  }

  /** A browser of the system that runs in the server's namespace. */
  #beside(): string {
    return this.#script("chromium", `exec ip netns exec ${SERVER_NAMESPACE} ${chromiumProgram} "$@"`);
  }

  /** Firefox takes an authority from a hospital's policies, which it reads in its own folder: there they are for this process alone. */
  #withPolicies(program: string): string {
    if (!this.#trust) return program;
    const policies = join(this.#folder, "policies");
    mkdirSync(policies, { recursive: true });
    const certificates = { ImportEnterpriseRoots: false, Install: [this.#trust.authority] };
    writeFileSync(join(policies, "policies.json"), JSON.stringify({ policies: { Certificates: certificates } }));
    const place = join(dirname(realpathSync(program)), "distribution");
    const put = `mount --bind ${policies} ${place} && exec ${program} "$@"`;
    return this.#script("firefox", `exec unshare --mount sh -c '${put}' firefox "$@"`);
  }

  #script(name: string, line: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, `#!/bin/sh\n${line}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** Sound that never pauses, so that silence is a fault: a chord that swells, as WAV. */
  #voice(): string {
    const path = join(this.#folder, "voice.wav");
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
