/**
 * Makes executables of the command, which need no Node: `pnpm executables [--target NAME]... [--output FOLDER] [--bun FILE]`.
 * Bun puts itself and the bundle into one file for each system, `executables/isosops-VERSION-SYSTEM`, whichever system it
 * runs on; it gets what it needs for another system from the npm registry. Beside them are their checksums and licences.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findBun } from "../../runtime-tests/find.js";

const here = fileURLToPath(new URL(".", import.meta.url));
/** By the names that Bun has for them. Those for musl are for Alpine Linux, those called baseline for processors before 2013. */
const systems = [
  "linux-x64",
  "linux-x64-baseline",
  "linux-x64-musl",
  "linux-arm64",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
  "windows-x64",
  "windows-x64-baseline",
  "windows-arm64",
];

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true },
    output: { type: "string", default: join(here, "executables") },
    bun: { type: "string" },
  },
});
for (const target of values.target ?? []) {
  if (!systems.includes(target)) throw new Error(`--target ${target}: there are ${systems.join(", ")}`);
}
const bun = values.bun ?? findBun();
if (bun === undefined) throw new Error("there is no Bun: node runtime-tests/install.js, or --bun FILE");

const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const { output } = values;
rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const entries = ["executable-entry.js", "bundle/worker.js"].map((name) => join(here, name));
const sums = [];
for (const system of values.target ?? systems) {
  const isWindows = system.startsWith("windows");
  const file = join(output, `isosops-${version}-${system}${isWindows ? ".exe" : ""}`);
  // Modules are found where Bun keeps the files of an executable, not where they are on this machine.
  const root = isWindows ? "B:/~BUN/root/" : "/$bunfs/root/";
  const flags = [
    "--compile",
    "--minify",
    "--bytecode",
    `--target=bun-${system}`,
    `--define=__filename="${root}bundle/main.js"`,
    // A command on a small file ends before compiled code is worth the time to compile it. On large files it costs a tenth.
    "--compile-jit-policy=10",
    // Variables of the environment and files of the working folder are no business of this command.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    `--outfile=${file}`,
  ];
  execFileSync(bun, ["build", ...flags, ...entries], { stdio: ["ignore", "ignore", "inherit"] });
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  sums.push(`${hash.digest("hex")}  ${basename(file)}`);
  console.log(sums.at(-1));
}
writeFileSync(join(output, "SHA256SUMS"), `${sums.join("\n")}\n`);
writeFileSync(join(output, "LICENSES.txt"), licenses());

/** Those of the parts of the command, and what Bun's ask of those who pass an executable on. */
function licenses() {
  const line = `\n${"-".repeat(78)}\n\n`;
  const bunVersion = execFileSync(bun, ["--version"], { encoding: "utf8" }).trim();
  const read = (name) => readFileSync(join(here, name), "utf8");
  return [
    read("licences/Bun.txt").replaceAll("BUN_VERSION", bunVersion),
    ...["LGPL-2.0", "LGPL-2.1", "Apache-2.0"].map((name) => read(`licences/${name}.txt`)),
    read("bundle/LICENSES.txt"),
  ].join(line);
}
