import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, firefox, type Page } from "@playwright/test";
import { path as fox, launchOptions as foxOptions } from "../firefox.mjs";
import type {
  AppointmentEntry,
  Booked,
  BookingRequest,
  PictureHeader,
  PractitionerEntry,
  StudyEntry,
} from "../src/protocol";
import type { Screens } from "../src/viewer/screens";
import type { Request } from "../src/wire";
import { expect, type Gateway, PROGRAM, person, signIn, test, withoutDevices } from "./gateway";
import { type MadeSeries, slicesOf } from "./objects";

test.use({ own: "viewing" });

const ACTS = 40;
const ACTS_BETWEEN_RESTS = 8;
const SERIES: readonly MadeSeries[] = [
  { number: 1, description: "Ondes larges", slices: 20, columns: 160, rows: 128 },
  { number: 2, description: "Ondes hautes", slices: 12, columns: 96, rows: 144 },
];

/** What one viewport of a page has on it. */
type Port = {
  series: string;
  index: number;
  frame: number;
  /** Revision of what is on show, and of the picture that is drawn. */
  picture: number;
  drawn: number | undefined;
  /** What that picture is: its own size, the surface that it is for, and which part of it is for that. */
  header: Pick<PictureHeader, "isLossless" | "index" | "width" | "height" | "part"> | undefined;
  surface: string;
  /** Pixels that the picture should have, and that the canvas has. */
  size: string;
  canvas: string;
  window: { center: number; width: number } | undefined;
  isInverted: boolean;
  view: string;
};
type Told = {
  wire: string;
  revision: number;
  presenter: string | undefined;
  layout: string;
  isOwn: boolean;
  isSteering: boolean;
  ports: (Port | null)[];
};
type Viewer = { name: string; page: Page; participant: string; isStaff: boolean };

