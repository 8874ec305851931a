import type { Locator, Page } from "@playwright/test";
import { canvas, expect, expectAccessible, person, signIn, test, withoutDevices } from "./gateway";

test.use({ own: "keyboard" });

/** 400 % of 1280 x 1024 (WCAG 2.2, 1.4.10). */
const SMALL = { width: 320, height: 256 };

test("a doctor shows and steers a CT by keys alone, and nothing is cut off where it is small", async ({
  browser,
  gateway,
}) => {
  test.setTimeout(300_000);
  const patient = await person(browser, gateway, { width: 360, height: 740 });
  await withoutDevices(patient.context);
  await patient.page.goto(gateway.patientLink);
  await go(patient.page, patient.page.getByRole("button", { name: "Continuer" }));
  await go(patient.page, patient.page.getByRole("button", { name: "Entrer sans caméra ni micro" }));
  await expect(patient.page.getByRole("heading", { level: 1 })).toContainText("bon endroit");

  const doctor = await person(browser, gateway, { width: 1440, height: 900 });
  await withoutDevices(doctor.context);
  const { page } = doctor;
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  await signIn(page, gateway, "Claire Martin");
  await go(page, page.getByRole("link", { name: "Faire entrer" }).first());
  await go(page, page.getByRole("button", { name: /^Entrer/ }));
  await go(page, page.getByRole("button", { name: "Je vois qui c’est" }));
  await expect(patient.page.locator(".controls")).toBeVisible();

  await test.step("a series is chosen", async () => {
    await reach(page, page.getByRole("tab", { selected: true }));
    await page.keyboard.press("ArrowRight");
    await expect(page.getByRole("tab", { selected: true })).toHaveText("Examens");
    const show = page
      .getByRole("tabpanel")
      .getByRole("button", { name: /^Montrer CT/ })
      .first();
    // The demonstration makes its studies after it has begun.
    await expect(show).toBeVisible({ timeout: 60_000 });
    await go(page, show);
    await expect.poll(async () => (await canvas(page)).mean, { timeout: 20_000 }).toBeGreaterThan(5);
    await expectAccessible(page);
  });

  await test.step("every key does what the help says", async () => {
    await reach(page, page.locator(".viewer-surface"));
    for (const [key, facet] of KEYS) {
      const before = (await look(page))[facet];
      await page.keyboard.press(key);
      await expect.poll(async () => (await look(page))[facet], { message: `${key} changes ${facet}` }).not.toBe(before);
    }
    await page.keyboard.down("p");
    await expect.poll(async () => (await look(page)).pointers).toBe(1);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.up("p");
    await expect.poll(async () => (await look(page)).pointers).toBe(0);
  });

  await test.step("every tool of the bar has a button that a key presses", async () => {
    for (const [name, facet] of IN_BAR) await press(page, button(name), facet);
    await reach(page, page.getByRole("slider", { name: "Coupe" }));
    await changes(page, "ArrowRight", "index");
    await reach(page, page.getByRole("combobox", { name: "Fenêtre" }));
    await changes(page, "ArrowDown", "window");
    await reach(page, page.getByRole("combobox", { name: "Ce que fait un glissement" }));
    await changes(page, "ArrowDown", "tool");
    await changes(page, "ArrowUp", "tool");
    for (const name of ["Loupe", "Loupe plus forte", "Loupe moins forte"] as const)
      await press(page, button(name), name === "Loupe" ? "tool" : "magnifier");
    await expectAccessible(page);
    await press(page, button("Loupe"), "tool");
  });

  await test.step("every tool under More", async () => {
    await open(page, "Plus d’outils");
    await expectAccessible(page);
    for (const [name, facet] of UNDER_MORE) await press(page, button(name), facet);
    await close(page, "Plus d’outils");
  });

  await test.step("the help, and other keys", async () => {
    await reach(page, page.locator(".viewer-surface"));
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog")).toContainText("miroir gauche-droite");
    await expectAccessible(page);
    await go(page, button("Changer les touches…"));
    await expectAccessible(page);
    await go(page, page.getByRole("button", { name: /^Ajouter une touche pour\s:\sinverser/ }));
    await page.keyboard.press("j");
    await expect(page.getByRole("button", { name: /^Retirer la touche J de\s:\sinverser/i })).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toBeHidden();
    await reach(page, page.locator(".viewer-surface"));
    await changes(page, "j", "isInverted");
    await changes(page, "i", "isInverted");
  });

  await test.step("a sentence, and the name", async () => {
    await open(page, "Partage (phrase, nom, main)");
    await expectAccessible(page);
    await reach(page, page.getByLabel("Ce que l’on voit", { exact: true }));
    await page.keyboard.type("Le poumon droit");
    await page.keyboard.press("Enter");
    await expect(patient.page.locator(".viewer-description")).toContainText("Le poumon droit");
    await reach(page, page.getByLabel("Montrer le nom du patient aux invités"));
    await page.keyboard.press("Space");
    await expect(page.getByLabel("Montrer le nom du patient aux invités")).toBeChecked();
    await page.keyboard.press("Space");
    await expect(page.getByLabel("Montrer le nom du patient aux invités")).not.toBeChecked();
    await close(page, "Partage (phrase, nom, main)");
  });

  await test.step("several views, and the way among them", async () => {
    await open(page, "Disposition des vues");
    await expectAccessible(page);
    await press(page, button("Quatre vues"), "layout");
    await expect(page.locator(".viewer-surface")).toHaveCount(4);
    await reach(page, page.getByLabel("Faire défiler ensemble"));
    await changes(page, "Space", "isLinked");
    await close(page, "Disposition des vues");
    await expectAccessible(page);
    await expectAccessible(patient.page);
    await reach(page, page.locator(".viewer-surface").first());
    for (const [key, number] of [
      ["F6", 2],
      ["F6", 3],
      ["Shift+F6", 2],
      ["Shift+F6", 1],
    ] as const) {
      await page.keyboard.press(key);
      await expect(page.locator(".viewer-surface:focus")).toHaveAttribute("aria-label", RegExp(`^Vue ${number}`));
      await expect(page.locator('.viewer-surface[aria-current="true"]')).toHaveAttribute(
        "aria-label",
        RegExp(`^Vue ${number}`),
      );
    }
  });

  await test.step("four views and one are not cut off at 400 %", async () => {
    for (const viewer of [page, patient.page]) {
      await viewer.setViewportSize(SMALL);
      await expect.poll(() => cutOff(viewer)).toEqual([]);
      await expectAccessible(viewer);
    }
    await open(page, "Disposition des vues");
    await press(page, button("Une vue"), "layout");
    await expect(page.locator(".viewer-surface")).toHaveCount(1);
    // The focus goes elsewhere, and the panel still closes.
    await page.locator(".viewer-surface").focus();
    await page.keyboard.press("Escape");
    await expect(button("Disposition des vues")).toHaveAttribute("aria-expanded", "false");
  });

  await test.step("nothing is cut off at 400 %", async () => {
    for (const viewer of [page, patient.page]) {
      await viewer.setViewportSize(SMALL);
      await expect.poll(() => cutOff(viewer)).toEqual([]);
      await expectAccessible(viewer);
    }
    for (const name of ["Plus d’outils", "Partage (phrase, nom, main)"]) {
      await open(page, name);
      await expect.poll(() => cutOff(page), { message: name }).toEqual([]);
      await expectAccessible(page);
      await close(page, name);
    }
  });
  for (const { context } of [patient, doctor]) await context.close();
});

