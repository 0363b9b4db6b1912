import { keyringEnvironment, newPassphraseEnvironment } from "../../../flags/environment.js";
import { addRepeatable } from "../../../flags/repeatable.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { noArguments, orgTask } from "../shared-flags.js";

export const orgPasswdDefinition: CommandDefinition = {
  syntax: "passwd [nothing...]",
  usage: "[options]",
  summary: "change the passphrase of the keyring",
  description: "Encrypt the private keys of the keyring with another passphrase, or for other age keys, all or none.",
  examples: ["isosops org passwd", "isosops org passwd --recipient age1..."],
  environment: [keyringEnvironment, newPassphraseEnvironment],
  addFlags(command) {
    command.optionsGroup("Who opens the keyring, instead of a passphrase:");
    addRepeatable(command, "--recipient <recipient>", "the owner of this age or SSH public key; repeatable");
  },
  task: (given) =>
    orgTask("passwd", async () => {
      noArguments(given);
      const { orgPasswd } = await import("./run.js");
      await orgPasswd(given.options);
    }),
};
