import { keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { addJson, orgTask, somePaths } from "../shared-flags.js";

export const orgStatusDefinition: CommandDefinition = {
  syntax: "status [paths...]",
  usage: "[options] paths...",
  summary: "list the files that the old key is needed for",
  description:
    "List the files at the paths that list the old key as a recipient, or cannot be read. Needs no private key. `confirm` also tries the key on files that list others.",
  examples: ["isosops org status .", "isosops org status --json ."],
  environment: [keyringEnvironment],
  remarks: `Exit code ${exitCodes.findings} means that there is such a file, 0 that there is none.`,
  addFlags: addJson,
  task: (given) =>
    orgTask("status", async () => {
      const paths = somePaths("status", given);
      const { orgStatus } = await import("./run.js");
      await orgStatus(paths, given.options);
    }),
};
