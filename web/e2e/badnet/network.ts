import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What scripts/badnet.sh has set. */
export const named = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: scripts/badnet.sh starts these tests`);
  return value;
};

/** Where the gateway is, and where the patient's browser and these tests are. */
export const SERVER_NAMESPACE = named("SERVER_NAMESPACE");
export const CLIENT_NAMESPACE = named("CLIENT_NAMESPACE");
const FAR_ADDRESS = named("FAR_ADDRESS");
const NEAR_ADDRESS = "10.77.0.2";

const ip = (...words: string[]) => execFileSync("ip", words, { stdio: ["ignore", "ignore", "inherit"] });

/** How often each fate was met, by direction. */
export type Counts = Record<"up" | "down", Record<"delivered" | "lost" | "overflowed" | "blacked" | "blocked", number>>;

/** The network between the two namespaces. It is a wire until it goes. */
export class Network {
  #bridge: ChildProcess;
  #address = NEAR_ADDRESS;
  #ended: Promise<void>;
  #counts: Partial<Counts> = {};
  #localhost: "far" | "near";
  /** When the schedule began, in milliseconds since 1970. */
  begunAt = 0;

  private constructor(bridge: ChildProcess, ended: Promise<void>, localhost: "far" | "near") {
    this.#bridge = bridge;
    this.#ended = ended;
    this.#localhost = localhost;
  }

  /**
   * Lays it: a schedule as tests/badnet/schedule.rs reads it, and the seed of its luck. On the client's side localhost is the
   * server's, for the demonstration, which listens nowhere else; or the client's own, which Firefox needs: Playwright talks to it
   * over a socket there.
   */
  static async lay(
    folder: string,
    seed: number,
    schedule: string,
    localhost: "far" | "near" = "far",
  ): Promise<Network> {
    const file = join(folder, "schedule");
    writeFileSync(file, schedule);
    const bridge = spawn(named("BADNET"), ["near", "far", String(seed), file], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: bridge.stdout });
    const ended = new Promise<void>((done) => bridge.once("exit", () => done()));
    const network = new Network(bridge, ended, localhost);
    await new Promise<void>((ready, fail) => {
      bridge.once("error", fail);
      bridge.once("exit", (code) => fail(new Error(`the network ended with ${code}`)));
      lines.on("line", (line) => (line === "ready" ? ready() : network.#hear(line)));
    });
    // The bridge has made both devices in this namespace; one of them belongs into the other.
    ip("link", "set", "far", "netns", SERVER_NAMESPACE);
    ip("-n", SERVER_NAMESPACE, "address", "add", `${FAR_ADDRESS}/24`, "dev", "far");
    ip("-n", SERVER_NAMESPACE, "link", "set", "far", "up");
    ip("address", "add", `${NEAR_ADDRESS}/24`, "dev", "near");
    ip("link", "set", "near", "up");
    if (localhost === "near") ip("address", "add", "127.0.0.1/8", "dev", "lo");
    network.#route();
    return network;
  }

  /** Starts the schedule. */
  go(): void {
    this.begunAt = Date.now();
    this.#bridge.stdin?.write("go\n");
  }

  /** Waits until so many seconds of the schedule are over. */
  async until(seconds: number): Promise<void> {
    await new Promise((done) => setTimeout(done, Math.max(0, this.at(seconds) - Date.now())));
  }

  /** That time of the schedule in milliseconds since 1970. */
  at(seconds: number): number {
    return this.begunAt + seconds * 1_000;
  }

  /** Takes it away. */
  async end(): Promise<Partial<Counts>> {
    this.#bridge.stdin?.end();
    await this.#ended;
    if (this.#localhost === "near") ip("address", "delete", "127.0.0.1/8", "dev", "lo");
    return this.#counts;
  }

  #route(): void {
    if (this.#localhost === "far") ip("route", "replace", "127.0.0.1/32", "dev", "near", "src", this.#address);
  }

  #hear(line: string): void {
    const [word, ...rest] = line.split(" ");
    if (word === "address" && rest[0]) this.#move(rest[0]);
    if (word === "up" || word === "down") {
      const counts = Object.fromEntries(
        rest.map((pair) => pair.split("=")).map(([name, value]) => [name, Number(value)]),
      );
      this.#counts[word] = counts as Counts["up"];
    }
  }

  /** The client's address becomes another one, as when a telephone changes from Wi-Fi to mobile: whatever was bound to the old one is lost. */
  #move(address: string): void {
    ip("address", "delete", `${this.#address}/24`, "dev", "near");
    ip("address", "add", `${address}/24`, "dev", "near");
    this.#address = address;
    this.#route();
  }
}

/** Keeps a figure for `make bench`. */
export function figure(name: string, values: number[], note: string): void {
  console.log(`      ${name}: ${values.map((value) => Math.round(value * 10) / 10).join(", ")}; ${note}`);
  if (process.env.FIGURES) appendFileSync(process.env.FIGURES, `${JSON.stringify({ name, values, note })}\n`);
}
