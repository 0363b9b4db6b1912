import { keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { orgTask } from "../shared-flags.js";

export interface OrgPublishFlags {
  force?: boolean;
}

export const orgPublishDefinition: CommandDefinition = {
  syntax: "publish [paths...]",
  usage: "[options] [paths...]",
  summary: "publish the public keys in a Git repository",
  description:
    "Write the organisation's public keys and their history to .isosops/organisation.yaml at the top of the Git repository of the working folder, or of each path. Once it exists, `rotate`, `reencrypt`, `confirm` and `cancel` update it.",
  examples: ["isosops org publish", "isosops org publish ../other-repository"],
  environment: [keyringEnvironment],
  remarks: `With that file, nobody needs a keyring to encrypt (\`isosops cluster encrypt\`) or to check
(\`cluster lint\`, \`verify\`), and a keyring that is out of date or was rotated separately is noticed
before it is used. Its entries have MACs under the private keys, which the keyring's owner
verifies. Without a keyring it is trusted as .sops.yaml is: anybody who can write to the
repository can name another key.`,
  addFlags(command) {
    command
      .optionsGroup("Overrides:")
      .option("--force", "in place of one that this keyring does not know, or that is damaged");
  },
  task: ({ args, options }) =>
    orgTask("publish", async () => {
      const { orgPublish } = await import("./run.js");
      await orgPublish(args, options);
    }),
};
