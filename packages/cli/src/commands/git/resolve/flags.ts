import { identityEnvironment, keyServiceEnvironment } from "../../../flags/environment.js";
import { CommandError } from "../../../program/command-error.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";

export interface GitResolveFlags {
  ours?: boolean;
  theirs?: boolean;
}

export const gitResolveDefinition: CommandDefinition = {
  syntax: "resolve [files...]",
  usage: "[options] files...",
  summary: "resolve the conflicts of a merge in encrypted files",
  description:
    "Resolve the conflicts that a merge left in encrypted files. Shows both versions of each in plain text, on the terminal only, and takes one of them or another value. Before, the MACs of both versions are verified.",
  examples: ["isosops git resolve secrets/app.yaml", "isosops git resolve --theirs secrets/*.yaml && git add secrets"],
  environment: [identityEnvironment, keyServiceEnvironment],
  remarks: `In a rebase, \`ours\` is the branch that is rebased onto, and \`theirs\` the commit, as everywhere in Git.
\`git checkout --merge -- FILE\` writes the conflicts again.`,
  addFlags(command) {
    command
      .optionsGroup("Versions:")
      .option("--ours", "take our version of every conflict, without asking")
      .option("--theirs", "take their version of every conflict, without asking");
  },
  task({ args, options }) {
    const flags = options as GitResolveFlags;
    if (args.length === 0) throw new CommandError(exitCodes.noFile, "No file was given: isosops git resolve FILE.");
    if (flags.ours === true && flags.theirs === true) {
      throw new CommandError(exitCodes.conflictingParameters, "--ours and --theirs are mutually exclusive.");
    }
    return {
      operation: "resolve",
      run: async () => (await import("./run.js")).gitResolveCommand(args, flags),
    };
  },
};
