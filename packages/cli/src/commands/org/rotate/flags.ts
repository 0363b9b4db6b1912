import { identityEnvironment, keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { noArguments, orgTask } from "../shared-flags.js";

export const orgRotateDefinition: CommandDefinition = {
  syntax: "rotate [nothing...]",
  usage: "",
  summary: "begin a rotation: make a new key pair, keep the old one",
  description:
    "Make a new key pair, and encrypt for it from now on. The old key still opens existing files, until `isosops org confirm`.",
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
