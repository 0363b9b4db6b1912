/** Judges the tarballs of packages. */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { top } from "./packages.js";
import { run, tryRun } from "./run.js";

/** @returns {Promise<string[]>} what is wrong */
export async function judgeTarball(tarball, manifest) {
  return [...judgeContents(tarball, manifest), ...(await askPublint(tarball)), ...askAttw(tarball, manifest)];
}

function judgeContents(tarball, manifest) {
  const problems = [];
  const files = run("tar", ["-tzf", tarball])
    .split("\n")
    .filter((name) => name !== "")
    .map((name) => name.replace(/^package\//, ""));
  for (const name of ["README.md", "LICENSE", "package.json"])
    if (!files.includes(name)) problems.push(`holds no ${name}`);
  if (!files.some((name) => /^(dist|bundle)\/.*\.js$/.test(name))) problems.push("holds no built module");
  for (const name of files) {
    if (/\.(test|bench)\.|tsbuildinfo|^(src|test)\/|node_modules/.test(name)) problems.push(`holds ${name}`);
    if (hasTypes(manifest) && /^dist\/.*\.js$/.test(name) && !files.includes(name.replace(/\.js$/, ".d.ts")))
      problems.push(`${name} has no types`);
  }
  const packed = run("tar", ["-xzOf", tarball, "package/package.json"]);
  if (packed.includes("workspace:")) problems.push("depends on a package of the workspace, not on a version of it");
  return problems;
}

async function askPublint(tarball) {
  const bytes = readFileSync(tarball);
  const packed = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: packed }, strict: true });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}

/** Are the types wrong? We publish modules only, for which it has a profile. */
function askAttw(tarball, manifest) {
  // A package that is a command, or files of pages, has no entry point to judge.
  if (!hasTypes(manifest)) return [];
  const attw = join(top, "node_modules", ".bin", "attw");
  const { ok, output } = tryRun(attw, [
    tarball,
    "--profile",
    "esm-only",
    "--format",
    "ascii",
    "--no-emoji",
    "--no-color",
  ]);
  return ok ? [] : [`attw of ${basename(tarball)}:\n${output}`];
}

function hasTypes(manifest) {
  return JSON.stringify(manifest.exports ?? {}).includes('"types"');
}
