// How Chromium is started where calls are tested and measured: the system's own, with an invented camera and microphone, and
// silent on the network.
import { existsSync } from "node:fs";

/** The browsers of the system: nothing is downloaded. */
export const path = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));

/** What Playwright starts it with, behind which more words may stand. */
export const launchOptions = {
  ...(path ? { executablePath: path } : {}),
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
  ],
};
