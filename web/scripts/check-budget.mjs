// The patient's page may load at most 40 kB of JavaScript (gzip), counting every chunk that it always loads: the entry and
// what it imports. The page of the call comes while the devices are tested, the reader of images when they are first shown.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 40_000;
const dist = new URL("../dist/", import.meta.url);
const html = readFileSync(new URL("join.html", dist), "utf8");

const wanted = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((found) => found[1]);
const seen = new Map();
while (wanted.length > 0) {
  const name = wanted.pop();
  if (seen.has(name)) continue;
  const text = readFileSync(new URL(name, dist), "utf8");
  seen.set(name, gzipSync(text, { level: 9 }).length);
  // Static imports only: `import(` is a chunk for later.
  for (const found of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) wanted.push(`assets/${found[1]}`);
}
if (seen.size === 0) throw new Error("dist/join.html names no script");

let total = 0;
for (const [name, bytes] of seen) {
  total += bytes;
  console.log(`${String(bytes).padStart(7)} B gz  ${name}`);
}
console.log(`${String(total).padStart(7)} B gz  of ${BUDGET_BYTES} for the patient's page`);
if (total > BUDGET_BYTES) {
  console.error("The patient's page has grown over its budget. Load what it does not always need lazily.");
  process.exit(1);
}
