import { configEnvironment, identityEnvironment, keyServiceEnvironment } from "../../../flags/environment.js";
import { CommandError } from "../../../program/command-error.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";

export const gitMergeDriverDefinition: CommandDefinition = {
  syntax: "merge-driver [arguments...]",
  usage: "%O %A %B %L %P",
  summary: "merge two versions of an encrypted file, for Git",
  description:
    "Merge two versions of an encrypted file, for Git: values, comments, keys, lists, readers and the rule, and not lines. What both sides changed in different ways stands between conflict markers, encrypted: `isosops git resolve`. Without a key, ciphertexts are merged, and `isosops git repair` gives the file its MAC. A file that is not encrypted is merged as Git merges text.",
  examples: [
    "git config merge.isosops.driver 'isosops git merge-driver %O %A %B %L %P'",
    "echo 'secrets/** merge=isosops' >> .gitattributes",
  ],
  environment: [identityEnvironment, keyServiceEnvironment, configEnvironment],
  remarks: `The exit code is 0 if the result can be committed, and 1 if it has conflicts. Merges, rebases,
cherry-picks, reverts and stashes use it. A merge of more than two branches (octopus) does not: Git merges
lines there, and refuses, because the MACs differ. Merge such branches one after the other.`,
  addFlags() {},
  task({ args }) {
    if (args.length !== 5) {
      throw new CommandError(
        exitCodes.generic,
        "Git calls this with five arguments: `isosops git merge-driver %O %A %B %L %P`.",
      );
    }
    return { operation: "merge", run: async () => (await import("./run.js")).mergeDriverCommand(args) };
  },
};
