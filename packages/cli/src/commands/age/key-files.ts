import type { IdentityOptions } from "@isosops/age";
import { keyFileLimit, readLimited, readPublicKey } from "@isosops/node/internal/read-limited";
import { reasonOf } from "@isosops/node/internal/system-error";
import { readStdin } from "../../files/read-stdin.js";
import { pluginUi } from "../../terminal/plugin-ui.js";
import { askSecret } from "../../terminal/prompt.js";
import { failure } from "./failure.js";

/** Reads key files. stdin (`-`) can be read once. */
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

/** Options to parse an identity file of this name. For an SSH key, the `.pub` file beside it is read too. */
export async function identityOptions(path: string, ssh: boolean): Promise<IdentityOptions> {
  const what = ssh ? `"${path}"` : `identity file "${path}"`;
  return {
    pluginUi,
    passphrase: () => askSecret(`Enter passphrase for ${what}:`),
    publicKey: ssh ? await readPublicKey(path) : undefined,
  };
}

/** Whether a key file holds an SSH private key. */
export function isSshKey(file: Buffer): boolean {
  const start = file.subarray(0, 20).toString("latin1");
  return start.startsWith("-----BEGIN") && !start.startsWith("-----BEGIN AGE");
}
