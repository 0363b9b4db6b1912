import type { KeyOptions } from "@isosops/core";
import { machine } from "#gpg";
import { checkWrapped } from "../../wrapped.js";
import { shortenFingerprint } from "../fingerprint.js";
import { hasNoSecretKey, noMessage, notDecrypted, notEncrypted, notStarted } from "./failure.js";
import type { GpgMachine, Run, RunOptions } from "./machine.js";

/** How to run gpg, on Node, Deno and Bun. Other runtimes cannot. */
export interface GpgOptions {
  /** The program, or false to use only the given keys. Default: `SOPS_GPG_EXEC`, else `gpg`. */
  readonly gpg?: string | false | undefined;
  /** The folder of its keys. Default: that of gpg, `GNUPGHOME` or `~/.gnupg`. */
  readonly gnupgHome?: string | undefined;
  /**
   * Whether the keyrings of GnuPG before 2.1 in that folder are read here, by openpgp, before gpg is run. Default: true, as
   * in sops. gpg has their keys, too: it imports them.
   */
  readonly keyrings?: boolean | undefined;
}

/** A gpg that can be run. */
export interface Gpg {
  readonly machine: GpgMachine;
  readonly program: string;
  readonly options: GpgOptions;
}

/** The gpg to run; undefined if it is disabled, or the runtime cannot start programs. */
export function findGpg(options: GpgOptions): Gpg | undefined {
  if (machine === undefined || options.gpg === false) return undefined;
  return { machine, program: options.gpg ?? (machine.env("SOPS_GPG_EXEC") || "gpg"), options };
}

/** The folder of its keys (pgp/keysource.go, `gnuPGHome`). */
export function gnupgHome({ machine, options }: Gpg): string {
  return options.gnupgHome ?? (machine.env("GNUPGHOME") || machine.joinPath(machine.homeFolder(), ".gnupg"));
}

/**
 * Encrypts a data key with gpg, called as by sops (pgp/keysource.go, `encryptWithGnuPG`).
 *
 * @throws {SopsError} `unavailable` if gpg cannot be started, `key_not_found` or `key_disabled` if it cannot use the key,
 *   `service` for other errors of gpg
 */
export async function encryptWithGpg(
  gpg: Gpg,
  dataKey: Uint8Array,
  fingerprint: string,
  { signal }: KeyOptions = {},
): Promise<string> {
  const trusted = shortenFingerprint(fingerprint);
  const parameters = ["--no-default-recipient", "--yes", "--encrypt", "-a", "-r", fingerprint];
  parameters.push("--trusted-key", trusted, "--no-encrypt-to");
  const run = await runGpg(gpg, parameters, { input: dataKey, signal });
  const armored = new TextDecoder().decode(run.output).trim();
  if (run.code !== 0 || armored === "") {
    const key = fingerprint.replace(/!$/, "");
    const list = await runGpg(gpg, ["--batch", "--with-colons", "--list-keys", key], { input: "", signal });
    throw notEncrypted(gpg.program, run, new TextDecoder().decode(list.output));
  }
  // Other bytes would not survive as text, and what did of a data key would stand in the file.
  if (!armored.startsWith("-----BEGIN PGP MESSAGE-----")) throw noMessage(gpg.program);
  return checkWrapped(armored, dataKey, gpg.program);
}

/**
 * Decrypts an armored message with gpg, its agent and its smart cards (pgp/keysource.go, `decryptWithGnuPG`); undefined if
 * it has no secret key for it.
 *
 * @throws {SopsError} `unavailable` if gpg cannot be started, `credentials` if a passphrase is wrong or missing, or the
 *   agent fails, `data_key` if the message is damaged or gpg too old for it, `service` for other errors of gpg
 */
export async function decryptWithGpg(
  gpg: Gpg,
  armored: string,
  { signal }: KeyOptions = {},
): Promise<Uint8Array | undefined> {
  const run = await runGpg(gpg, ["-d"], { input: armored, signal });
  // Some versions of GnuPG skip packets they do not support, and exit with 0 and no output.
  if (run.code === 0 && run.output.length > 0) return run.output;
  if (hasNoSecretKey(run)) return undefined;
  throw notDecrypted(gpg.program, run);
}

/** Runs gpg with the parameters of sops, and asks for status lines, since its messages are in the user's language. */
async function runGpg({ machine, program, options }: Gpg, parameters: string[], io: RunOptions): Promise<Run> {
  const home = options.gnupgHome === undefined ? [] : ["--homedir", options.gnupgHome];
  io.signal?.throwIfAborted();
  try {
    return await machine.run(program, [...home, ...parameters, "--status-fd", "2"], io);
  } catch (error) {
    io.signal?.throwIfAborted();
    throw notStarted(program, error);
  }
}
