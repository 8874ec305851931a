import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const PREFIX = "icon:";

/**
 * `import mic from "icon:mic"` gives the shapes of that Lucide icon as plain values. Only the icons that are named end up
 * in the bundle, and none is ever parsed as markup in the browser, so Trusted Types can stay on.
 */
export function icons(): Plugin {
  const path = createRequire(import.meta.url).resolve("lucide-static/icon-nodes.json");
  const shapes = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  return {
    name: "icons",
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return null;
      const name = id.slice(PREFIX.length + 1);
      const shape = shapes[name];
      if (shape === undefined) return this.error(`lucide-static has no icon named ${name}`);
      return `export default ${JSON.stringify(shape)};`;
    },
  };
}
