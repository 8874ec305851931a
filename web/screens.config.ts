import { defineConfig } from "@playwright/test";
import everyday from "./playwright.config";

/** Takes the pictures of docs/screens and of README.md: `npm run screens`. */
export default defineConfig({
  ...everyday,
  testDir: "e2e/screens",
  testIgnore: [],
  // What is not there is told, and not waited for.
  use: { ...everyday.use, actionTimeout: 15_000, screenshot: "only-on-failure" },
  projects: (everyday.projects ?? []).filter(({ name }) => name === "desktop"),
});
