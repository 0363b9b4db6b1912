import { identityEnvironment, keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { noArguments, orgTask } from "../shared-flags.js";

export const orgRotateDefinition: CommandDefinition = {
  syntax: "rotate [nothing...]",
  usage: "",
  summary: "begin a rotation: make a new key pair, keep the old one",
  description:
    "Make a new key pair, for which everything is encrypted from now on. The old one still opens what there is, until `isosops org confirm`.",
  examples: ["isosops org rotate"],
  environment: [keyringEnvironment, identityEnvironment],
  addFlags() {},
  task: (given) =>
    orgTask("rotate", async () => {
      noArguments(given);
      const { orgRotate } = await import("./run.js");
      await orgRotate();
    }),
};
