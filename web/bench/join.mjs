// Measures joins into a call in Chromium. The doctor is in the call with the camera on; the patient comes by the link, again and
// again. Prints a list of {enterToFrameMs, connectedToFrameMs, linkToFrameMs} as JSON on stdout.
//
//   node web/bench/join.mjs http://localhost:8080 APPOINTMENT DOCTOR PATIENT_LINK RUNS
import { chromium } from "@playwright/test";
import { launchOptions } from "../chromium.mjs";

const [base, appointment, name, link, runs] = process.argv.slice(2);
if (!runs) {
  console.error("usage: join.mjs BASE APPOINTMENT DOCTOR PATIENT_LINK RUNS");
  process.exit(2);
}

const LIMIT_MS = 30_000;
// A camera that has been sending for this long is past its beginning: whoever joins then needs a new key frame.
const CAMERA_RUNS_MS = 5_000;

const browser = await chromium.launch(launchOptions);

/** Runs in the doctor's page before its own scripts: lets in whoever waits, at once. */
function admitWhoeverWaits() {
  const asked = new Set();
  let request = 1_000_000;
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", (event) => {
        if (typeof event.data !== "string") return;
        const message = JSON.parse(event.data);
        if (message.type !== "people") return;
        for (const { participant, place } of message.people) {
          const key = `${participant} ${place.since}`;
          if (place.state !== "waiting" || asked.has(key)) continue;
          asked.add(key);
          request += 1;
          this.send(JSON.stringify({ type: "admit", request, participant, isRecognised: true }));
        }
      });
    }
  };
}

/** Runs in the patient's page before its own scripts: notes when what happens. Times are of `performance.now()`. */
function watchJoin() {
  const seen = { enter: undefined, connected: undefined, frame: undefined };
  const remote = new Set();
  globalThis.seen = seen;
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      if (new URL(this.url).pathname === "/ws") globalThis.wire = this;
    }
    send(data) {
      if (typeof data === "string" && JSON.parse(data).type === "enter") seen.enter ??= performance.now();
      super.send(data);
    }
  };
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      let receives = false;
      this.addEventListener("track", ({ track }) => {
        receives = true;
        if (track.kind === "video") remote.add(track.id);
      });
      this.addEventListener("connectionstatechange", () => {
        if (receives && this.connectionState === "connected") seen.connected ??= performance.now();
      });
    }
  };
  const { set, get } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    configurable: true,
    get,
    set(stream) {
      set.call(this, stream);
      if (!(this instanceof HTMLVideoElement) || !stream) return;
      const look = (now) => {
        if (this.srcObject?.getVideoTracks().some((track) => remote.has(track.id))) seen.frame ??= now;
        else if (this.isConnected && this.srcObject === stream) this.requestVideoFrameCallback(look);
      };
      this.requestVideoFrameCallback(look);
    },
  });
}

async function person(prepare, viewport) {
  const context = await browser.newContext({
    viewport,
    locale: "fr-FR",
    timezoneId: "Europe/Paris",
    permissions: ["camera", "microphone"],
  });
  context.setDefaultTimeout(LIMIT_MS);
  await context.addInitScript(prepare);
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error(`page error: ${error.message}`));
  return page;
}

const doctor = await person(admitWhoeverWaits, { width: 1280, height: 800 });
await doctor.goto(`${base}/login?return_to=/app/consultation/${appointment}`);
await doctor.getByText(name).click();
// Staff switch the camera on themselves; what the device check shows goes into the call.
await doctor.getByRole("button", { name: "Caméra" }).click();
await doctor.waitForFunction(() => [...document.querySelectorAll("video")].some((video) => video.videoWidth > 0));
await doctor
  .getByRole("button", { name: /^Entrer/ })
  .first()
  .click();
await doctor.waitForTimeout(CAMERA_RUNS_MS);

const joins = [];
for (let run = 0; run < Number(runs); run += 1) {
  const patient = await person(watchJoin, { width: 390, height: 844 });
  await patient.goto(link);
  await patient.getByRole("button", { name: "Continuer" }).click();
  await patient.getByRole("button", { name: "Entrer dans la salle d’attente" }).click();
  await patient.waitForFunction(() => globalThis.seen.frame !== undefined, undefined, { polling: 50 });
  const { enter, connected, frame } = await patient.evaluate(() => globalThis.seen);
  if (enter === undefined || connected === undefined) throw new Error("a frame came before anybody entered");
  // The page's clock begins with the navigation.
  joins.push({ enterToFrameMs: frame - enter, connectedToFrameMs: frame - connected, linkToFrameMs: frame });
  // The next one comes as a stranger to the call.
  await patient.evaluate(() => globalThis.wire.send(JSON.stringify({ type: "leave", request: 1_000_000 })));
  await patient.waitForFunction(() => globalThis.wire.bufferedAmount === 0, undefined, { polling: 20 });
  await patient.context().close();
}
await browser.close();
console.log(JSON.stringify(joins));