test("five people see the same pixels of a viewing that five hands disturb", async ({ browser, gateway }) => {
  test.setTimeout(300_000);
  const seed = Number(process.env.VIEWING_SEED ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`VIEWING_SEED=${seed}`);
  const random = chance(seed);
  const folder = mkdtempSync(join(tmpdir(), "parvis-viewing-"));
  // Where there is no Firefox the guests have Chromium, too.
  const others = fox ? await firefox.launch({ channel: "moz-firefox", ...foxOptions }) : browser;
  const history: string[] = [];
  try {
    const { everybody, appointment } = await gather(browser, others, gateway);
    const files = await upload(everybody[0] as Viewer, appointment, folder, random);
    const hands = new Hands(everybody, [...files.keys()], random);
    const eye = new Eye(files, folder);
    history.push(await hands.share());
    for (let act = 1; act <= ACTS; act += 1) {
      history.push(await hands.act());
      if (act % ACTS_BETWEEN_RESTS === 0)
        await test.step(`all see the same after ${act} acts`, () => eye.compare(everybody));
    }
    const of = fox ? "two browsers" : "one browser";
    console.log(`${eye.compared} canvases of ${of} are as rendered, pixel by pixel`);
    expect(eye.compared).toBeGreaterThanOrEqual(everybody.length * (ACTS / ACTS_BETWEEN_RESTS));
  } catch (cause) {
    console.log(history.map((line, act) => `${act}. ${line}`).join("\n"));
    throw cause;
  } finally {
    if (others !== browser) await others.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The five in the call. Nobody has a camera: this is about images. */
async function gather(browser: Browser, others: Browser, gateway: Gateway) {
  const secretary = await person(browser, gateway);
  await signIn(secretary.page, gateway, "Camille Roux");
  const booked = await secretary.page.evaluate(book);
  await secretary.context.close();
  const entry: AppointmentEntry = booked.appointment;
  const guests: Viewer[] = [];
  for (const [role, size] of [
    ["patient", { width: 360, height: 740 }],
    ["relative", { width: 768, height: 1024 }],
    ["interpreter", { width: 1280, height: 800 }],
  ] as const) {
    const { page } = await without(others, gateway, size);
    const link = booked.links.find((link) => link.role === role);
    await page.goto(link?.address ?? "");
    await page.getByRole("button", { name: "Continuer" }).click();
    await page.getByRole("button", { name: "Entrer sans caméra ni micro" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText("bon endroit");
    guests.push({ name: role, page, participant: link?.participant ?? "", isStaff: false });
  }
  const staff: Viewer[] = [];
  for (const [name, size] of [
    ["Karim Benali", { width: 1440, height: 900 }],
    ["Sofia Lindqvist", { width: 1920, height: 1080 }],
  ] as const) {
    const { page } = await without(browser, gateway, size);
    await signIn(page, gateway, name);
    await page.goto(`${gateway.url}/app/consultation/${entry.appointment}`);
    await page.getByRole("button", { name: /^Entrer/ }).click();
    await page.waitForFunction(() => globalThis.parvisViewing !== undefined);
    const { participant } = entry.participants.find((each) => each.name.includes(name)) ?? { participant: "" };
    staff.push({ name, page, participant, isStaff: true });
  }
  for (const { participant } of guests)
    expect(await ask(staff[0]?.page as Page, { type: "admit", participant, isRecognised: true })).toBe("done");
  for (const { page } of guests) await expect(page.locator(".controls")).toBeVisible();
  return { everybody: [...staff, ...guests], appointment: entry.appointment };
}

async function book(): Promise<Booked> {
  const answer = async (response: Response) => {
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response.json();
  };
  const people: PractitionerEntry[] = await answer(await fetch("/api/practitioners"));
  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  const request: BookingRequest = {
    startsAt: inMinutes(5),
    endsAt: inMinutes(25),
    service: "Radiologie",
    guests: [
      { role: "patient", name: "Hélène Lefèvre", language: "fr" },
      { role: "relative", name: "Luc Lefèvre", language: "fr" },
      { role: "interpreter", name: "Ana Sousa", language: "fr" },
    ],
    practitioners: people.filter(({ name }) => /Benali|Lindqvist/.test(name)).map(({ practitioner }) => practitioner),
    note: "",
  };
  const headers = { "content-type": "application/json" };
  return answer(await fetch("/api/appointments", { method: "POST", headers, body: JSON.stringify(request) }));
}

/** Somebody without camera and microphone, whose connections can be cut. */
async function without(browser: Browser, gateway: Gateway, size: { width: number; height: number }) {
  const one = await person(browser, gateway, size);
  await withoutDevices(one.context);
  await one.context.addInitScript(() => {
    const Native = WebSocket;
    const sockets = new Set<WebSocket>();
    globalThis.WebSocket = class extends Native {
      constructor(url: string | URL) {
        super(url);
        sockets.add(this);
        this.addEventListener("close", () => sockets.delete(this));
      }
    };
    Object.assign(globalThis, {
      cutSockets() {
        for (const socket of sockets) socket.close();
      },
    });
  });
  return one;
}

/** The series in the archive, and the files of each in the order in which the program lists them. */
async function upload({ page }: Viewer, appointment: string, folder: string, random: Chance) {
  const files = SERIES.flatMap((series) => {
    const place = join(folder, String(series.number));
    mkdirSync(place);
    return slicesOf(series, random).map((buffer, slice) => {
      const name = `S${series.number}-${String(slice + 1).padStart(3, "0")}.dcm`;
      writeFileSync(join(place, name), buffer);
      return { name, mimeType: "application/dicom", buffer };
    });
  });
  await page.getByRole("tab", { name: "Examens" }).click();
  await page.locator("input[type=file]").first().setInputFiles(files);
  const seriesOf = async () => {
    const studies: StudyEntry[] = await page.evaluate(
      async (id) => (await fetch(`/api/appointments/${id}/studies`)).json(),
      appointment,
    );
    return studies.flatMap((study) => study.series);
  };
  const frames = async () => (await seriesOf()).map((each) => each.frames).sort((a, b) => a - b);
  await expect.poll(frames, { timeout: 60_000 }).toEqual(SERIES.map((each) => each.slices).sort((a, b) => a - b));
  const found = new Map<string, string[]>();
  for (const { series, description } of await seriesOf()) {
    const number = SERIES.find((each) => each.description === description)?.number;
    const place = join(folder, String(number));
    const order = JSON.parse(await run("dicom", "series", place)) as {
      series: { instances: { file: string }[] }[];
    };
    found.set(series, order.series[0]?.instances.map(({ file }) => join(place, file)) ?? []);
  }
  return found;
}

const run = async (...words: string[]) => (await promisify(execFile)(PROGRAM, words)).stdout;

/** What the gateway said to a request: `done`, or its code. */
const ask = (page: Page, request: Request): Promise<string> =>
  page.evaluate(async (request) => {
    try {
      await globalThis.parvisViewing?.wire.request(request);
      return "done";
    } catch (cause) {
      return String((cause as { code?: string }).code ?? cause);
    }
  }, request);

const told = (page: Page): Promise<Told | undefined> =>
  page.evaluate(() => {
    const screens: Screens | undefined = globalThis.parvisViewing;
    const state = screens?.viewing.state.value;
    const seen = screens?.viewing.seen.value;
    if (!screens || !state || !seen) return undefined;
    const canvases = [...document.querySelectorAll<HTMLCanvasElement>(".viewer-surface > canvas")];
    return {
      wire: screens.wire.state.value,
      revision: state.revision,
      presenter: state.presenter,
      layout: seen.layout,
      isOwn: screens.viewing.isOwn.value,
      isSteering: screens.isSteering.value,
      ports: seen.viewports.map((shown, viewport) => {
        const screen = screens.all[viewport];
        if (!shown || !screen) return null;
        const { width, height } = screen.pixels.value;
        const header = screen.drawn.value;
        const canvas = canvases[viewport];
        return {
          series: shown.series,
          index: shown.index,
          frame: shown.frame,
          picture: shown.picture,
          drawn: header?.revision,
          header,
          surface: `${header?.surfaceWidth}x${header?.surfaceHeight}`,
          size: `${width}x${height}`,
          canvas: `${canvas?.width}x${canvas?.height}`,
          window: shown.window,
          isInverted: shown.isInverted,
          view: [shown.zoom, shown.centerX, shown.centerY, shown.quarterTurns, shown.isFlipped ? 1 : 0].join(","),
        };
      }),
    };
  });

const MISSED = "nothing: that viewport has just gone";

/** What people do. Each act says what it was; what the gateway refuses changes nothing. */
class Hands {
  #staff: Viewer[];
  #everybody: Viewer[];
  #series: string[];
  #random: Chance;

  constructor(everybody: Viewer[], series: string[], random: Chance) {
    this.#everybody = everybody;
    this.#staff = everybody.filter(({ isStaff }) => isStaff);
    this.#series = series;
    this.#random = random;
  }

  /** One act of those that are possible now. */
  async act(): Promise<string> {
    const acts = [
      () => this.share(),
      () => this.share(),
      () => this.share(),
      () => this.#layOut(),
      () => this.#layOut(),
      () => this.#drag(),
      () => this.#drag(),
      () => this.#drag(),
      () => this.#wheel(),
      () => this.#wheel(),
      () => this.#key(),
      () => this.#key(),
      () => this.#window(),
      () => this.#link(),
      () => this.#give(),
      () => this.#take(),
      () => this.#askAndAnswer(),
      () => this.#follow(),
      () => this.#follow(),
      () => this.#cut(),
    ];
    return this.#one(acts)();
  }

  /** A series, in a viewport of whoever steers. */
  async share(): Promise<string> {
    const { viewer, told } = await this.#steering();
    const [series, viewport] = [this.#one(this.#series), this.#below(told?.ports.length ?? 1)];
    const answer = await ask(viewer.page, { type: "share", series, viewport, isOtherPatient: true });
    return `${viewer.name} shows ${this.#series.indexOf(series) + 1} in ${viewport}: ${answer}`;
  }

  async #layOut(): Promise<string> {
    const { viewer } = await this.#steering();
    const layout = this.#one(["one", "side_by_side", "stacked", "four"] as const);
    await viewer.page.evaluate((layout) => globalThis.parvisViewing?.wire.send({ type: "set_layout", layout }), layout);
    return `${viewer.name} lays out ${layout}`;
  }

  async #link(): Promise<string> {
    const { viewer } = await this.#steering();
    const isLinked = this.#random() < 0.6;
    const change = (isLinked: boolean) => globalThis.parvisViewing?.wire.send({ type: "set_linked", isLinked });
    await viewer.page.evaluate(change, isLinked);
    return `${viewer.name} ${isLinked ? "links" : "unlinks"}`;
  }

  async #drag(): Promise<string> {
    const on = await this.#surface();
    if (!on) return MISSED;
    const { viewer, surface, viewport } = on;
    const button = this.#one(["left", "middle", "right"] as const);
    const { mouse } = viewer.page;
    const [x, y] = [surface.x + surface.width * this.#random(0.3, 0.7), surface.y + surface.height / 2];
    await mouse.move(x, y);
    await mouse.down({ button });
    await mouse.move(x + this.#random(-80, 80), y + this.#random(-60, 60), { steps: 6 });
    await mouse.up({ button });
    return `${viewer.name} drags with the ${button} button in ${viewport}`;
  }

  async #wheel(): Promise<string> {
    const on = await this.#surface();
    if (!on) return MISSED;
    const { viewer, surface, viewport } = on;
    await viewer.page.mouse.move(surface.x + surface.width / 2, surface.y + surface.height / 2);
    const notches = 1 + this.#below(4);
    const by = this.#random() < 0.5 ? -120 : 120;
    for (let notch = 0; notch < notches; notch += 1) await viewer.page.mouse.wheel(0, by);
    return `${viewer.name} turns the wheel by ${notches} in ${viewport}`;
  }

  async #key(): Promise<string> {
    const on = await this.#surface();
    if (!on) return MISSED;
    const { viewer, viewport } = on;
    const key = this.#one(["t", "Shift+T", "h", "v", "i", "+", "-", "=", "0", "r", "PageDown", "ArrowUp"]);
    await viewer.page.evaluate((viewport) => globalThis.parvisViewing?.all[viewport]?.focus(), viewport);
    await viewer.page.keyboard.press(key);
    return `${viewer.name} presses ${key} in ${viewport}`;
  }

  async #window(): Promise<string> {
    const on = await this.#surface();
    if (!on) return MISSED;
    const { viewer, viewport } = on;
    const window = { center: Math.round(this.#random(-200, 200)), width: Math.round(this.#random(50, 900)) };
    await viewer.page.evaluate(
      ([viewport, window]) => globalThis.parvisViewing?.all[viewport]?.steering.setWindow(window),
      [viewport, window] as const,
    );
    return `${viewer.name} sets the window ${window.center}, ${window.width} in ${viewport}`;
  }

  async #give(): Promise<string> {
    const [from, to] = this.#twoOfStaff();
    const answer = await ask(from.page, { type: "give_presenting", participant: to.participant });
    return `${from.name} gives the lead to ${to.name}: ${answer}`;
  }

  async #take(): Promise<string> {
    const viewer = this.#one(this.#staff);
    return `${viewer.name} takes the lead: ${await ask(viewer.page, { type: "present" })}`;
  }

  async #askAndAnswer(): Promise<string> {
    const [by, of] = this.#twoOfStaff();
    const asked = await ask(by.page, { type: "ask_to_present", isAsking: true });
    const isGiven = this.#random() < 0.5;
    const answered = await ask(of.page, {
      type: isGiven ? "give_presenting" : "decline_asking",
      participant: by.participant,
    });
    return `${by.name} asks for the lead: ${asked}; ${isGiven ? "given" : "declined"}: ${answered}`;
  }

  async #follow(): Promise<string> {
    const viewer = this.#one(this.#staff);
    const isFollowing = (await told(viewer.page))?.isOwn === true;
    const answer = await ask(viewer.page, { type: "follow", isFollowing });
    return `${viewer.name} ${isFollowing ? "follows again" : "looks alone"}: ${answer}`;
  }

  async #cut(): Promise<string> {
    const viewer = this.#one(this.#everybody);
    await viewer.page.evaluate(() => (globalThis as unknown as { cutSockets(): void }).cutSockets());
    return `the connection of ${viewer.name} breaks`;
  }

  /** Somebody of staff who changes what they see; when there is nobody, one takes the lead. */
  async #steering(): Promise<{ viewer: Viewer; told: Told | undefined }> {
    const first = this.#below(this.#staff.length);
    const order = [...this.#staff.slice(first), ...this.#staff.slice(0, first)];
    for (const viewer of order) {
      const now = await told(viewer.page);
      if (now?.isSteering) return { viewer, told: now };
    }
    const viewer = order[0] as Viewer;
    await ask(viewer.page, { type: "present" });
    return { viewer, told: await told(viewer.page) };
  }

  /** A viewport of somebody who steers, and where it lies on their page. Another layout may have come meanwhile. */
  async #surface() {
    const { viewer } = await this.#steering();
    const surfaces = viewer.page.locator(".viewer-surface");
    const viewport = this.#below(Math.max(1, await surfaces.count()));
    const surface = await surfaces
      .nth(viewport)
      .boundingBox({ timeout: 2_000 })
      .catch(() => null);
    return surface ? { viewer, viewport, surface } : undefined;
  }

  #twoOfStaff(): [Viewer, Viewer] {
    const first = this.#below(this.#staff.length);
    return [this.#staff[first] as Viewer, this.#staff[(first + 1) % this.#staff.length] as Viewer];
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#below(of.length)] as T;
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
}

