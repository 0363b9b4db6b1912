import { identityEnvironment, keyringEnvironment } from "../../../flags/environment.js";
import { addRepeatable } from "../../../flags/repeatable.js";
import { CommandError } from "../../../program/command-error.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { addEndFlags, type OrgRecipientFlags, orgTask } from "../shared-flags.js";

export interface OrgJoinFlags extends OrgRecipientFlags {
  replace?: boolean;
  reencrypt?: boolean;
  gone?: string[];
  except?: string[];
  exceptRef?: string[];
}

export const orgJoinDefinition: CommandDefinition = {
  syntax: "join [arguments...]",
  usage: "[options] FILE [paths...]",
  summary: "import a keyring that a colleague exported",
  description:
    "Import the keyring from a file that a colleague made with `isosops org export --for`, which your age private key opens. It is compared with .isosops/organisation.yaml of the repository, if there is one. Where it takes the place of an older keyring of the organisation, or with --replace of any other, it refuses, naming the files, while one at the paths, by default in the working folder, or on a branch there can be opened by that one alone. - reads from stdin.",
  examples: [
    "isosops org join keyring.age",
    "isosops org join --replace keyring.age",
    "isosops org join --reencrypt keyring.age .",
  ],
  environment: [keyringEnvironment, identityEnvironment],
  addFlags(command) {
    command.optionsGroup("Who opens the keyring here, instead of a passphrase:");
    addRepeatable(command, "--recipient <recipient>", "the owner of this age or SSH public key; repeatable");
    command
      .optionsGroup("Files that the keyring here opens, and the new one does not:")
      .option("--reencrypt", "re-encrypt those at the paths for the new keyring, and leave the one here as it is");
    addEndFlags(command);
    command.option("--replace", "in place of the keyring that is here: what that one alone opens elsewhere is lost");
  },
  task: (given) =>
    orgTask("join", async () => {
      const [file, ...paths] = given.args;
      if (file === undefined) {
        throw new CommandError(exitCodes.noFile, "Give the file of a colleague: `isosops org join FILE`");
      }
      const { orgJoin } = await import("./run.js");
      await orgJoin(file, paths.length > 0 ? paths : ["."], given.options);
    }),
};
