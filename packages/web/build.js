/**
 * Builds the pages into `dist`, unless nothing that goes into them has changed since: `node packages/web/build.js`, with `--force`
 * in any case.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
const stamp = join(here, ".cache/inputs");

/** What the pages are made of: our own modules, those of the packages they use, and the versions of all others. */
const inputs = [
  "src",
  "public",
  "index.html",
  "vite.config.ts",
  "package.json",
  "build.js",
  "../cli/licences",
  "../../pnpm-lock.yaml",
  ...["age", "core", "formats", "gitops", "isosops"].map((name) => `../${name}/dist`),
];

const digest = digestOf(inputs);
const isBuilt =
  existsSync(join(here, "dist/index.html")) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
if (!isBuilt || process.argv.includes("--force")) {
  await build({ root: here, logLevel: "warn" });
  mkdirSync(join(here, ".cache"), { recursive: true });
  writeFileSync(stamp, digest);
}

function digestOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths.flatMap(filesBelow)) hash.update(`${path}\0`).update(readFileSync(join(here, path)));
  return hash.digest("hex");
}

function filesBelow(path) {
  const full = join(here, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.d\.ts$|\.tsbuildinfo$|\.test\./.test(entry.name))
    .map((entry) => relative(here, join(entry.parentPath, entry.name)))
    .sort();
}
