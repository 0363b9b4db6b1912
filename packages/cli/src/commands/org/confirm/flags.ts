import { identityEnvironment, keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { addEndFlags, orgTask, somePaths } from "../shared-flags.js";

export const orgConfirmDefinition: CommandDefinition = {
  syntax: "confirm [paths...]",
  usage: "[options] paths...",
  summary: "end a rotation: destroy the old key",
  description:
    "Destroy the old private key. Refuses, naming the files, while it opens something in one at the paths, or in one that was written for the organisation before, whatever that says of its readers, while one cannot be read, or while one that was written before is nowhere to be found. Looks at all branches, remote branches, stashes and tags of the last year of the Git repositories there, too.",
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
