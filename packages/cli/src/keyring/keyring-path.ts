import { join } from "node:path";
import { resolve } from "@isosops/node/internal/file-system/paths";
import { userConfigFolder } from "@isosops/node/internal/identities/user-config-folder";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/**
 * The path of the organisation's keyring: in the folder `ISOSOPS_HOME`, else in `isosops` of the user's configuration
 * folder. Throws `CommandError`.
 */
export function keyringPath(): string {
  const home = process.env.ISOSOPS_HOME;
  if (home) return join(resolve(home), "keyring.json");
  const folder = userConfigFolder();
  if (folder !== undefined) return join(folder, "isosops", "keyring.json");
  throw new CommandError(
    exitCodes.generic,
    "Your configuration folder cannot be determined. Set ISOSOPS_HOME to the folder of the keyring.",
  );
}
