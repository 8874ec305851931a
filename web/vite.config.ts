import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { icons } from "./scripts/icons.ts";
import { pdfFiles } from "./scripts/pdf-files.ts";

const page = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const gateway = process.env.PARVIS_URL ?? "http://localhost:8080";

export default defineConfig({
  plugins: [icons(), pdfFiles()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    // The last Chromium for Windows 7 and 8.1, the last Firefox ESR for them, and the Safari of older iPhones.
    target: ["chrome109", "firefox115", "safari15.6"],
    modulePreload: { polyfill: false },
    // Nothing becomes a data: URL, so that the content security policy needs none.
    assetsInlineLimit: 0,
    rollupOptions: {
      input: {
        join: page("join.html"),
        app: page("app.html"),
        diag: page("diag.html"),
        queue: page("queue.html"),
        upload: page("upload.html"),
      },
    },
  },
  server: {
    proxy: { "/api": gateway, "/login": gateway, "/logout": gateway, "/ws": { target: gateway, ws: true } },
  },
});
