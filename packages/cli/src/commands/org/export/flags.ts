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
  summary: "write the private key to stdout, for sops and others",
  description:
    "Write the organisation's private key to stdout as an identity file: during a rotation, both. sops and isosops decrypt with it by SOPS_AGE_KEY_CMD. For a colleague, write the whole keyring, encrypted.",
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
