/**
 * Finds, builds and starts a server of the core of HashiCorp Vault, with its transit engine, for the tests of keys. Vault is
 * under the Business Source License: what is built is a tool of the tests, and none of it is here.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildWithGo, cacheFolder } from "./tools.js";

const source = fileURLToPath(new URL("vault-server/", import.meta.url));

/** The token that may do everything. */
export const rootToken = "root";

/** Another place for another source. */
function cachedPath() {
  const hash = createHash("sha256");
  for (const name of readdirSync(source, { recursive: true }).map(String).sort()) {
    if (/\.\w+$/.test(name)) hash.update(name).update(readFileSync(join(source, name)));
  }
  return join(cacheFolder(), `vault-server-${hash.digest("hex").slice(0, 12)}`, "vault-server");
}

/** @returns {string | undefined} the server of the cache */
export function findVault() {
  const path = cachedPath();
  return existsSync(path) ? path : undefined;
}

/**
 * Builds the server with Go into the cache, where it is not there yet. Takes minutes the first time, and one package needs
 * 2.3 GB of memory.
 *
 * @returns {string} its path
 * @throws where Go is not installed or the build fails
 */
export function installVault() {
  const path = cachedPath();
  if (existsSync(path)) return path;
  const sources = mkdtempSync(join(tmpdir(), "isosops-vault-"));
  try {
    buildWithGo(basename(dirname(path)), (folder) => {
      cpSync(source, sources, { recursive: true });
      copyTransit(join(sources, "transit"));
      return {
        command: ["build", "-trimpath", "-ldflags", "-s -w", "-o", join(folder, "vault-server"), "."],
        cwd: sources,
      };
    });
  } finally {
    rmSync(sources, { recursive: true, force: true });
  }
  return path;
}

/**
 * No published sdk is right for the whole of Vault 1.21: transit needs a later one, with another `RestorePolicy`. So transit is
 * built from a copy that does with the earlier one.
 */
function copyTransit(folder) {
  const run = (command) => execFileSync("go", command, { cwd: dirname(folder), encoding: "utf8" });
  const { Dir } = JSON.parse(run(["mod", "download", "-json", "github.com/hashicorp/vault"]));
  const original = join(Dir, "builtin", "logical", "transit");
  cpSync(original, folder, {
    recursive: true,
    filter: (path) => path === original || (dirname(path) === original && /(?<!_test)\.go$/.test(path)),
  });
  const restore = join(folder, "path_restore.go");
  const text = readFileSync(restore, "utf8").replace(
    "restoredKeyName, err := b.lm.RestorePolicy",
    "restoredKeyName := keyName; err := b.lm.RestorePolicy",
  );
  rmSync(restore, { force: true });
  writeFileSync(restore, text);
  cpSync(join(source, "compat.go.txt"), join(folder, "compat.go"));
}

/**
 * Starts the server on a free port of this machine, in memory, unsealed, with the root token `root`.
 *
 * @param {string} path
 * @param {{ certificate: string, key: string }} [tls] files, if it is to speak TLS
 * @returns {Promise<{ url: string, stop(): Promise<void> }>}
 */
export async function startVault(path, tls) {
  const files = tls === undefined ? [] : [tls.certificate, tls.key];
  const child = spawn(path, files, { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill();
    await ended;
  };
  const orphan = () => child.kill();
  process.once("exit", orphan);
  ended.then(() => process.off("exit", orphan));
  for await (const line of createInterface(child.stdout)) {
    if (/^https?:/.test(line)) return { url: line, stop };
  }
  throw new Error("the server of Vault has not started");
}
