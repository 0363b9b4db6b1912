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
  summary: "repair encrypted files that were edited by hand",
  description:
    "Repair encrypted files that were edited by hand: encrypt plain values that the file's rule selects, and compute the MAC. Shows what has changed since the last version in Git with a valid MAC, and asks. Everything else is kept, ciphertexts included.",
  examples: [
    "isosops repair secret.yaml",
    "isosops repair --accept-changes secret.yaml",
    "isosops repair --dry-run *.yaml",
  ],
  environment: [identityEnvironment, keyringEnvironment],
  remarks: `Anybody who can write to the file may have changed it, and a new MAC hides that: accept only
changes that you know of. If the MAC still vouches for all values, and the last version in
Git for their names, nothing is asked. A ciphertext that was changed or moved is not
repaired: take it from an earlier version of the file.`,
  addFlags(command: Command) {
    command
      .optionsGroup("Checks:")
      .option("--accept-changes", "accept all changes without asking on the terminal")
      .option("--dry-run", "write nothing, and print what would be done")
      .optionsGroup("Files and formats:")
      .option("--input-type <format>", "yaml, json, dotenv, ini, binary, toml or xml; by file name when left out");
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
