// Lighthouse over the pages of a patient that a link leads to, on a slow phone: `npm run lighthouse -- http://localhost:8080/join#...`.
// Fails below 1.0 for accessibility or 0.95 for performance. Lighthouse brings 190 packages, so it is no part of the build:
// `npm install --no-save lighthouse@12.8.2` first. It counts one load of a page; what comes after a tap is for axe
// (e2e/doors.spec.ts, e2e/screens).
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchOptions, path } from "../chromium.mjs";

const { default: lighthouse } = await import("lighthouse").catch(() => {
  console.error("lighthouse is not here: npm install --no-save lighthouse@12.8.2");
  process.exit(2);
});

const LEAST = { accessibility: 1, performance: 0.95 };
const addresses = process.argv.slice(2);
if (addresses.length === 0 || !path) {
  console.error("usage: npm run lighthouse -- ADDRESS...; it takes the Chromium of the system");
  process.exit(2);
}
const profile = mkdtempSync(join(tmpdir(), "lighthouse-"));
const port = 9400 + Math.floor(Math.random() * 500);
const browser = spawn(
  path,
  [...launchOptions.args, "--headless=new", `--remote-debugging-port=${port}`, `--user-data-dir=${profile}`],
  { stdio: "ignore" },
);
try {
  await listening(port);
  let isGood = true;
  for (const address of addresses) {
    const { lhr } = await lighthouse(address, {
      port,
      logLevel: "error",
      onlyCategories: Object.keys(LEAST),
      formFactor: "mobile",
    });
    const scores = Object.entries(lhr.categories).map(([name, { score }]) => [name, score]);
    const faults = Object.values(lhr.audits)
      .filter(({ score, scoreDisplayMode }) => score !== null && score < 0.9 && scoreDisplayMode !== "informative")
      .map(({ id }) => id);
    const ms = (id) => Math.round(lhr.audits[id].numericValue);
    console.log(
      `${new URL(address).pathname} ${lhr.finalDisplayedUrl.includes("#") ? "" : "(with a link) "}` +
        `${scores.map(([name, score]) => `${name} ${score}`).join(", ")}; first paint ${ms("first-contentful-paint")} ms, ` +
        `largest ${ms("largest-contentful-paint")} ms, blocked ${ms("total-blocking-time")} ms; below 0.9: ${faults.join(" ") || "nothing"}`,
    );
    if (scores.some(([name, score]) => score < LEAST[name])) isGood = false;
  }
  process.exitCode = isGood ? 0 : 1;
} finally {
  browser.kill();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}

async function listening(port) {
  for (let n = 0; n < 100; n += 1) {
    const answers = await fetch(`http://127.0.0.1:${port}/json/version`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (answers) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("Chromium does not listen");
}
