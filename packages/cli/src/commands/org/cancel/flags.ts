import { identityEnvironment, keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { addEndFlags, orgTask, somePaths } from "../shared-flags.js";

export const orgCancelDefinition: CommandDefinition = {
  syntax: "cancel [paths...]",
  usage: "[options] paths...",
  summary: "go back to the old key: destroy the new one",
  description:
    "Return to the old key, and destroy the new one. Refuses, and lists the files, if one at the paths, or one that was written for the organisation before, can be opened by the new key only, on any branch, or staged.",
  examples: ["isosops org cancel ."],
  environment: [keyringEnvironment, identityEnvironment],
  addFlags(command) {
    addEndFlags(command);
    command.option("--force", "even where files depend on the new key alone: nobody opens them any more");
  },
  task: (given) =>
    orgTask("cancel", async () => {
      const paths = somePaths("cancel", given);
      const { orgCancel } = await import("./run.js");
      await orgCancel(paths, given.options);
    }),
};
