import { homedir } from "node:os";
import { join } from "node:path";
import {
  type Identity,
  type IdentityOptions,
  identityToRecipient,
  type PluginUi,
  parseIdentities,
  parseIdentity,
} from "@isosops/age";
import type { AgeIdentity } from "isosops/age";
import { statSync } from "../file-system/fs.js";
import { keyFileLimit, readLimited, readPublicKey } from "../read-limited.js";
import { reasonOf } from "../system-error.js";
import { userConfigFolder } from "./user-config-folder.js";

/** What `findIdentities` has found. */
export interface FoundIdentities {
  /** The option `identities` of `decrypt`. */
  identities: AgeIdentity[];
  /** Each place and what was found there, without secrets. For the message if no identity fits. */
  tried: string[];
}

/** Options of `findIdentities`. Without them, nothing is prompted for. */
export interface FindIdentitiesOptions {
  /** Prompts for the passphrase of an encrypted SSH key or identity file. Without it, such keys open nothing. */
  passphrase?: ((prompt: string) => Promise<string>) | undefined;
  /** Prompts and messages of age plugins. */
  pluginUi?: PluginUi | undefined;
}

/**
 * Find the age identities of all places where sops looks (age/keysource.go, `loadIdentities`). A missing or malformed
 * place is not an error, and is described in `tried`. A command runs when a file is decrypted, since it is told the
 * recipient.
 *
 * Reads `SOPS_AGE_KEY`, `SOPS_AGE_KEY_FILE`, `SOPS_AGE_KEY_CMD`, `SOPS_AGE_SSH_PRIVATE_KEY_FILE`,
 * `SOPS_AGE_SSH_PRIVATE_KEY_CMD`, `~/.ssh/id_ed25519`, `~/.ssh/id_rsa`, and `sops/age/keys.txt` in the user's
 * configuration folder.
 *
 * @example
 * const { identities, tried } = await findIdentities();
 * const { text } = await decrypt(source, { format: "yaml", identities });
 */
export async function findIdentities(options: FindIdentitiesOptions = {}): Promise<FoundIdentities> {
  const { env } = process;
  const found: FoundIdentities = { identities: [], tried: [] };

  const sshFile = "SOPS_AGE_SSH_PRIVATE_KEY_FILE";
  if (env[sshFile] === undefined) found.tried.push(`${sshFile} (not set)`);
  else await addSshFile(found, env[sshFile], `${sshFile}, ${env[sshFile]}`, options);

  addCommand(found, "SOPS_AGE_SSH_PRIVATE_KEY_CMD", readSshOutput);

  const home = env.HOME || homedir();
  for (const name of ["id_ed25519", "id_rsa"]) {
    const path = join(home, ".ssh", name);
    await addSshFile(found, path, path, options);
  }

  if (env.SOPS_AGE_KEY === undefined) found.tried.push("SOPS_AGE_KEY (not set)");
  else add(found, "SOPS_AGE_KEY", readKeys("SOPS_AGE_KEY", env.SOPS_AGE_KEY, options, /\s+/));

  if (env.SOPS_AGE_KEY_FILE === undefined) found.tried.push("SOPS_AGE_KEY_FILE (not set)");
  else await addFile(found, env.SOPS_AGE_KEY_FILE, `SOPS_AGE_KEY_FILE, ${env.SOPS_AGE_KEY_FILE}`, options);

  addCommand(found, "SOPS_AGE_KEY_CMD", async (output) => readKeys("SOPS_AGE_KEY_CMD", output, options));

  const folder = userConfigFolder();
  if (folder === undefined) {
    found.tried.push("sops/age/keys.txt in your configuration folder (the folder cannot be determined)");
  } else {
    const path = join(folder, "sops", "age", "keys.txt");
    await addFile(found, path, path, options);
  }
  return found;
}

/** The keys of a place, and a description. */
interface Keys {
  readonly identities: readonly (string | Identity)[];
  readonly found: string;
}

function add({ identities, tried }: FoundIdentities, place: string, keys: Keys): void {
  identities.push(...keys.identities);
  tried.push(`${place} (${keys.found})`);
}

async function addFile(
  found: FoundIdentities,
  path: string,
  place: string,
  options: FindIdentitiesOptions,
): Promise<void> {
  const bytes = await readKeyFile(found, path, place);
  if (bytes !== undefined) add(found, place, readKeys(path, bytes, options));
}

