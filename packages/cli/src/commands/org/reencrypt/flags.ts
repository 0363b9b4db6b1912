import { identityEnvironment, keyringEnvironment } from "../../../flags/environment.js";
import { addRepeatable } from "../../../flags/repeatable.js";
import type { CommandDefinition } from "../../../program/definition.js";
import { exitCodes } from "../../../program/exit-codes.js";
import { orgTask, somePaths } from "../shared-flags.js";

export interface OrgReencryptFlags {
  dryRun?: boolean;
  newDataKeys?: boolean;
  dropOldKey?: boolean;
  allowRecipient?: string[];
}

export const orgReencryptDefinition: CommandDefinition = {
  syntax: "reencrypt [paths...]",
  usage: "[options] paths...",
  summary: "replace the old key by the new one in files",
  description:
    "Replace the old key by the new one in every SOPS file and every .sops.yaml at the paths. Nothing else in a file changes. A file that contains the old private key, encrypted, gets the new one too, or with --drop-old-key in its place. An interrupted run is continued by the next one.",
  examples: ["isosops org reencrypt --dry-run .", "isosops org reencrypt .", "isosops org reencrypt --new-data-keys ."],
  environment: [keyringEnvironment, identityEnvironment],
  remarks: `Exit code ${exitCodes.findings} means that some files need attention, 0 that all is done.`,
  addFlags(command) {
    command
      .optionsGroup("How:")
      .option("--dry-run", "change nothing, and list the files that would change")
      .option("--drop-old-key", "take the old private key out of encrypted files that hold it, such as argocd.enc.yaml")
      .option("--new-data-keys", "encrypt all values with new data keys, in case the old key has leaked");
    addRepeatable(
      command,
      "--allow-recipient <recipient>",
      "with --new-data-keys: may read files that name it, though no rule of .sops.yaml does",
    );
  },
  task: (given) =>
    orgTask("reencrypt", async () => {
      const paths = somePaths("reencrypt", given);
      const { orgReencrypt } = await import("./run.js");
      await orgReencrypt(paths, given.options);
    }),
};