type Look = Awaited<ReturnType<typeof look>>;

/** What keys and buttons change. */
const look = (page: Page) =>
  page.evaluate(() => {
    const screens = globalThis.parvisViewing;
    const seen = screens?.viewing.seen.value;
    const shown = screens?.current.shown.value;
    const player = screens?.current.player;
    return {
      index: shown?.index,
      zoom: shown?.zoom,
      center: `${shown?.centerX} ${shown?.centerY}`,
      turn: `${shown?.quarterTurns} ${shown?.isFlipped}`,
      isInverted: shown?.isInverted,
      window: JSON.stringify(shown?.window),
      tool: screens?.tool.value ?? "",
      spot: JSON.stringify(screens?.magnifier.spot.value),
      magnifier: JSON.stringify(screens?.magnifier.factor.value),
      pointers: screens?.current.pointers.all.value.size,
      isPlaying: player?.playing.value !== undefined,
      speed: player?.speed.value,
      isSweep: player?.isSweep.value,
      layout: seen?.layout,
      isLinked: seen?.isLinked,
      isPresenting: screens?.isPresenting.value,
    };
  });

/** Keys in an order in which each has something to change. */
const KEYS: readonly (readonly [string, keyof Look])[] = [
  ["ArrowDown", "index"],
  ["ArrowUp", "index"],
  ["ArrowRight", "index"],
  ["ArrowLeft", "index"],
  ["PageDown", "index"],
  ["PageUp", "index"],
  ["End", "index"],
  ["Home", "index"],
  ["+", "zoom"],
  ["-", "zoom"],
  ["+", "zoom"],
  ["Shift+ArrowLeft", "center"],
  ["Shift+ArrowRight", "center"],
  ["Shift+ArrowUp", "center"],
  ["Shift+ArrowDown", "center"],
  ["=", "zoom"],
  ["0", "zoom"],
  ["b", "window"],
  ["d", "window"],
  ["n", "window"],
  ["w", "window"],
  ["2", "window"],
  ["1", "window"],
  ["t", "turn"],
  ["[", "turn"],
  ["]", "turn"],
  ["Shift+T", "turn"],
  ["h", "turn"],
  ["v", "turn"],
  ["i", "isInverted"],
  ["r", "isInverted"],
  ["z", "tool"],
  ["Shift+Z", "tool"],
  ["Shift+W", "tool"],
  ["Escape", "tool"],
  ["g", "tool"],
  ["ArrowLeft", "spot"],
  ["+", "magnifier"],
  ["-", "magnifier"],
  ["g", "tool"],
  ["Space", "isPlaying"],
  [">", "speed"],
  ["<", "speed"],
  ["c", "isPlaying"],
];

