import { createPrivateKey, X509Certificate } from "node:crypto";
import { keyFileLimit, readLimited } from "@isosops/node/internal/read-limited";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/** A certificate with its chain, and its private key, both in PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Undefined without both flags. Throws `CommandError`. */
export async function readTls(cert: string | undefined, key: string | undefined): Promise<TlsFiles | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new CommandError(exitCodes.conflictingParameters, "--tls-cert and --tls-key belong together: give both.");
  }
  const files = { cert: await read(cert, "--tls-cert"), key: await read(key, "--tls-key") };
  const certificate = parse(
    () => new X509Certificate(files.cert),
    `--tls-cert ${cert}: this is no certificate in PEM.`,
  );
  const secret = parse(
    () => createPrivateKey(files.key),
    `--tls-key ${key}: this is no private key in PEM, or it has a passphrase. Give one without.`,
  );
  if (!certificate.checkPrivateKey(secret)) {
    throw new CommandError(exitCodes.generic, `--tls-key ${key}: this is not the private key of ${cert}. Give that.`);
  }
  return files;
}

async function read(path: string, flag: string): Promise<Buffer> {
  try {
    return await readLimited(path, keyFileLimit);
  } catch (error) {
    throw new CommandError(exitCodes.readInput, `${flag} ${path}: the file cannot be read: ${reasonOf(error)}.`, error);
  }
}

function parse<Parsed>(work: () => Parsed, message: string): Parsed {
  try {
    return work();
  } catch {
    // What OpenSSL says may quote the file.
    throw new CommandError(exitCodes.generic, message);
  }
}
