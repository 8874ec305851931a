import { defineConfig } from "@playwright/test";

/** Calls through bad networks; `scripts/badnet.sh` makes the networks and starts this. */
export default defineConfig({
  testDir: "e2e/badnet",
  workers: 1,
  retries: Number(process.env.BADNET_RETRIES ?? 0),
  timeout: 300_000,
  forbidOnly: true,
  reporter: [["list"]],
  expect: { timeout: 30_000 },
});
