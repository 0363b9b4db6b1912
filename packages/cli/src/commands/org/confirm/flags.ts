import { identityEnvironment, keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { addEndFlags, orgTask, somePaths } from "../shared-flags.js";

export const orgConfirmDefinition: CommandDefinition = {
  syntax: "confirm [paths...]",
  usage: "[options] paths...",
  summary: "end a rotation: destroy the old key",
  description:
    "Destroy the old private key. Refuses, and lists the files, while the key opens anything in a file at the paths, or in one that was written for the organisation before, whatever recipients it lists; while a file cannot be read; or while one that was written before cannot be found. All branches and other refs, last year's tags, stashes, indexes and unfinished rebases or merges of the Git repositories are checked, too, and those of their submodules.",
  examples: ["isosops org confirm .", "isosops org confirm --except-ref 'v1.*' ."],
  environment: [keyringEnvironment, identityEnvironment],
  addFlags: addEndFlags,
  task: (given) =>
    orgTask("confirm", async () => {
      const paths = somePaths("confirm", given);
      const { orgConfirm } = await import("./run.js");
      await orgConfirm(paths, given.options);
    }),
};
