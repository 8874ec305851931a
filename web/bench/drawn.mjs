// Measures a window/level drag in Chromium: from a movement of the presenter's mouse to the picture of that window drawn on
// the canvas. Each step begins when the picture of the one before is drawn, at any moment between two frames of the screen.
// Prints, as JSON on stdout, {samples_ms, sent_ms, arrived_ms, browser, surface}: a value a step, all from the movement.
//
//   node web/bench/drawn.mjs http://localhost:8080 APPOINTMENT DOCTOR STEPS
import { chromium } from "@playwright/test";
import { launchOptions } from "../chromium.mjs";

const [base, appointment, name, steps] = process.argv.slice(2);
if (!steps) {
  console.error("usage: drawn.mjs BASE APPOINTMENT DOCTOR STEPS");
  process.exit(2);
}

const LIMIT_MS = 60_000;
const STEP_LIMIT_MS = 10_000;
// Steps before the measurement, so that everything is as it is in the middle of a drag.
const WARM_UP = 20;
const FRAME_MS = 1000 / 60;
// The drag goes up and down over so many pixels, and to the right at each turn: no window comes twice.
const SWING = 60;
const STEP_PIXELS = 2;

const browser = await chromium.launch(launchOptions);

/**
 * Runs in the page before its own scripts. A step is the movement, the `set_window` that it makes, the state that carries
 * just that window, and the first picture of this state or a newer one that is drawn. Which picture a drawing is of, the page
 * says itself: it acknowledges the picture in the task in which it has drawn it, after those that it has skipped.
 */
function watchDrag() {
  const revisions = new Map();
  const arrivals = new Map();
  let step;
  let acknowledged;
  const now = () => performance.now();
  // Numbers may lose their last digit on the way; a step changes them by far more.
  const isSame = (one, other) => Math.hypot(one.center - other.center, one.width - other.width) < 1e-6;
  globalThis.surfaceTold = undefined;
  // Both may tell of one movement; the first counts.
  let place;
  for (const type of ["pointerrawupdate", "pointermove"])
    addEventListener(
      type,
      (event) => {
        const to = `${event.clientX} ${event.clientY}`;
        if (event.buttons === 1 && to !== place) step = { movedAt: event.timeStamp };
        place = to;
      },
      { capture: true },
    );
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data }) => {
        if (typeof data === "string") {
          const message = JSON.parse(data);
          const shown = message.type === "viewing" ? message.viewports[0] : undefined;
          if (step?.window && shown?.window && isSame(shown.window, step.window)) step.revision ??= shown.picture;
          return;
        }
        const length = new DataView(data).getUint32(0, true);
        const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
        if (header.sequence === undefined) return;
        revisions.set(header.sequence, header.revision);
        arrivals.set(header.sequence, now());
      });
    }
    send(data) {
      const message = typeof data === "string" ? JSON.parse(data) : {};
      if (message.type === "set_window" && step && !step.window) {
        step.window = { center: message.center, width: message.width };
        step.sentAt = now();
      }
      if (message.type === "surface") globalThis.surfaceTold = [message.width, message.height];
      if (message.type === "drawn") acknowledged = message.sequence;
      super.send(data);
    }
  };
  const { drawImage } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.drawImage = function (...args) {
    drawImage.apply(this, args);
    const drawnAt = now();
    acknowledged = undefined;
    queueMicrotask(() => {
      const revision = revisions.get(acknowledged);
      if (step?.revision === undefined || revision === undefined || revision < step.revision) return;
      const { movedAt, sentAt } = step;
      const arrivedAt = arrivals.get(acknowledged);
      step = undefined;
      void globalThis.tellStep({ drawn: drawnAt - movedAt, sent: sentAt - movedAt, arrived: arrivedAt - movedAt });
    });
  };
}

const context = await browser.newContext({
  viewport: { width: 1440, height: 900 },
  locale: "fr-FR",
  timezoneId: "Europe/Paris",
  permissions: ["camera", "microphone"],
});
context.setDefaultTimeout(LIMIT_MS);
let onStep = () => undefined;
await context.exposeFunction("tellStep", (step) => onStep(step));
await context.addInitScript(watchDrag);
const page = await context.newPage();
page.on("pageerror", (error) => console.error(`page error: ${error.message}`));
await page.goto(`${base}/login?return_to=/app/consultation/${appointment}`);
await page.getByText(name).click();
await page
  .getByRole("button", { name: /^Entrer/ })
  .first()
  .click();
await page.getByRole("tab", { name: "Examens" }).click();
await page
  .getByRole("tabpanel")
  .getByRole("button", { name: /^Montrer CT/ })
  .first()
  .click();
// The object of the measurement carries another name than the person who is booked: the page asks.
await page.getByRole("button", { name: "J’ai vérifié, montrer" }).click();
await page.waitForFunction(() => (document.querySelector(".viewer-surface canvas")?.width ?? 0) > 300);
const box = await page.locator(".viewer-surface").boundingBox();
if (!box) throw new Error("nothing is shown");

const [left, top] = [Math.round(box.x + box.width / 3), Math.round(box.y + box.height / 2)];
await page.mouse.move(left, top);
await page.mouse.down();
const taken = [];
let [x, y, to] = [left, top, STEP_PIXELS];
for (let step = 0; step < WARM_UP + Number(steps); step += 1) {
  if (Math.abs(y + to - top) > SWING) {
    to = -to;
    x += 1;
  }
  y += to;
  const drawn = new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`step ${step} was not drawn`)), STEP_LIMIT_MS);
    onStep = (times) => {
      clearTimeout(timer);
      done(times);
    };
  });
  const [times] = await Promise.all([drawn, page.mouse.move(x, y)]);
  if (step >= WARM_UP) taken.push(times);
  await new Promise((done) => setTimeout(done, Math.random() * 2 * FRAME_MS));
}
await page.mouse.up();
const surface = await page.evaluate(() => globalThis.surfaceTold);
const version = browser.version();
await browser.close();
const of = (part) => taken.map((times) => Math.round(times[part] * 1000) / 1000);
console.log(
  JSON.stringify({
    samples_ms: of("drawn"),
    sent_ms: of("sent"),
    arrived_ms: of("arrived"),
    browser: `Chromium ${version}`,
    surface,
  }),
);
