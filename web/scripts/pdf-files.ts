import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

const NAME = "virtual:pdf-files";

/**
 * What the reader of PDFs fetches by name while it works: the standard fonts, which PDFs need not carry, and a decoder of
 * JPEG 2000 without WebAssembly. They are served from the site itself, in a folder of the version's own, and
 * `import { PDF_FILES } from "virtual:pdf-files"` tells where.
 */
export function pdfFiles(): Plugin {
  const packed = createRequire(import.meta.url).resolve("pdfjs-dist/package.json");
  const root = dirname(packed);
  const { version } = JSON.parse(readFileSync(packed, "utf8")) as { version: string };
  const folder = `assets/pdf-${version}/`;
  const files = [
    ...readdirSync(join(root, "standard_fonts")).map((name) => join("standard_fonts", name)),
    join("wasm", "openjpeg_nowasm_fallback.js"),
    join("wasm", "LICENSE_OPENJPEG"),
    join("wasm", "LICENSE_PDFJS_OPENJPEG"),
  ];
  const nameOf = (file: string) => file.split(/[\\/]/).at(-1) ?? file;
  return {
    name: "pdf-files",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    load: (id) => (id === `\0${NAME}` ? `export const PDF_FILES = "/${folder}";` : null),
    configureServer(server) {
      server.middlewares.use(`/${folder}`, (request, response, next) => {
        const file = files.find((each) => nameOf(each) === request.url?.slice(1));
        if (!file) return next();
        if (file.endsWith(".js")) response.setHeader("content-type", "text/javascript");
        response.end(readFileSync(join(root, file)));
      });
    },
    generateBundle() {
      for (const file of files)
        this.emitFile({ type: "asset", fileName: folder + nameOf(file), source: readFileSync(join(root, file)) });
    },
  };
}
