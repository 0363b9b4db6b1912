import { resolve } from "@isosops/node/internal/file-system/paths";
import { reasonOf } from "@isosops/node/internal/system-error";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/** Variables with a path, which is relative to the folder that the command was started in. */
const pathVariables = ["ISOSOPS_HOME", "SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE"];

/** Work in another folder from here on, as if the command had been started there. Throws `CommandError`. */
export function enterRoot(folder: string): void {
  for (const name of pathVariables) {
    const path = process.env[name];
    if (path) process.env[name] = resolve(path);
  }
  try {
    process.chdir(folder);
  } catch (error) {
    throw new CommandError(
      exitCodes.noFile,
      `--root ${folder}: ${reasonOf(error)}. Give the folder of the clusters.`,
      error,
    );
  }
}
