/**
 * Makes a release: `pnpm release --dry-run`. The tarballs of all public packages at one version, with the address of the repository
 * in each, their checksums, an SBOM and the section of the changelog go to a folder, and the commands that publish them are printed.
 * Without `--dry-run` they are run.
 *
 *     --repository URL   such as https://github.com/OWNER/NAME; without it the tarballs name none, and nothing is published
 *     --folder FOLDER    for the files; else .cache/release/VERSION
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { packAll } from "./packaging/pack.js";
import { publicPackages, top } from "./packaging/packages.js";
import { tryRun } from "./packaging/run.js";
import { judgeTarball } from "./packaging/tarball.js";
import { changelogSection } from "./release/changelog.js";
import { publishOrder } from "./release/order.js";
import { writeSbom } from "./release/sbom.js";
import { stamp } from "./release/stamp.js";

const { values: options } = parseArgs({
  options: { "dry-run": { type: "boolean" }, repository: { type: "string" }, folder: { type: "string" } },
});
const dryRun = options["dry-run"] === true;
const packages = publicPackages();
const version = oneVersion();
// A release has a section of its own; a dry run may be made before.
const notes = changelogSection(
  readFileSync(join(top, "CHANGELOG.md"), "utf8"),
  dryRun ? [version, "Unreleased"] : [version],
);
if (!dryRun) refuseUnlessReady();

const folder = resolve(options.folder ?? join(top, ".cache", "release", version));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const packed = join(folder, "packed");
mkdirSync(packed);
const tarballs = new Map();
for (const [name, tarball] of packAll(packed)) {
  const { path, manifest } = packages.find((entry) => entry.name === name);
  const stamped = stamp(tarball, folder, { repository: options.repository, version, path });
  const problems = await judgeTarball(stamped, manifest);
  if (problems.length > 0) throw new Error(`${name}: ${problems.join("\n")}`);
  tarballs.set(name, stamped);
}
rmSync(packed, { recursive: true });
writeSbom(tarballs, { folder, version });
writeFileSync(join(folder, "CHANGELOG.md"), notes);
const files = [...[...tarballs.values()].map((path) => basename(path)), "CHANGELOG.md", "sbom.cdx.json"].sort();
const sums = files.map((name) => `${sha256(join(folder, name))}  ${name}\n`);
writeFileSync(join(folder, "SHA256SUMS"), sums.join(""));

console.log(`Release ${version}, in ${folder}\n\n${sums.join("")}`);
if (options.repository === undefined) console.log("The tarballs name no repository: give --repository URL.\n");
for (const name of publishOrder(packages)) {
  const parameters = ["publish", tarballs.get(name), "--access", "public", "--provenance"];
  console.log(`npm ${parameters.join(" ")}`);
  if (!dryRun) execFileSync("npm", parameters, { stdio: "inherit" });
}

/** The packages depend on each other at their own version, so all have the same. */
function oneVersion() {
  const versions = new Set(packages.map(({ manifest }) => manifest.version));
  if (versions.size > 1) throw new Error(`the packages have several versions: ${[...versions].join(", ")}`);
  return [...versions][0];
}

function refuseUnlessReady() {
  if (options.repository === undefined) throw new Error("give --repository URL: provenance names the repository");
  const { output } = tryRun("git", ["status", "--porcelain"], { cwd: top });
  if (output !== "") throw new Error(`commit first:\n${output}`);
}

function sha256(path) {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