/** Compares what is on the pages at rest: with one another, and with what the program renders of the files. */
class Eye {
  /** Canvases that were compared pixel by pixel. */
  compared = 0;
  #files: Map<string, string[]>;
  #folder: string;
  #rendered = new Map<string, string>();

  constructor(files: Map<string, string[]>, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  async compare(everybody: readonly Viewer[]): Promise<void> {
    let all: Told[] = [];
    await expect(async () => {
      all = await Promise.all(
        everybody.map(async ({ name, page }) => {
          const now = await told(page);
          expect(now, `${name} has a viewer`).toBeDefined();
          return now as Told;
        }),
      );
      for (const [place, { wire, ports }] of all.entries()) {
        const name = everybody[place]?.name;
        expect(wire, `the connection of ${name}`).toBe("open");
        for (const [viewport, port] of ports.entries()) {
          if (!port) continue;
          const { picture, index, drawn, header, surface, size, canvas } = port;
          const at = { drawn, index: header?.index, isSharp: header?.isLossless, surface, canvas };
          expect(at, `viewport ${viewport} of ${name} at rest`).toEqual({
            drawn: picture,
            index,
            isSharp: true,
            surface: size,
            canvas: size,
          });
        }
      }
      const shared = all.map(({ revision, presenter }) => ({ revision, presenter }));
      expect(shared).toEqual(shared.map(() => shared[0]));
      const looks = all.filter(({ isOwn }) => !isOwn).map(lookOf);
      expect(looks).toEqual(looks.map(() => looks[0]));
    }).toPass({ timeout: 30_000, intervals: [100, 200, 400] });
    for (const [place, { ports }] of all.entries()) {
      const { name, page } = everybody[place] as Viewer;
      for (const [viewport, port] of ports.entries()) {
        if (!port) continue;
        const about = `viewport ${viewport} of ${name}: ${JSON.stringify(port)}`;
        // At rest nobody shares a picture.
        expect(port.header?.part, about).toEqual([0, 0, ...port.size.split("x").map(Number)]);
        const { size, different } = await page.evaluate(differences, { png: await this.#render(port), viewport });
        expect(size, about).toBe(port.size);
        expect(different, `pixels of ${about}`).toBe(0);
        this.compared += 1;
      }
    }
  }

  /** What the program makes of the file for that screen, as PNG in base 64. */
  async #render({ series, index, frame, window, isInverted, size, view }: Port): Promise<string> {
    const file = this.#files.get(series)?.[index];
    if (!file || !window) throw new Error(`there is no file for place ${index}`);
    const words = ["dicom", "render", file, "--frame", String(frame), "--size", size, "--view", view];
    words.push("--window", `${window.center},${window.width}`, ...(isInverted ? ["--inverted"] : []));
    const key = words.join(" ");
    const known = this.#rendered.get(key);
    if (known !== undefined) return known;
    const out = join(this.#folder, "picture.png");
    await run(...words, "--out", out);
    const png = readFileSync(out).toString("base64");
    this.#rendered.set(key, png);
    return png;
  }
}

/** What is the same for all who follow, whatever their screens. */
const lookOf = ({ layout, ports }: Told) => ({
  layout,
  ports: ports.map((port) => {
    if (!port) return null;
    const { series, index, picture, window, isInverted, view } = port;
    return { series, index, picture, window, isInverted, view };
  }),
});

/** How many levels of a canvas are others than those of a PNG. */
async function differences({ png, viewport }: { png: string; viewport: number }) {
  const canvas = document.querySelectorAll<HTMLCanvasElement>(".viewer-surface > canvas")[viewport];
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const context = canvas?.getContext("2d");
  if (!canvas || !context) throw new Error("no canvas");
  const { width, height } = picture;
  const beside = new OffscreenCanvas(width, height).getContext("2d", { alpha: false });
  if (!beside) throw new Error("no canvas beside it");
  beside.drawImage(picture, 0, 0);
  const wanted = beside.getImageData(0, 0, width, height).data;
  const seen = context.getImageData(0, 0, canvas.width, canvas.height).data;
  let different = Math.abs(wanted.length - seen.length);
  for (const [at, level] of wanted.entries()) if (level !== (seen[at] ?? 0)) different += 1;
  return { size: `${canvas.width}x${canvas.height}`, different };
}

/** A number from 0 to 1, or within bounds. */
type Chance = (low?: number, high?: number) => number;

/** The same numbers for the same seed (mulberry32): from 0 to 1, or within bounds. */
function chance(seed: number): Chance {
  let state = seed >>> 0;
  return (low = 0, high = 1) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return low + (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (high - low);
  };
}
