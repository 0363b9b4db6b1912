import type { Command } from "commander";
import { identityEnvironment, keyringEnvironment } from "../../flags/environment.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface RepairFlags {
  acceptChanges?: boolean;
  dryRun?: boolean;
  inputType?: string;
}

export const repairDefinition: CommandDefinition = {
  syntax: "repair [files...]",
  usage: "[options] files...",
  summary: "encrypt and seal again what was edited by hand",
  description:
    "Repair encrypted files that were edited by hand: what the file's rule encrypts and is in plain text is encrypted, and the MAC is made for what is there. What has changed since the last version in Git whose MAC is right is shown, and asked about. All else stays as it is, ciphertexts included.",
  examples: [
    "isosops repair secret.yaml",
    "isosops repair --accept-changes secret.yaml",
    "isosops repair --dry-run *.yaml",
  ],
  environment: [identityEnvironment, keyringEnvironment],
  remarks: `Whoever can write to the file may have changed it, and a MAC that was made again hides that: accept only what you
know of. Where the MAC vouches for all values, nothing is asked. A ciphertext that was changed or moved is never
repaired: take it from an earlier version of the file.`,
  addFlags(command: Command) {
    command
      .optionsGroup("Checks:")
      .option("--accept-changes", "all that has changed is meant, without being asked on the terminal")
      .option("--dry-run", "write nothing, and say what would be done")
      .optionsGroup("Files and formats:")
      .option("--input-type <format>", "yaml, json, dotenv, ini, binary, toml or xml; else as the name says");
  },
  task(given) {
    const flags = given.options as RepairFlags;
    if (given.args.length === 0) {
      throw new CommandError(exitCodes.noFile, "No file was given: `isosops repair FILE`.");
    }
    return {
      operation: "repair",
      run: async () => (await import("./run.js")).repairCommand(given.args, flags),
    };
  },
};
