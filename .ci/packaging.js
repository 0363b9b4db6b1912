/**
 * Looks at what would be published, as those who install it get it: `pnpm packaging`. Packs every public package, has
 * publint and attw judge the tarballs, looks for imports and globals of one runtime only, and uses the packed packages
 * from an empty folder.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useTarballs } from "./packaging/consumer.js";
import { packAll } from "./packaging/pack.js";
import { publicPackages } from "./packaging/packages.js";
import { findUnbundled, findUnportable } from "./packaging/portability.js";
import { judgeTarball } from "./packaging/tarball.js";

const portable = new Set([
  "@isosops/core",
  "@isosops/formats",
  "@isosops/age",
  "isosops",
  "@isosops/gitops",
  "@isosops/keys",
]);

const folder = mkdtempSync(join(tmpdir(), "isosops-packaging-"));
let failed = 0;
try {
  const tarballs = packAll(folder);
  for (const { name, path, manifest } of publicPackages()) {
    await check(`${name}: the tarball`, () => judgeTarball(tarballs.get(name), manifest));
    if (portable.has(name)) await check(`${name}: runs everywhere`, () => findUnportable(path, manifest));
    else if (manifest.bin !== undefined) await check(`${name}: is bundled`, () => findUnbundled(join(path, "bundle")));
  }
  await check("an install of the tarballs", () => useTarballs(tarballs, join(folder, "consumer")));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failed > 0) process.exitCode = 1;

/** Runs a check, which gives the list of what is wrong. */
async function check(name, run) {
  let problems;
  try {
    problems = await run();
  } catch (error) {
    problems = [error instanceof Error ? error.message : String(error)];
  }
  console.log(`${problems.length === 0 ? "ok    " : "FAILED"}  ${name}`);
  for (const problem of problems) console.log(`        ${problem.replaceAll("\n", "\n        ")}`);
  if (problems.length > 0) failed++;
}