const IN_BAR: readonly (readonly [string, keyof Look])[] = [
  ["Lire", "isPlaying"],
  ["Pause", "isPlaying"],
  ["Plus vite", "speed"],
  ["Moins vite", "speed"],
  ["En boucle", "isSweep"],
  ["En va-et-vient", "isSweep"],
  ["Suivante", "index"],
  ["Précédente", "index"],
  ["Agrandir", "zoom"],
  ["Réduire", "zoom"],
  ["Agrandir", "zoom"],
  ["Ajuster", "zoom"],
  ["Pointer", "tool"],
  ["Pointer", "tool"],
];

const UNDER_MORE: readonly (readonly [string, keyof Look])[] = [
  ["Tourner à gauche", "turn"],
  ["Tourner à droite", "turn"],
  ["Miroir gauche-droite", "turn"],
  ["Miroir haut-bas", "turn"],
  ["Pixel pour pixel (1 : 1)", "zoom"],
  ["Inverser les gris", "isInverted"],
  ["Plus clair", "window"],
  ["Plus sombre", "window"],
  ["Plus de contraste", "window"],
  ["Moins de contraste", "window"],
  ["Vers la gauche", "center"],
  ["Vers la droite", "center"],
  ["Vers le haut", "center"],
  ["Vers le bas", "center"],
  ["Tout remettre", "isInverted"],
];

/** More stops than the page has. */
const STOPS = 200;

