/**
 * Finds, installs and runs the real sops command, for the vectors and for the tests that run it live.
 */
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The versions the vectors are made with: the current one, and one that is in wide use. */
export const sopsVersions = ["3.13.3", "3.9.4"];

const binaryName = process.platform === "win32" ? "sops.exe" : "sops";

/**
 * Installs packages of PyPI into a folder of their own.
 *
 * @param {string} folder in the cache
 * @param {...string} requirements with their versions, as pip takes them
 * @throws where there is no Python, or PyPI cannot be reached; nothing is left behind then
 */
export function installWithPip(folder, ...requirements) {
  const stdio = ["ignore", "inherit", "inherit"];
  try {
    rmSync(folder, { recursive: true, force: true });
    execFileSync(process.env.PYTHON_BIN || "python3", ["-m", "venv", folder], { stdio });
    execFileSync(join(folder, "bin", "python3"), ["-m", "pip", "install", "--quiet", ...requirements], { stdio });
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`${requirements.join(" and ")} could not be installed; are Python and PyPI there?`, { cause });
  }
}

/** Where installed versions are kept, one folder each: `$ISOSOPS_CACHE`, else `~/.cache/isosops`. */
export function cacheFolder() {
  return process.env.ISOSOPS_CACHE || join(homedir(), ".cache", "isosops");
}

function cachedPath(version) {
  return join(cacheFolder(), `sops-${version}`, binaryName);
}

/**
 * The sops binaries of this machine: those `SOPS_BIN` names (several are separated as in `PATH`), then the installed
 * ones. One of each version; what is not there or does not run is left out.
 *
 * @returns {{ version: string, path: string }[]}
 */
export function findSops() {
  const named = (process.env.SOPS_BIN ?? "").split(delimiter).filter((path) => path !== "");
  const found = [];
  for (const path of [...named, ...sopsVersions.map(cachedPath)]) {
    if (!existsSync(path)) continue;
    const version = askVersion(path);
    if (version === undefined || found.some((other) => other.version === version)) continue;
    found.push({ version, path });
  }
  return found;
}

function askVersion(path) {
  try {
    // Without the flag, sops asks the network for the latest version.
    const printed = execFileSync(path, ["--disable-version-check", "--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 20_000,
    });
    return /^sops (\d+\.\d+\.\d+\S*)/.exec(printed)?.[1];
  } catch {
    return undefined;
  }
}

/**
 * Builds a version of sops with Go into the cache, where it is not there yet. Takes minutes the first time.
 *
 * @param {string} version as in "3.13.3"
 * @returns {{ version: string, path: string }}
 * @throws where Go is not installed or the build fails
 */
export function installSops(version) {
  const path = cachedPath(version);
  if (existsSync(path) && askVersion(path) === version) return { version, path };

  buildWithGo(`sops-${version}`, (folder) => ({
    command: ["install", "-trimpath", `github.com/getsops/sops/v3/cmd/sops@v${version}`],
    environment: { GOBIN: folder },
  }));
  return { version, path };
}

/**
 * Runs a Go command that builds into a folder, which then gets its name in the cache: an interrupted build leaves
 * nothing that looks installed.
 */
export function buildWithGo(name, instructions) {
  mkdirSync(cacheFolder(), { recursive: true });
  const building = mkdtempSync(join(cacheFolder(), "building-"));
  try {
    const { GOFLAGS: _, ...inherited } = process.env;
    const { command, environment = {}, cwd } = instructions(building);
    execFileSync("go", command, {
      cwd,
      env: { ...inherited, ...environment },
      stdio: ["ignore", "inherit", "inherit"],
    });
    rmSync(join(cacheFolder(), name), { recursive: true, force: true });
    renameSync(building, join(cacheFolder(), name));
  } catch (cause) {
    rmSync(building, { recursive: true, force: true });
    throw new Error(`${name} could not be built; is Go installed and the network there?`, { cause });
  }
}

const serverSource = new URL("differential/sops-server/", import.meta.url);

/** Where the sops server is, once it is built; another place for another source. */
export function serverPath() {
  const hash = createHash("sha256");
  for (const file of readdirSync(serverSource).sort())
    hash.update(file).update(readFileSync(new URL(file, serverSource)));
  return join(cacheFolder(), `sops-server-${hash.digest("hex").slice(0, 12)}`, "sops-server");
}

/** Builds the sops server, which answers many jobs without being started for each, where it is not there yet. */
export function installServer() {
  const path = serverPath();
  if (!existsSync(path)) {
    buildWithGo(basename(dirname(path)), (folder) => ({
      command: ["build", "-trimpath", "-o", join(folder, "sops-server"), "."],
      cwd: fileURLToPath(serverSource),
    }));
  }
  return path;
}

/** The endings of files, by which sops and the vectors tell the formats. */
export const endings = { yaml: "yaml", json: "json", dotenv: "env", ini: "ini", binary: "bin" };

/**
 * Runs sops on a text, as a file of its own in an empty folder, with no key and no configuration but those given.
 *
 * @param {{ path: string }} sops
 * @param {string[]} flags all that stands before the file name
 * @param {{ text: string | Uint8Array, format: import("./vectors.js").Format, identities?: string[] }} input
 * @returns {Promise<{ exit: number, output: string, message: string, bytes: Buffer }>} `output` is `bytes` as text
 */
export async function runSops(sops, flags, { text, format, identities = [] }) {
  const folder = mkdtempSync(join(tmpdir(), "isosops-vectors-"));
  try {
    const name = `input.${endings[format]}`;
    writeFileSync(join(folder, name), text);
    const environment = { PATH: process.env.PATH ?? "", HOME: folder, XDG_CONFIG_HOME: folder, TMPDIR: folder };
    if (identities.length > 0) environment.SOPS_AGE_KEY = identities.join("\n");
    return await new Promise((resolve, reject) => {
      const options = { cwd: folder, env: environment, encoding: "buffer", maxBuffer: 1 << 28, timeout: 60_000 };
      const child = execFile(sops.path, [...flags, name], options, (error, bytes, message) => {
        if (error !== null && typeof error.code !== "number") reject(error);
        else resolve({ exit: error?.code ?? 0, output: bytes.toString(), message: message.toString(), bytes });
      });
      child.stdin.end();
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The flags of `sops --encrypt` for the options of `encrypt`. The older form of the command, because its `encrypt`
 * form does not know all of them in 3.9.4.
 *
 * @param {Record<string, unknown>} options
 * @param {string[]} recipients
 */
export function encryptFlags(options, recipients) {
  const flags = ["--encrypt"];
  if (recipients.length > 0) flags.push("--age", recipients.join(","));
  for (const [name, value] of Object.entries(options)) {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === true) flags.push(flag);
    else flags.push(flag, String(value));
  }
  return flags;
}

/** @returns {{ recipient: string, identity: string }} a test key of the folder `keys` */
export function readKey(name) {
  const text = readFileSync(new URL(`keys/${name}.txt`, import.meta.url), "utf8");
  return { recipient: /^# public key: (\S+)$/m.exec(text)[1], identity: /^AGE-SECRET-KEY-\S+$/m.exec(text)[0] };
}

/**
 * Runs `work` on every item, two at a time.
 *
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => Promise<void>} work
 */
export async function twoAtATime(items, work) {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all([lane(), lane()]);
}
