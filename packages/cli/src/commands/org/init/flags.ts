import { keyringEnvironment } from "../../../flags/environment.js";
import { addRepeatable } from "../../../flags/repeatable.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { noArguments, orgTask } from "../shared-flags.js";

export const orgInitDefinition: CommandDefinition = {
  syntax: "init [nothing...]",
  usage: "[options]",
  summary: "make the organisation's key pair",
  description:
    "Make the organisation's age key pair and show its public key. The private key goes into the keyring, encrypted with a passphrase, or for other age keys. In a Git repository, the public key is also written to .isosops/organisation.yaml: see `isosops org publish`.",
  examples: ["isosops org init", "isosops org init --recipient age1... --recipient age1..."],
  environment: [keyringEnvironment],
  addFlags(command) {
    command.optionsGroup("Who opens the keyring, instead of a passphrase:");
    addRepeatable(command, "--recipient <recipient>", "the owner of this age or SSH public key; repeatable");
  },
  task: (given) =>
    orgTask("init", async () => {
      noArguments(given);
      const { orgInit } = await import("./run.js");
      await orgInit(given.options);
    }),
};
