import { defineConfig } from "vitest/config";
import { icons } from "./scripts/icons.ts";

export default defineConfig({
  plugins: [icons()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"], restoreMocks: true },
});
