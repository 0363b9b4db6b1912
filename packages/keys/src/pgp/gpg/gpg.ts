import type { KeyOptions } from "@isosops/core";
import { machine } from "#gpg";
import { shortenFingerprint } from "../fingerprint.js";
import { hasNoSecretKey, notDecrypted, notEncrypted, notStarted } from "./failure.js";
import type { GpgMachine, Run, RunOptions } from "./machine.js";

/** Which gpg serves, on Node, Deno and Bun. Elsewhere there is none. */
export interface GpgOptions {
  /** The program, or false to use keys in hand alone: `SOPS_GPG_EXEC` if left out, else `gpg`. */
  readonly gpg?: string | false | undefined;
  /** The folder of its keys: what gpg takes by itself, `GNUPGHOME` or `~/.gnupg`, if left out. */
  readonly gnupgHome?: string | undefined;
}

/** A gpg that can be run. */
export interface Gpg {
  readonly machine: GpgMachine;
  readonly program: string;
  readonly options: GpgOptions;
}

/** The gpg of this machine; undefined if it is not to be used, or the runtime starts no programs. */
export function findGpg(options: GpgOptions): Gpg | undefined {
  if (machine === undefined || options.gpg === false) return undefined;
  return { machine, program: options.gpg ?? (machine.env("SOPS_GPG_EXEC") || "gpg"), options };
}

/** The folder of its keys (pgp/keysource.go, `gnuPGHome`). */
export function gnupgHome({ machine, options }: Gpg): string {
  return options.gnupgHome ?? (machine.env("GNUPGHOME") || machine.joinPath(machine.homeFolder(), ".gnupg"));
}

/**
 * Encrypt a data key with gpg, as sops calls it (pgp/keysource.go, `encryptWithGnuPG`).
 *
 * @throws {SopsError} `unavailable` if gpg cannot be started, `key_not_found` and `key_disabled` by what it says of the key, `service`
 *   for what else it says
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
  return armored;
}

/**
 * Decrypt an armored message with gpg, its agent and its smart cards (pgp/keysource.go, `decryptWithGnuPG`); undefined if
 * it has no secret key for it.
 *
 * @throws {SopsError} `unavailable` if gpg cannot be started, `credentials` by what it says of a passphrase or of its agent,
 *   `data_key` if the message is damaged, or gpg too old for it, `service` for what else it says
 */
export async function decryptWithGpg(
  gpg: Gpg,
  armored: string,
  { signal }: KeyOptions = {},
): Promise<Uint8Array | undefined> {
  const run = await runGpg(gpg, ["-d"], { input: armored, signal });
  // Some versions of GnuPG pass over what they do not know, and end with 0 and nothing.
  if (run.code === 0 && run.output.length > 0) return run.output;
  if (hasNoSecretKey(run)) return undefined;
  throw notDecrypted(gpg.program, run);
}

/** With the parameters of sops and, behind them, a request for status lines: what else gpg says is in the user's language. */
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
