import { resolve } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { expect, expectToSeeAndHear, type Gateway, signIn, test, untilSharp } from "../gateway";

// The pictures of README.md: a patient and a doctor who are drawn, and the images of the demonstration.
test.use({ own: "readme" });

const DOCS = resolve(import.meta.dirname, "../../../docs");

interface Face {
  skin: string;
  hair: string;
  clothes: string;
  wall: string;
  hasLongHair: boolean;
}

const PATIENT: Face = { skin: "#f0c3a2", hair: "#b9b4ae", clothes: "#53708f", wall: "#cdbb9d", hasLongHair: true };
const DOCTOR: Face = { skin: "#b98258", hair: "#2c1f1a", clothes: "#f4f6f8", wall: "#9fb8bd", hasLongHair: false };

/** Cameras show this face, and microphones hear a low tone. */
function draw(face: Face): void {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [1280, 720];
  const to = canvas.getContext("2d");
  if (!to) return;
  const oval = (x: number, y: number, wide: number, high: number, color: string) => {
    to.fillStyle = color;
    to.beginPath();
    to.ellipse(x, y, wide, high, 0, 0, 2 * Math.PI);
    to.fill();
  };
  const paint = () => {
    to.fillStyle = face.wall;
    to.fillRect(0, 0, 1280, 720);
    to.fillStyle = "#ffffff55";
    to.fillRect(110, 70, 230, 300);
    to.fillStyle = "#00000022";
    to.fillRect(900, 120, 260, 18);
    for (const [at, high] of [50, 64, 42, 70, 56].entries()) to.fillRect(915 + at * 42, 120 - high, 30, high);
    if (face.hasLongHair) oval(640, 340, 175, 235, face.hair);
    oval(640, 760, 330, 260, face.clothes);
    oval(640, 520, 62, 90, face.skin);
    oval(640, 330, 128, 165, face.skin);
    to.fillStyle = face.hair;
    to.beginPath();
    to.ellipse(640, 265, 142, 118, 0, Math.PI, 2 * Math.PI);
    to.fill();
    for (const side of [-1, 1]) {
      oval(640 + side * 48, 325, 11, 13, "#2a2522");
      to.strokeStyle = face.hair;
      to.lineWidth = 7;
      to.beginPath();
      to.arc(640 + side * 48, 312, 28, 1.25 * Math.PI, 1.75 * Math.PI);
      to.stroke();
    }
    to.strokeStyle = "#8d4f43";
    to.lineWidth = 8;
    to.beginPath();
    to.arc(640, 385, 52, 0.2 * Math.PI, 0.8 * Math.PI);
    to.stroke();
    requestAnimationFrame(paint);
  };
  paint();
  const open = async (wanted?: MediaStreamConstraints): Promise<MediaStream> => {
    const stream = new MediaStream();
    if (wanted?.video) for (const track of canvas.captureStream(15).getTracks()) stream.addTrack(track);
    if (wanted?.audio) {
      const sound = new AudioContext();
      const tone = sound.createOscillator();
      const low = sound.createGain();
      const out = sound.createMediaStreamDestination();
      low.gain.value = 0.05;
      tone.connect(low).connect(out);
      tone.start();
      for (const track of out.stream.getTracks()) stream.addTrack(track);
    }
    return stream;
  };
  if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = open;
}

async function guestOrStaff(browser: Browser, face: Face, viewport: { width: number; height: number }): Promise<Page> {
  const context = await browser.newContext({
    viewport,
    locale: "en-GB",
    timezoneId: "Europe/Paris",
    permissions: ["camera", "microphone"],
  });
  await context.addInitScript(draw, face);
  return context.newPage();
}

async function inCall(browser: Browser, gateway: Gateway): Promise<{ patient: Page; doctor: Page }> {
  const patient = await guestOrStaff(browser, PATIENT, { width: 390, height: 844 });
  await patient.goto(gateway.patientLink);
  await patient.getByRole("button", { name: "Continue" }).click();
  await patient.getByRole("button", { name: "Enter the waiting room" }).click();
  const doctor = await guestOrStaff(browser, DOCTOR, { width: 1440, height: 900 });
  await signIn(doctor, gateway, "Claire Martin");
  await doctor.getByText("Let in", { exact: true }).first().click();
  await doctor.getByRole("button", { name: "Camera" }).click();
  await doctor
    .getByRole("button", { name: /^Enter/ })
    .first()
    .click();
  // Asked at once, or not at all.
  await doctor
    .getByRole("button", { name: "I see who this is" })
    .click({ timeout: 5_000 })
    .catch(() => undefined);
  for (const page of [patient, doctor]) await expectToSeeAndHear(page, 1);
  return { patient, doctor };
}

async function measure(page: Page, tool: string, from: [number, number], to: [number, number]): Promise<void> {
  const panel = page.getByRole("button", { name: /^Marks/ });
  if ((await panel.getAttribute("aria-expanded")) !== "true") await panel.click();
  await page.getByRole("button", { name: tool, exact: true }).click();
  const box = await page.locator(".viewer-surface").first().boundingBox();
  if (!box) throw new Error("there is no surface");
  const at = ([x, y]: [number, number]): [number, number] => [box.x + box.width * x, box.y + box.height * y];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 8 });
  await page.mouse.up();
}

test("the pictures of README.md", async ({ browser, gateway }) => {
  test.setTimeout(180_000);
  const { patient, doctor } = await inCall(browser, gateway);
  await doctor.getByRole("tab", { name: "Studies" }).click();
  const series = doctor.getByRole("tabpanel").getByRole("button", { name: /^Show CT/ });
  await series.first().click({ timeout: 60_000 });
  for (const page of [doctor, patient]) await untilSharp(page);
  await expect(doctor.getByText("It is your turn to show the images.")).toBeHidden({ timeout: 20_000 });
  await doctor.mouse.move(700, 20);
  await doctor.screenshot({ path: `${DOCS}/screenshot.png` });

  await measure(doctor, "Length", [0.42, 0.36], [0.58, 0.36]);
  await measure(doctor, "Ellipse", [0.43, 0.52], [0.53, 0.66]);
  await doctor.keyboard.press("Escape");
  const marks = (page: Page) => page.evaluate(() => globalThis.parvisViewing?.viewing.marks.known.value.all.size);
  for (const page of [doctor, patient]) await expect.poll(() => marks(page)).toBe(2);
  await doctor.mouse.move(700, 20);
  for (const page of [doctor, patient]) await untilSharp(page);
  await doctor.screenshot({ path: `${DOCS}/viewing-desktop.png` });
  await patient.screenshot({ path: `${DOCS}/viewing-phone.png` });

  const opening = doctor.context().waitForEvent("page");
  await doctor.getByRole("button", { name: "Second screen" }).click();
  const second = await opening;
  await second.setViewportSize({ width: 1280, height: 900 });
  await untilSharp(second);
  await second.screenshot({ path: `${DOCS}/viewing-second.png` });
});
