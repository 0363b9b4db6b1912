import { basename } from "node:path";
import { AgeError, type IdentityOptions } from "@isosops/age";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { keyFileLimit, readLimited, readPublicKey } from "@isosops/node/internal/read-limited";
import { reasonOf } from "@isosops/node/internal/system-error";
import { readStdin } from "../../files/read-stdin.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { askSecret, pluginUi } from "../../terminal/prompt.js";

/** Reads small files, and stdin (`-`) for one purpose alone. */
export interface KeyFiles {
  read(path: string): Promise<Buffer>;
}

/** @param stdinTaken whether stdin is read for something else */
export function keyFiles(stdinTaken: boolean): KeyFiles {
  let taken = stdinTaken;
  return {
    async read(path) {
      if (path !== "-") return readKeys(path);
      if (taken) throw failure("stdin (-) can be read for one purpose only: give the other as a file.");
      taken = true;
      return readKeys(path);
    },
  };
}

async function readKeys(path: string): Promise<Buffer> {
  try {
    return path === "-" ? await readStdin(keyFileLimit) : await readLimited(path, keyFileLimit);
  } catch (error) {
    throw failure(`${path}: the file cannot be read: ${reasonOf(error)}.`, error);
  }
}

/** What identity files of this name ask for; for an SSH key its `.pub` file beside it is looked at too. */
export async function identityOptions(path: string, ssh: boolean): Promise<IdentityOptions> {
  const what = ssh ? `"${path}"` : `identity file "${path}"`;
  return {
    pluginUi,
    passphrase: () => askSecret(`Enter passphrase for ${what}:`),
    publicKey: ssh ? await readPublicKey(path) : undefined,
  };
}

/** Whether a key file is meant for an SSH key. */
export function isSshKey(file: Buffer): boolean {
  const start = file.subarray(0, 20).toString("latin1");
  return start.startsWith("-----BEGIN") && !start.startsWith("-----BEGIN AGE");
}

/** Refuse to write over a file that is read: the result would be made of its own beginning. */
export function checkOutput(output: string | undefined, inputs: readonly (string | undefined)[]): void {
  if (output === undefined || output === "-") return;
  for (const input of inputs) {
    if (input !== undefined && input !== "-" && resolve(input) === resolve(output)) {
      throw failure(`${basename(output)} is read and cannot be written too: give another --output.`);
    }
  }
}

/** Let errors of age, which say all there is to say, name the file they are about. */
export async function naming<Result>(name: string | undefined, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AgeError)) throw error;
    throw failure(`${name === undefined ? "" : `${name}: `}${error.message}.`, error);
  }
}

/** age has one exit code for all that goes wrong. */
export function failure(message: string, cause?: unknown): CommandError {
  return new CommandError(exitCodes.generic, message, cause);
}
