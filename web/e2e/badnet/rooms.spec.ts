import { type Browser, expect, type Page, test } from "@playwright/test";
import { stats } from "../gateway";
import type { BrowserName } from "./browsers";
import { admit, atHospital, type Hospital } from "./hospital";
import { expectAllLive } from "./live";
import { figure } from "./network";

const SEED = 2026_17;
const STEPS = 20;

type Who = "doctor" | "patient" | "relative";
const EVERYBODY: readonly Who[] = ["doctor", "patient", "relative"];

/** Numbers from 0 to 1 that the seed alone decides (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Who is in the room, and how they come and go. */
class Room {
  readonly pages: Partial<Record<Who, Page>> = {};
  #hospital: Hospital;
  #browsers: Record<BrowserName, Browser>;
  #arrivals = 0;

  constructor(hospital: Hospital, browsers: Record<BrowserName, Browser>) {
    this.#hospital = hospital;
    this.#browsers = browsers;
  }

  /** Comes with a browser that knows nothing of earlier visits. The answer is which one. */
  async join(who: Who): Promise<BrowserName> {
    if (who === "doctor") {
      this.pages.doctor = await this.#hospital.doctor();
      return "chromium";
    }
    const name = who === "patient" || this.#arrivals++ % 2 === 1 ? "firefox" : "chromium";
    const page = await this.#hospital.guest(this.#browsers[name]);
    await page.goto(this.#hospital.links[who]);
    await page.getByRole("button", { name: "Continuer" }).click();
    const wayIn = page.getByRole("button", { name: "Entrer dans la salle d’attente" });
    // The page of the test stands there until the gateway has said where this person is: whose place was kept goes on at once.
    await expect.poll(async () => (await stats(page)).self).not.toBe("");
    await expect(wayIn.or(page.locator(".controls")).first()).toBeVisible();
    if (await wayIn.isVisible()) {
      await wayIn.click();
      const { doctor } = this.pages;
      if (!doctor) throw new Error("nobody is there to let anybody in");
      await admit(doctor, page);
    }
    this.pages[who] = page;
    return name;
  }

  /** Says good-bye, or shuts the browser without a word. */
  async leave(who: Who, isPolite: boolean): Promise<void> {
    const page = this.pages[who];
    if (!page) throw new Error(`${who} is not in the room`);
    delete this.pages[who];
    if (isPolite && who === "doctor") {
      await page.getByRole("button", { name: "Quitter sans terminer" }).click();
      await expect(page.getByText("Vous avez quitté la consultation.")).toBeVisible();
    } else if (isPolite) {
      await page.locator(".controls").getByRole("button", { name: "Quitter" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Quitter" }).click();
      await expect(page.locator(".controls")).toHaveCount(0);
    }
    await page.context().close();
  }
}

test("in a room of three, Chromium and Firefox mixed, all see and hear each other however they come and go", async () => {
  test.setTimeout(1_200_000);
  await atHospital(SEED, "0s both delay=20ms\n", {}, async (hospital, network) => {
    network.go();
    const chance = dice(SEED);
    const browsers = {
      chromium: await hospital.browsers.chromium("near"),
      firefox: await hospital.browsers.firefox(),
    };
    const room = new Room(hospital, browsers);
    for (const who of EVERYBODY) await room.join(who);
    const times = [await expectAllLive(room.pages)];
    for (let step = 1; step <= STEPS; step += 1) {
      // A room of one proves nothing, and nobody but the doctor lets anybody in.
      const absent = EVERYBODY.filter((who) => !room.pages[who]);
      const who = absent[0] ?? EVERYBODY[Math.floor(chance() * EVERYBODY.length)] ?? "patient";
      const gone: string[] = [];
      let how: string;
      if (absent.length > 0) how = `comes with ${await room.join(who)}`;
      else {
        const isPolite = chance() < 0.5;
        const page = room.pages[who];
        if (isPolite && page) gone.push((await stats(page)).self);
        await room.leave(who, isPolite);
        how = isPolite ? "says good-bye" : "goes without a word";
      }
      const ms = await test.step(`step ${step}: the ${who} ${how}`, () => expectAllLive(room.pages, gone));
      console.log(`      step ${step}: the ${who} ${how}; all live after ${ms} ms`);
      times.push(ms);
    }
    figure("net.rooms.all_live_ms", times, `three people, after each of ${STEPS} joins and leaves`);
  });
});
