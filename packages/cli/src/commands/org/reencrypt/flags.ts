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
  summary: "let the new key take the old one's place in files",
  description:
    "Let the new key take the old one's place in every SOPS file at the paths, and in every .sops.yaml. Only what concerns the keys changes in a file. One that holds the old private key, encrypted, gets the new one too, and --drop-old-key leaves the new one alone in it. A run that was cut off is taken up by the next one.",
  examples: ["isosops org reencrypt --dry-run .", "isosops org reencrypt .", "isosops org reencrypt --new-data-keys ."],
  environment: [keyringEnvironment, identityEnvironment],
  remarks: `Exit code ${exitCodes.findings} says that a person has to look at some of the files, 0 that all is done.`,
  addFlags(command) {
    command
      .optionsGroup("How:")
      .option("--dry-run", "change nothing, and list the files that would be")
      .option("--drop-old-key", "take the old private key out of encrypted files that hold it, such as argocd.enc.yaml")
      .option("--new-data-keys", "encrypt all values anew, where the old key may be in wrong hands");
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
