import { identityEnvironment, keyringEnvironment } from "../../../flags/environment.js";
import { addRepeatable } from "../../../flags/repeatable.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { noArguments, orgTask } from "../shared-flags.js";

export interface OrgExportFlags {
  for?: string[];
}

export const orgExportDefinition: CommandDefinition = {
  syntax: "export [nothing...]",
  usage: "[options]",
  summary: "write the private key to stdout, for sops and other programs",
  description:
    "Write the organisation's private key, during a rotation both keys, to stdout as an identity file, for SOPS_AGE_KEY_CMD of sops and isosops. For a colleague, write the whole keyring, encrypted.",
  examples: [
    "SOPS_AGE_KEY_CMD='isosops org export' sops decrypt secret.yaml",
    "isosops org export --for age1... > keyring.age",
  ],
  environment: [keyringEnvironment, identityEnvironment],
  addFlags(command) {
    command.optionsGroup("For a colleague:");
    addRepeatable(
      command,
      "--for <recipient>",
      "the keyring for whoever has this age or SSH key, who takes it over by `isosops org join`",
    );
  },
  task: (given) =>
    orgTask("export", async () => {
      noArguments(given);
      const { orgExport } = await import("./run.js");
      await orgExport(given.options);
    }),
};
