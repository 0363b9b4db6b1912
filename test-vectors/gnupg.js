/** Finds GnuPG, and installs a second version of it, for the tests that run it live. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cacheFolder } from "./tools.js";

/**
 * @typedef {object} Gnupg
 * @property {string} version as in "2.4.7"
 * @property {string} path its `gpg`
 */

const cached = () => join(cacheFolder(), "gnupg-2.4", "gpg");

/**
 * The GnuPGs of this machine, one of each version: those `GPG_BIN` names (several are separated as in `PATH`), that of the
 * `PATH`, and the one that `installGnupg` has installed.
 *
 * @returns {Gnupg[]}
 */
export function findGnupgs() {
  const named = (process.env.GPG_BIN ?? "").split(delimiter).filter((path) => path !== "");
  const found = [];
  for (const path of [...named, "gpg", cached()]) {
    const version = askVersion(path);
    if (version === undefined || found.some((other) => other.version === version)) continue;
    found.push({ version, path });
  }
  return found;
}

/**
 * Whether a GnuPG has what came with 2.4: v5 keys and OCB.
 *
 * @param {Gnupg} gnupg
 */
export function isModern({ version }) {
  const [major, minor] = version.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 4);
}

function askVersion(path) {
  try {
    const printed = execFileSync(path, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return /^gpg \(GnuPG\S*\) (\d+\.\d+\.\d+)/.exec(printed)?.[1];
  } catch {
    return undefined;
  }
}

const suite = "trixie";
/** With all that they load, the C library too: they run beside an older system. */
const packages = [
  ...["gpg", "gpg-agent", "gpgconf", "libassuan9", "libbz2-1.0", "libc6", "libgcrypt20", "libgpg-error0", "libksba8"],
  ...["libnpth0t64", "libreadline8t64", "libsqlite3-0", "libtinfo6", "zlib1g"],
];

/**
 * Unpacks GnuPG 2.4 of Debian 13 into the cache, beside the GnuPG of the system, where no version like it is there yet.
 *
 * @returns {string} its `gpg`
 * @throws where there is no apt, or the archive of Debian cannot be reached
 */
export function installGnupg() {
  const present = findGnupgs().find(isModern);
  if (present !== undefined) return present.path;
  mkdirSync(cacheFolder(), { recursive: true });
  const building = mkdtempSync(join(cacheFolder(), "building-"));
  try {
    downloadPackages(join(building, "apt"));
    for (const name of readdirSync(join(building, "apt"))) {
      if (name.endsWith(".deb")) run("dpkg-deb", ["-x", join(building, "apt", name), building]);
    }
    rmSync(join(building, "apt"), { recursive: true });
    for (const program of ["gpg", "gpg-agent"]) writeStarter(building, program);
    rmSync(join(cacheFolder(), "gnupg-2.4"), { recursive: true, force: true });
    renameSync(building, join(cacheFolder(), "gnupg-2.4"));
  } catch (cause) {
    rmSync(building, { recursive: true, force: true });
    throw new Error(`GnuPG 2.4 could not be taken from Debian 13: ${cause.message}`, { cause });
  }
  return cached();
}

/** By an apt that knows no other archive, and leaves the system's lists alone. */
function downloadPackages(folder) {
  for (const part of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(folder, part), { recursive: true });
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  if (!existsSync(keyring)) throw new Error(`there is no ${keyring}, so this is no Debian`);
  writeFileSync(
    join(folder, "sources.list"),
    `deb [signed-by=${keyring}] http://deb.debian.org/debian ${suite} main\n`,
  );
  const settings = {
    "Dir::State": folder,
    "Dir::State::Lists": join(folder, "lists"),
    "Dir::State::status": "/dev/null",
    "Dir::Cache": join(folder, "cache"),
    "Dir::Etc::SourceList": join(folder, "sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "Acquire::Languages": "none",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  run("apt-get", [...options, "update"], folder);
  run("apt-get", [...options, "download", ...packages], folder);
}

/** A shell script that starts a program with the libraries beside it. */
function writeStarter(folder, program) {
  const libraries = join(folder, "usr/lib");
  const platform = readdirSync(libraries).find((name) => name.endsWith("-linux-gnu"));
  const loader = readdirSync(join(libraries, platform)).find((name) => name.startsWith("ld-linux-"));
  const agent = program === "gpg" ? ' --agent-program "$here/gpg-agent"' : "";
  const path = join(folder, program);
  writeFileSync(
    path,
    `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
lib=$here/usr/lib/${platform}
exec "$lib/${loader}" --library-path "$lib" "$here/usr/bin/${program}"${agent} "$@"
`,
  );
  chmodSync(path, 0o755);
}

function run(command, parameters, cwd) {
  execFileSync(command, parameters, { cwd, stdio: ["ignore", "ignore", "pipe"], timeout: 300_000 });
}
