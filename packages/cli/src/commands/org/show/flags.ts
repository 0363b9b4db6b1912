import { keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { addJson, noArguments, orgTask } from "../shared-flags.js";

export const orgShowDefinition: CommandDefinition = {
  syntax: "show [nothing...]",
  usage: "[options]",
  summary: "show the public key and the state of a rotation",
  description:
    "Show the organisation's public key, and whether a rotation is under way. Needs no private key. Without a keyring, .isosops/organisation.yaml of the repository is read.",
  examples: ["isosops org show", "isosops org show --json"],
  environment: [keyringEnvironment],
  addFlags: addJson,
  task: (given) =>
    orgTask("show", async () => {
      noArguments(given);
      const { orgShow } = await import("./run.js");
      await orgShow(given.options);
    }),
};
