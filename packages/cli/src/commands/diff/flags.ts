import { identityEnvironment, keyServiceEnvironment } from "../../flags/environment.js";
import { addRecoveryOptions } from "../../flags/options.js";
import { CommandError } from "../../program/command-error.js";
import type { CommandDefinition } from "../../program/definition.js";
import { exitCodes } from "../../program/exit-codes.js";

export interface DiffFlags {
  staged?: boolean;
  masked?: boolean;
  json?: boolean;
  markdown?: boolean;
  stat?: boolean;
  key?: boolean;
  decryptionOrder?: string;
  verbose?: boolean;
  keyservice?: string[];
  enableLocalKeyservice?: boolean;
}

export const diffDefinition: CommandDefinition = {
  syntax: "diff [arguments...]",
  usage: "[options] [A [B]] [-- paths...]",
  summary: "show what differs between two versions of files",
  description:
    "Compare encrypted files: two files; the work tree with the index, or with a commit; two commits, A B or A..B; or the two sides of a pull request, A...B. By default the lines of the plain text are shown. --masked, --json and --markdown show which values have changed without showing any.",
  examples: [
    "isosops diff",
    "isosops diff HEAD~1 -- secrets/db.yaml",
    "isosops diff --masked origin/main...HEAD",
    "isosops diff --masked old.yaml new.yaml",
  ],
  environment: [identityEnvironment, keyServiceEnvironment],
  remarks:
    "Equal values have equal fingerprints, within one file and one run. Their key is made for the run and kept nowhere. Without a key that opens both versions, ciphertexts are compared.",
  addFlags(command) {
    command
      .optionsGroup("Which versions:")
      .option("--staged", "the index and a commit: A, or HEAD")
      .optionsGroup("Output:")
      .option("--masked", "names and places of what has changed; values as fingerprints")
      .option("--json", "the same as JSON")
      .option("--markdown", "the same for a comment in a review")
      .option("--stat", "how much has changed in each file")
      .option("--no-key", "look for no key: compare ciphertexts");
    addRecoveryOptions(command);
  },
  task({ args, options, afterDashes }) {
    const flags = options as DiffFlags;
    const chosen = (["masked", "json", "markdown", "stat"] as const).filter((name) => flags[name] === true);
    if (chosen.length > 1) {
      throw new CommandError(
        exitCodes.conflictingParameters,
        `${chosen.map((name) => `--${name}`).join(" and ")} are mutually exclusive: give one.`,
      );
    }
    if (flags.key === false && chosen.length === 0) {
      throw new CommandError(
        exitCodes.conflictingParameters,
        "Without a key there is no plain text to show: give --masked, --json, --markdown or --stat with --no-key.",
      );
    }
    const names = args.slice(0, args.length - (afterDashes ?? 0));
    const paths = args.slice(names.length);
    return {
      operation: "diff",
      run: async () =>
        (await import("./run.js")).diffCommand(names, afterDashes === undefined ? undefined : paths, flags),
    };
  },
};
