import { configEnvironment } from "../../flags/environment.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface VerifyFlags {
  json?: boolean;
  sarif?: boolean;
  config?: string;
}

export const verifyDefinition: CommandDefinition = {
  syntax: "verify [paths...]",
  usage: "[options] paths...",
  summary: "find plain secrets and damaged SOPS files, without a key",
  description:
    "Check files and folders without any key: every value that a file's rule selects is encrypted, what is encrypted is whole, and keys and rule are those of .sops.yaml. What .gitignore ignores is left out in folders.",
  examples: ["isosops verify .", "isosops verify secrets/db.yaml", "isosops verify --sarif . > isosops.sarif"],
  environment: [configEnvironment],
  remarks: `Exit code ${exitCodes.findings} says that something was found, 0 that nothing was, or warnings only.`,
  addFlags(command) {
    command
      .optionsGroup("Output:")
      .option("--json", "all that was found, as JSON")
      .option("--sarif", "the same as SARIF 2.1.0, for code scanning")
      .optionsGroup("Files:")
      .option("--config <file>", "take rules from this file instead of the next .sops.yaml upwards of each file");
  },
  task(given) {
    const { config } = given.general as VerifyFlags;
    const flags: VerifyFlags = { ...(config === undefined ? {} : { config }), ...(given.options as VerifyFlags) };
    if (flags.json === true && flags.sarif === true) {
      throw new CommandError(exitCodes.conflictingParameters, "--json and --sarif exclude each other: give one.");
    }
    if (given.args.length === 0) {
      throw new CommandError(exitCodes.noFile, "No file or folder was given. For all that is here: `isosops verify .`");
    }
    return {
      operation: "verify",
      async run() {
        const { verifyCommand } = await import("./run.js");
        await verifyCommand(given.args, flags);
      },
    };
  },
};
