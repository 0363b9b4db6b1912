import { ageWrapper } from "isosops/age";
import { CommandError } from "./command-error.js";
import { findConfigFile } from "./config-file.js";
import { exitCodes } from "./exit-codes.js";
import type { Options } from "./flags/shared.js";
import { warn } from "./messages.js";

/** Where sops takes recipients of other key types from. */
const otherVariables = [
  "SOPS_KMS_ARN",
  "SOPS_PGP_FP",
  "SOPS_GCP_KMS_IDS",
  "SOPS_AZURE_KEYVAULT_URLS",
  "SOPS_VAULT_URIS",
  "SOPS_HUAWEICLOUD_KMS_IDS",
];

/** The recipients of `--age`, else of `SOPS_AGE_RECIPIENTS`. Throws `CommandError` where there are none, or invalid ones. */
export function chooseRecipients({ age }: Options): string[] {
  const origin = age === undefined ? "SOPS_AGE_RECIPIENTS" : "--age";
  const given = (age ?? [process.env.SOPS_AGE_RECIPIENTS ?? ""]).filter((list) => list.trim() !== "");
  const recipients = given.flatMap((list) => list.split(",")).map((recipient) => recipient.trim());
  const config = findConfigFile();
  if (recipients.length === 0) throw nobody(config);
  if (recipients.includes("")) {
    throw new CommandError(
      exitCodes.generic,
      `${origin} has an empty place in its list: write age1...,age1... with one comma between two recipients.`,
    );
  }
  for (const recipient of recipients) checkRecipient(recipient, origin);
  if (config !== undefined) {
    warn(
      `${config} is not read by this version: the recipients are those of ${origin}, the rule is that of the flags.`,
    );
  }
  for (const name of otherVariables) {
    if (process.env[name]) warn(`${name} is not read by this version: the file is encrypted for age recipients only.`);
  }
  return recipients;
}

function checkRecipient(recipient: string, origin: string): void {
  try {
    ageWrapper([recipient]);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "SopsError") throw error;
    throw new CommandError(exitCodes.generic, `${origin}: ${recipient}: ${error.message}`, error);
  }
}

function nobody(config: string | undefined): CommandError {
  const todo = "Give --age age1... (several separated by commas), or set SOPS_AGE_RECIPIENTS.";
  const aboutConfig =
    config === undefined
      ? ""
      : ` ${config} is not read by this version: take the recipients and the rule from there by hand.`;
  return new CommandError(exitCodes.generic, `There is nobody to encrypt for.${aboutConfig} ${todo}`);
}
