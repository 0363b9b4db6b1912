/**
 * Uses the tarballs from an empty folder, on the Node that runs this and without the types of Node: the example of
 * isosops, its types, and the command. `projects/readmes.test.ts` runs all blocks of all READMEs, with those types.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installTarballs } from "./install.js";
import { top } from "./packages.js";
import { tryRun } from "./run.js";

/**
 * @param {Map<string, string>} tarballs by the name of the package
 * @param {string} folder a new one
 * @returns {string[]} what is wrong
 */
export function useTarballs(tarballs, folder) {
  mkdirSync(folder);
  installTarballs(tarballs, folder);

  const problems = [];
  for (const readme of ["README.md", "packages/isosops/README.md"]) problems.push(...tryExample(readme, folder));
  if (tarballs.has("@isosops/cli")) problems.push(...tryCommand(folder));
  return problems;
}

/** Encrypts and decrypts with the command, each time for a key that it has made itself. */
function tryCommand(folder) {
  const command = join(folder, "node_modules", ".bin", "isosops");
  const source = `{"password": "hunter2"}\n`;
  writeFileSync(join(folder, "plain.json"), source);
  const env = { ...process.env, SOPS_AGE_KEY_FILE: join(folder, "key.txt") };
  const recipient = () => readFileSync(join(folder, "recipient.txt"), "utf8").trim();
  for (const parameters of [
    () => ["--version"],
    () => ["age", "keygen", "-o", "key.txt"],
    () => ["age", "keygen", "-y", "-o", "recipient.txt", "key.txt"],
    () => ["age", "encrypt", "-r", recipient(), "-o", "plain.json.age", "plain.json"],
    () => ["age", "decrypt", "-i", "key.txt", "-o", "of-age.json", "plain.json.age"],
    () => ["encrypt", "--age", recipient(), "--output", "locked.json", "plain.json"],
    () => ["decrypt", "--output", "of-sops.json", "locked.json"],
  ]) {
    const { ok, output } = tryRun(command, parameters(), { cwd: folder, env });
    if (!ok) return [`isosops ${parameters().join(" ")} fails:\n${output}`];
  }
  return ["of-age.json", "of-sops.json"]
    .filter((name) => readFileSync(join(folder, name), "utf8") !== source)
    .map((name) => `${name}, decrypted by the command, is not what was encrypted`);
}

function exampleOf(readme) {
  return /^```(?:js|ts)\n([\s\S]*?)^```$/m.exec(readFileSync(join(top, readme), "utf8"))?.[1];
}

function tryNode(code, folder) {
  writeFileSync(join(folder, "example.js"), code);
  return tryRun(process.execPath, ["example.js"], { cwd: folder });
}

/** Runs the first JavaScript of a README, and checks its types as those with either way to find modules would. */
function tryExample(readme, folder) {
  const example = exampleOf(readme);
  if (example === undefined) return [`${readme} has no example`];
  const problems = [];
  const ending = `
if (plain.text !== source) throw new Error("it is not what it was");
if (!locked.text.includes("ENC[AES256_GCM,")) throw new Error("nothing is encrypted");
`;
  writeFileSync(join(folder, "example.ts"), `${example}${ending}const text: string = plain.text;\nvoid text;\n`);
  const ran = tryNode(`${example}${ending}`, folder);
  if (!ran.ok) problems.push(`the example of ${readme} fails:\n${ran.output}`);

  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2023,dom", "--types", ""];
    flags.push("--module", module, "--moduleResolution", resolution, "--skipLibCheck", "false", "--ignoreConfig");
    const checked = tryRun(join(top, "node_modules", ".bin", "tsc"), [...flags, "example.ts"], { cwd: folder });
    if (!checked.ok)
      problems.push(`the example of ${readme} has wrong types, resolved by ${resolution}:\n${checked.output}`);
  }
  return problems;
}
