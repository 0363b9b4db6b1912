import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { SopsError } from "isosops";
import { ageSource } from "isosops/age";
import { errorCode, reasonOf } from "./command-error.js";

/** What sops reads and this version does not. */
const notRead = ["SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_CMD"];

export interface FoundIdentities {
  /** `AGE-SECRET-KEY-1...`, one each. */
  identities: string[];
  /** Each place that was looked at and what was there, without secrets. For the message when no identity fits. */
  tried: string[];
}

/**
 * Collect the age identities of all places that sops looks at (age/keysource.go, `loadIdentities`), so far as this
 * version reads them. What is missing or malformed in one place does not matter as long as another has a key that fits.
 */
export async function findIdentities(): Promise<FoundIdentities> {
  const { SOPS_AGE_KEY, SOPS_AGE_KEY_FILE } = process.env;
  const found: FoundIdentities = { identities: [], tried: [] };

  if (SOPS_AGE_KEY === undefined) found.tried.push("SOPS_AGE_KEY (not set)");
  else addKeys(found, "SOPS_AGE_KEY", SOPS_AGE_KEY, /\s+/);

  if (SOPS_AGE_KEY_FILE === undefined) found.tried.push("SOPS_AGE_KEY_FILE (not set)");
  else await addFile(found, SOPS_AGE_KEY_FILE, `SOPS_AGE_KEY_FILE, ${SOPS_AGE_KEY_FILE}`);

  const folder = userConfigFolder();
  if (folder === undefined) {
    found.tried.push("sops/age/keys.txt in your configuration folder (which folder that is could not be told)");
  } else {
    const path = join(folder, "sops", "age", "keys.txt");
    await addFile(found, path, path);
  }

  for (const name of notRead) {
    if (process.env[name] !== undefined) found.tried.push(`${name} (set, but this version does not read it yet)`);
  }
  return found;
}

/** Let an error about identities that do not fit say where they were looked for. */
export async function namingPlaces<Result>(tried: readonly string[], work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SopsError) || !/^no_(matching_)?identit/.test(error.code)) throw error;
    throw new SopsError(error.code, `${error.message} Looked in: ${tried.join("; ")}.`, { cause: error });
  }
}

async function addFile(found: FoundIdentities, path: string, place: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    found.tried.push(`${place} (${errorCode(error) === "ENOENT" ? "no such file" : reasonOf(error)})`);
    return;
  }
  addKeys(found, place, text);
}

/** @param separator what stands between two keys of the same line, where there may be several */
function addKeys(found: FoundIdentities, place: string, text: string, separator?: RegExp): void {
  let count = 0;
  const mistakes: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const keys = separator === undefined ? [line.trim()] : line.trim().split(separator);
    for (const [at, key] of keys.entries()) {
      try {
        ageSource([key]);
        found.identities.push(key);
        count++;
      } catch {
        const where = keys.length === 1 ? `line ${index + 1}` : `line ${index + 1} word ${at + 1}`;
        mistakes.push(`${where} is ${key.startsWith("AGE-") ? "not a valid age identity" : "no age identity"}`);
      }
    }
  }
  const counted = count === 0 ? "no key" : count === 1 ? "1 key" : `${count} keys`;
  found.tried.push(`${place} (${[counted, ...mistakes].join(", ")})`);
}

/** As Go's `os.UserConfigDir` has it, but for macOS, where sops takes `XDG_CONFIG_HOME` first. */
function userConfigFolder(): string | undefined {
  const { XDG_CONFIG_HOME, AppData, APPDATA } = process.env;
  if (process.platform === "win32") return AppData || APPDATA || undefined;
  if (XDG_CONFIG_HOME) {
    return process.platform === "darwin" || isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : undefined;
  }
  const home = process.env.HOME || homedir();
  if (home === "") return undefined;
  return process.platform === "darwin" ? join(home, "Library", "Application Support") : join(home, ".config");
}
