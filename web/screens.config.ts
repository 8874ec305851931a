import { defineConfig } from "@playwright/test";
import everyday from "./playwright.config";

/** Takes the pictures of docs/screens: `npm run screens`. */
export default defineConfig({
  ...everyday,
  testDir: "e2e/screens",
  testIgnore: [],
  projects: (everyday.projects ?? []).filter(({ name }) => name === "desktop"),
});
