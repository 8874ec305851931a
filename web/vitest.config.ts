import { defineConfig } from "vitest/config";
import { icons } from "./scripts/icons.ts";
import { pdfFiles } from "./scripts/pdf-files.ts";

export default defineConfig({
  plugins: [icons(), pdfFiles()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    environment: "happy-dom",
    setupFiles: ["test/setup.ts"],
    include: ["test/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
