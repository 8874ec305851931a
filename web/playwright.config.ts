import { defineConfig, devices } from "@playwright/test";
import { launchOptions as chromium } from "./chromium.mjs";
import { path as firefox, launchOptions as foxOptions } from "./firefox.mjs";

const chrome = {
  browserName: "chromium" as const,
  permissions: ["camera", "microphone"],
  launchOptions: {
    ...chromium,
    // More than one camera, so that a phone can flip between them; the second measures depth only.
    args: [...chromium.args, "--use-fake-device-for-media-stream=device-count=3"],
  },
};

/** Stock Firefox over BiDi: a way that this version of Playwright has and newer ones lost, so few tests go through it. */
const fox = {
  browserName: "firefox" as const,
  channel: "moz-firefox",
  launchOptions: foxOptions,
};

export default defineConfig({
  testDir: "e2e",
  // These need networks of their own (scripts/badnet.sh), and those take pictures (npm run screens).
  testIgnore: ["badnet/**", "screens/**"],
  workers: 1,
  // The gate tries again what a busy machine spoils, and tells it as flaky.
  retries: Number(process.env.E2E_RETRIES ?? 0),
  timeout: 90_000,
  forbidOnly: true,
  reporter: [["list"]],
  expect: { timeout: 15_000 },
  use: {
    baseURL: process.env.PARVIS_URL ?? "http://localhost:8080",
    locale: "fr-FR",
    timezoneId: "Europe/Paris",
    trace: "off",
  },
  // A project for each browser that is here. A browser that is missing is a project that is missing, never one that passes.
  projects: [
    ...(chromium
      ? [
          {
            name: "desktop",
            grepInvert: /@firefox|@only-phone/,
            use: { ...chrome, viewport: { width: 1280, height: 800 } },
          },
          { name: "phone", grep: /@phone/, use: { ...devices["Pixel 7"], ...chrome } },
        ]
      : []),
    ...(firefox ? [{ name: "firefox", grep: /@firefox/, use: fox }] : []),
  ],
});
