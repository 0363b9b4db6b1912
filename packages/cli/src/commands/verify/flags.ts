import { configEnvironment } from "../../flags/environment.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface VerifyFlags {
  json?: boolean;
  sarif?: boolean;
  config?: string;
  staged?: boolean;
}

export const verifyDefinition: CommandDefinition = {
  syntax: "verify [paths...]",
  usage: "[options] paths...",
  summary: "find plain secrets and damaged SOPS files, without a key",
  description:
    "Check files and folders without a key: all values that a file's rule selects are encrypted and undamaged, and its keys and rule are those of .sops.yaml. In folders, files ignored by .gitignore are skipped.",
  examples: [
    "isosops verify .",
    "isosops verify secrets/db.yaml",
    "isosops verify --sarif . > isosops.sarif",
    "isosops verify --staged",
  ],
  environment: [configEnvironment],
  remarks: `Exit code ${exitCodes.findings} means errors were found, 0 none, or warnings only.`,
  addFlags(command) {
    command
      .optionsGroup("Output:")
      .option("--json", "all findings as JSON")
      .option("--sarif", "the same as SARIF 2.1.0, for code scanning")
      .optionsGroup("Files:")
      .option("--staged", "what is staged for the next commit instead; with an age key at hand, MACs too")
      .option("--config <file>", "use this configuration instead of the nearest .sops.yaml of each file");
  },
  task(given) {
    const { config } = given.general as VerifyFlags;
    const flags: VerifyFlags = { ...(config === undefined ? {} : { config }), ...(given.options as VerifyFlags) };
    if (flags.json === true && flags.sarif === true) {
      throw new CommandError(exitCodes.conflictingParameters, "--json and --sarif are mutually exclusive: give one.");
    }
    if (flags.staged === true && (given.args.length > 0 || flags.config !== undefined)) {
      throw new CommandError(
        exitCodes.conflictingParameters,
        "--staged checks all that is staged, by the .sops.yaml files there: give no path, and no --config.",
      );
    }
    if (given.args.length === 0 && flags.staged !== true) {
      throw new CommandError(
        exitCodes.noFile,
        "No file or folder was given. To check everything here: `isosops verify .`",
      );
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
