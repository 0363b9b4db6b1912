/** Installs the tarballs into an empty folder and runs the example of the README there, its types too. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { top } from "./packages.js";
import { run, tryRun } from "./run.js";

/**
 * @param {Map<string, string>} tarballs by the name of the package
 * @param {string} folder a new one
 * @returns {string[]} what is wrong
 */
export function useTarballs(tarballs, folder) {
  mkdirSync(folder);
  const paths = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  // The packages depend on published versions of each other.
  const manifest = { private: true, type: "module", dependencies: paths, overrides: paths };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  run("npm", ["install", "--no-audit", "--no-fund", "--no-update-notifier", "--prefer-offline"], { cwd: folder });

  const example = readExample();
  writeFileSync(
    join(folder, "example.js"),
    `${example}\nif (plain.text !== source) throw new Error("not what it was");\n`,
  );
  writeFileSync(join(folder, "example.ts"), `${example}\nconst text: string = plain.text;\nvoid text;\n`);
  const problems = [];
  const ran = tryRun(process.execPath, ["example.js"], { cwd: folder });
  if (!ran.ok) problems.push(`the example of the README fails:\n${ran.output}`);
  else if (!ran.output.includes("ENC[AES256_GCM,"))
    problems.push(`the example of the README prints no encrypted file:\n${ran.output}`);

  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2023,dom", "--types", ""];
    flags.push("--module", module, "--moduleResolution", resolution, "--skipLibCheck", "false", "--ignoreConfig");
    const checked = tryRun(join(top, "node_modules", ".bin", "tsc"), [...flags, "example.ts"], { cwd: folder });
    if (!checked.ok)
      problems.push(`the example has wrong types with moduleResolution ${resolution}:\n${checked.output}`);
  }
  if (tarballs.has("@isosops/cli")) {
    const version = tryRun(join(folder, "node_modules", ".bin", "isosops"), ["--version"], { cwd: folder });
    if (!version.ok) problems.push(`the command does not start:\n${version.output}`);
  }
  return problems;
}

/** The first JavaScript of the package's README. */
function readExample() {
  const readme = readFileSync(join(top, "packages/isosops/README.md"), "utf8");
  const example = /^```(?:js|ts)\n([\s\S]*?)^```$/m.exec(readme)?.[1];
  if (example === undefined) throw new Error("packages/isosops/README.md has no example");
  return example;
}
