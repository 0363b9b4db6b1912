import { keyringEnvironment } from "../../../flags/environment.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { orgTask } from "../shared-flags.js";

export interface OrgPublishFlags {
  force?: boolean;
}

export const orgPublishDefinition: CommandDefinition = {
  syntax: "publish [paths...]",
  usage: "[options] [paths...]",
  summary: "tell of the public keys in a Git repository",
  description:
    "Write the organisation's public keys, with what has become of each, to .isosops/organisation.yaml at the top of the Git repository that the working folder, or each path, is in. Once it is there, `rotate`, `reencrypt`, `confirm` and `cancel` keep it current.",
  examples: ["isosops org publish", "isosops org publish ../other-repository"],
  environment: [keyringEnvironment],
  remarks: `With that file, nobody needs a keyring to encrypt (\`isosops cluster encrypt\`) or to check (\`cluster lint\`, \`verify\`), and a keyring
that is an old copy, or was rotated apart from another one, is noticed before it is used. Its entries have MACs under the
private keys: whoever has the keyring can tell that nobody else has changed it. Without a keyring it is believed as
.sops.yaml is: whoever can write to the repository can name another key.`,
  addFlags(command) {
    command
      .optionsGroup("What stands in the way:")
      .option("--force", "in place of one that this keyring does not know, or that is damaged");
  },
  task: ({ args, options }) =>
    orgTask("publish", async () => {
      const { orgPublish } = await import("./run.js");
      await orgPublish(args, options);
    }),
};