async function addSshFile(
  found: FoundIdentities,
  path: string,
  place: string,
  { passphrase }: FindIdentitiesOptions,
): Promise<void> {
  const bytes = await readKeyFile(found, path, place);
  if (bytes === undefined) return;
  const publicKey = await readPublicKey(path);
  const ask = asking(passphrase, `Enter passphrase for "${path}":`);
  add(found, place, await readSshKey(bytes.toString("latin1"), { publicKey, passphrase: ask }));
}

function asking(passphrase: FindIdentitiesOptions["passphrase"], prompt: string): IdentityOptions["passphrase"] {
  return passphrase === undefined ? undefined : () => passphrase(prompt);
}

async function readKeyFile(found: FoundIdentities, path: string, place: string): Promise<Buffer | undefined> {
  try {
    // Most places are empty, and making an error for each takes longer than reading a key.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) {
      found.tried.push(`${place} (no such file)`);
      return undefined;
    }
    return await readLimited(path, keyFileLimit);
  } catch (error) {
    found.tried.push(`${place} (${reasonOf(error)})`);
    return undefined;
  }
}

/** The keys that a command writes. It is run once for each recipient. */
function addCommand(found: FoundIdentities, name: string, read: (output: Buffer) => Promise<Keys>): void {
  const command = process.env[name];
  if (command === undefined) {
    found.tried.push(`${name} (not set)`);
    return;
  }
  const index = found.tried.push(`${name} (not run)`) - 1;
  const known = new Map<string, Promise<Keys>>();
  found.identities.push(async (recipient) => {
    const keys = known.get(recipient) ?? runCommand(command, recipient).then(read, failed);
    known.set(recipient, keys);
    const { identities, found: what } = await keys;
    found.tried[index] = `${name} (${what})`;
    return identities.map((key) => (typeof key === "string" ? parseIdentity(key) : key));
  });
}

async function runCommand(command: string, recipient: string): Promise<Buffer> {
  const { runKeyCommand } = await import("./key-command.js");
  return runKeyCommand(command, recipient);
}

function failed(error: unknown): Keys {
  return { identities: [], found: error instanceof Error ? error.message : "it failed" };
}

/** @param options without a passphrase for the output of a command: sops does not ask for one either */
async function readSshKey(text: string, options: IdentityOptions): Promise<Keys> {
  try {
    if (!text.startsWith("-----BEGIN ")) return { identities: [], found: "no SSH private key" };
    await identityToRecipient(text, options);
    return { identities: [parseIdentity(text, options)], found: "1 SSH key" };
  } catch (error) {
    return failed(error);
  }
}

async function readSshOutput(output: Buffer): Promise<Keys> {
  return readSshKey(output.toString("latin1"), {});
}

/**
 * The keys of an identity file, encrypted or not.
 *
 * @param separator between several keys on one line, if that is allowed
 */
function readKeys(
  place: string,
  file: Buffer | string,
  { passphrase, pluginUi }: FindIdentitiesOptions,
  separator?: RegExp,
): Keys {
  const text = file.toString();
  if (text.startsWith("-----BEGIN AGE") || text.startsWith("age-encryption")) {
    const ask = asking(passphrase, `Enter passphrase for identity "${place}":`);
    const bytes = typeof file === "string" ? file : new Uint8Array(file);
    const identities = parseIdentities(bytes, { passphrase: ask, pluginUi });
    return { identities, found: "an encrypted identity file" };
  }
  const identities: (string | Identity)[] = [];
  const mistakes: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const keys = separator === undefined ? [line.trim()] : line.trim().split(separator);
    for (const [at, key] of keys.entries()) {
      try {
        // The first line of a PEM file, which is not one key.
        if (key.startsWith("-----")) throw new Error("not a line of an identity file");
        const [identity] = parseIdentities(key, { pluginUi });
        identities.push(key.startsWith("AGE-PLUGIN-") ? identity! : key);
      } catch {
        const where = keys.length === 1 ? `line ${index + 1}` : `line ${index + 1} word ${at + 1}`;
        mistakes.push(`${where} is ${key.startsWith("AGE-") ? "not a valid age identity" : "not an age identity"}`);
      }
    }
  }
  const count = identities.length;
  const counted = count === 0 ? "no key" : count === 1 ? "1 key" : `${count} keys`;
  return { identities, found: [counted, ...mistakes].join(", ") };
}
