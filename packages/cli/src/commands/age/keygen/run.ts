import { closeSync, fsyncSync } from "node:fs";
import {
  AgeError,
  decrypt,
  generateHybridIdentity,
  generateIdentity,
  type IdentityOptions,
  identityToRecipient,
  parseIdentities,
  passphraseIdentity,
} from "@isosops/age";
import { openSync, rmSync, writeFileSync } from "@isosops/node/internal/file-system/fs";
import { errorCode, reasonOf } from "@isosops/node/internal/system-error";
import { say, warn } from "../../../terminal/messages.js";
import { isWorldReadable, writeStdout } from "../../../terminal/stdout.js";
import { failure, withName } from "../failure.js";
import { identityOptions, isSshKey, keyFiles } from "../key-files.js";
import type { AgeKeygenOptions } from "./flags.js";

/** `isosops age keygen`. */
export async function ageKeygen(input: string | undefined, options: AgeKeygenOptions): Promise<void> {
  const { y, pq, output } = options;
  if (y === true) {
    if (pq === true) throw failure("-pq and -y are mutually exclusive: the identity file says what its keys are.");
    return write(await recipientsOf(input), output);
  }
  if (input !== undefined) throw failure(`A new key is made of nothing, so ${input} is not read: did you mean -y?`);
  const { identity, recipient } = await (pq === true ? generateHybridIdentity() : generateIdentity());
  if (output === undefined && isWorldReadable()) warn("the secret key goes to a file that all users can read.");
  await write(`# created: ${localTime(new Date())}\n# public key: ${recipient}\n${identity}\n`, output);
  if (output !== undefined || process.stdout.isTTY !== true) say(`Public key: ${recipient}`);
}

async function recipientsOf(input: string | undefined): Promise<string> {
  const file = await keyFiles(false).read(input ?? "-");
  const name = input ?? "stdin";
  const ssh = isSshKey(file);
  const options = await identityOptions(name, ssh);
  const text = isEncrypted(file) ? await withName(name, () => openFile(file, options)) : file.toString();
  // Parsed for its error message, which names the line.
  await withName(name, () => parseIdentities(text, options));
  const keys = ssh ? [text] : text.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#"));
  const recipients = await Promise.all(keys.map((key) => withName(name, () => identityToRecipient(key, options))));
  return recipients.map((recipient) => `${recipient}\n`).join("");
}

function isEncrypted(file: Buffer): boolean {
  return /^(?:-----BEGIN AGE|age-encryption)/.test(file.subarray(0, 20).toString("latin1"));
}

async function openFile(file: Buffer, { passphrase }: IdentityOptions): Promise<string> {
  try {
    return Buffer.from(await decrypt(new Uint8Array(file), [passphraseIdentity(passphrase!)])).toString();
  } catch (error) {
    if (!(error instanceof AgeError) || error.code !== "no_match") throw error;
    throw failure("The identity file is encrypted, but not with a passphrase: decrypt it first.", error);
  }
}

/** Write a key file with mode 0600. An existing file is never overwritten. */
async function write(text: string, output: string | undefined): Promise<void> {
  if (output === undefined) return writeStdout(text);
  let descriptor: number;
  try {
    descriptor = openSync(output, "wx", 0o600);
  } catch (error) {
    const exists = errorCode(error) === "EEXIST";
    throw failure(
      exists
        ? `${output} already exists, and is not overwritten.`
        : `${output}: it cannot be written: ${reasonOf(error)}.`,
      error,
    );
  }
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(output, { force: true });
    throw failure(`${output}: it cannot be written: ${reasonOf(error)}.`, error);
  } finally {
    closeSync(descriptor);
  }
}

/** RFC 3339 with the local time's offset, as age-keygen writes it. */
function localTime(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  if (offset === 0) return `${local}Z`;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
}
