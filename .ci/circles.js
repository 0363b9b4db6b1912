/**
 * Looks for modules of a package that import each other in a circle when they load: `pnpm circles`. Imports of types alone
 * are gone by then, and what is imported on demand does not count.
 */
import { readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { listImports } from "./packaging/imports.js";

const packages = fileURLToPath(new URL("../packages/", import.meta.url));

let failed = 0;
for (const name of readdirSync(packages)) {
  const source = join(packages, name, "src");
  const circles = findCircles(await importsOf(source));
  console.log(`${circles.length === 0 ? "ok    " : "FAILED"}  ${name}: no import circle`);
  for (const circle of circles) console.log(`        ${circle.map((file) => relative(source, file)).join(" -> ")}`);
  failed += circles.length;
}
if (failed > 0) process.exitCode = 1;

/** @returns {Promise<Map<string, string[]>>} for each module of a folder the others that it imports when it loads */
async function importsOf(folder) {
  const entryPoints = readdirSync(folder, { recursive: true })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".test.ts"))
    .map((name) => join(folder, name));
  const imports = new Map(entryPoints.map((file) => [file, []]));
  for (const { file, specifier, kind, folder: from } of await listImports(entryPoints)) {
    if (kind !== "import-statement" || !specifier.startsWith(".") || specifier.endsWith(".css")) continue;
    const source = resolve(from, specifier.replace(/\.js$/, ".ts"));
    imports.get(file).push(imports.has(source) ? source : `${source}x`);
  }
  return imports;
}

/** @returns {string[][]} for each set of modules that lead to each other (Tarjan) a circle in it, closed */
function findCircles(imports) {
  const numbers = new Map();
  const lowest = new Map();
  const open = [];
  const circles = [];
  const visit = (file) => {
    numbers.set(file, numbers.size);
    lowest.set(file, numbers.get(file));
    open.push(file);
    for (const imported of imports.get(file)) {
      if (!numbers.has(imported)) visit(imported);
      if (open.includes(imported)) lowest.set(file, Math.min(lowest.get(file), lowest.get(imported)));
    }
    if (lowest.get(file) !== numbers.get(file)) return;
    const members = open.splice(open.indexOf(file));
    if (members.length > 1 || imports.get(file).includes(file)) circles.push(shortestCircle(imports, members));
  };
  for (const file of imports.keys()) if (!numbers.has(file)) visit(file);
  return circles;
}

/** The shortest way from a module of the set back to it, of all its modules. */
function shortestCircle(imports, members) {
  const circles = members.flatMap((start) => {
    const paths = [[start]];
    const seen = new Set();
    for (const path of paths) {
      for (const next of imports.get(path.at(-1))) {
        if (next === start) return [[...path, start]];
        if (!members.includes(next) || seen.has(next)) continue;
        seen.add(next);
        paths.push([...path, next]);
      }
    }
    return [];
  });
  return circles.sort((one, other) => one.length - other.length)[0];
}