/** Goes to an element by Tab alone; the focus must be seen there. */
async function reach(page: Page, target: Locator) {
  await expect(target).toBeVisible();
  for (let stop = 0; stop < STOPS; stop += 1) {
    const seen = await target.evaluate((element) => {
      if (element !== document.activeElement) return undefined;
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const isOnScreen = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
      const marked = [element, ...element.querySelectorAll("*")].some((each) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each);
        return (outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0) || boxShadow !== "none";
      });
      return { isOnScreen, marked };
    });
    if (seen) {
      expect(seen, `the focus on ${target}`).toEqual({ isOnScreen: true, marked: true });
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`no Tab leads to ${target}`);
}

/** Goes to a button by Tab, and presses it. */
async function go(page: Page, target: Locator) {
  await reach(page, target);
  await page.keyboard.press("Enter");
}

async function changes(page: Page, key: string, facet: keyof Look) {
  const before = (await look(page))[facet];
  await page.keyboard.press(key);
  await expect.poll(async () => (await look(page))[facet], { message: `${key} changes ${facet}` }).not.toBe(before);
}

async function press(page: Page, target: Locator, facet: keyof Look) {
  await reach(page, target);
  const before = (await look(page))[facet];
  await page.keyboard.press("Enter");
  await expect.poll(async () => (await look(page))[facet], { message: `${target} changes ${facet}` }).not.toBe(before);
}

async function open(page: Page, name: string) {
  const opener = page.getByRole("button", { name, exact: true });
  await go(page, opener);
  await expect(opener).toHaveAttribute("aria-expanded", "true");
}

/** Escape closes a panel from within, and the focus is where it was opened. */
async function close(page: Page, name: string) {
  const opener = page.getByRole("button", { name, exact: true });
  await page.keyboard.press("Escape");
  await expect(opener).toHaveAttribute("aria-expanded", "false");
  await expect(opener).toBeFocused();
}

/** What of a page cannot be seen or reached because there is no room. */
const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const faults: string[] = [];
    const wide = document.documentElement.scrollWidth;
    if (wide > innerWidth) {
      const beyond = [...document.body.querySelectorAll("*")].filter(
        (element) => element.getBoundingClientRect().right > innerWidth,
      );
      faults.push(`the page is ${wide} wide: ${beyond.map((each) => `${each.tagName}.${each.className}`).slice(0, 8)}`);
    }
    // What is open lies over the rest.
    const scope = document.querySelector("dialog[open], .viewer-panel:not([hidden])") ?? document.body;
    const controls = "button, select, input:not([type=file]), textarea, a, [role=tab], [tabindex='0']";
    for (const element of scope.querySelectorAll<HTMLElement>(
      `${controls}, p, h1, h2, h3, legend, label, dt, dd, li, option`,
    )) {
      const isShown = element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
      if (!isShown || element.closest(".spoken, .skip, [aria-hidden=true]")) continue;
      element.scrollIntoView({ block: "center", inline: "nearest" });
      const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
      if (width < 2 || height < 2) continue;
      const name = `${element.tagName} ${element.getAttribute("aria-label") ?? element.textContent?.slice(0, 40)}`;
      if (left < -1 || right > innerWidth + 1) faults.push(`${name}: ${left} to ${right}`);
      const { overflowX, overflowY } = getComputedStyle(element);
      const isTight = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
      if (isTight && (overflowX === "hidden" || overflowX === "clip")) faults.push(`${name}: too narrow for its words`);
      const isLow = element.scrollHeight > element.clientHeight + 1 && element.clientHeight > 0;
      if (isLow && (overflowY === "hidden" || overflowY === "clip")) faults.push(`${name}: too low for its words`);
      if (!element.matches(controls)) continue;
      const [x, y] = [(left + right) / 2, (Math.max(0, top) + Math.min(innerHeight, bottom)) / 2];
      const hit = document.elementFromPoint(x, y);
      const label = element instanceof HTMLInputElement ? element.labels?.[0] : undefined;
      const isFree = hit !== null && [element, label].some((each) => each?.contains(hit) || hit.contains(each ?? null));
      if (!isFree) faults.push(`${name}: at ${x}, ${y} lies ${hit?.outerHTML.slice(0, 80)}`);
    }
    return faults;
  });
