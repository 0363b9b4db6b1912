import type { CreationRule } from "isosops";
import { ageWrapper } from "isosops/age";
import type { ConfigFile } from "../files/config-file.js";
import type { Options } from "../flags/shared.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { warn } from "../terminal/messages.js";

/** Where sops takes recipients of other key types from. */
const otherVariables = [
  "SOPS_KMS_ARN",
  "SOPS_PGP_FP",
  "SOPS_GCP_KMS_IDS",
  "SOPS_AZURE_KEYVAULT_URLS",
  "SOPS_VAULT_URIS",
  "SOPS_HUAWEICLOUD_KMS_IDS",
];

/**
 * Whom to encrypt for, by key groups: the recipients of `--age`, else of `SOPS_AGE_RECIPIENTS`, else those of the
 * creation rule (cmd/sops/main.go, `keyGroups`). Throws `CommandError` where there are none, or invalid ones.
 */
export function chooseKeyGroups(
  { age }: Options,
  config: ConfigFile | undefined,
  rule: CreationRule | undefined,
): string[][] {
  const origin = age === undefined ? "SOPS_AGE_RECIPIENTS" : "--age";
  const given = (age ?? [process.env.SOPS_AGE_RECIPIENTS ?? ""]).filter((list) => list.trim() !== "");
  for (const name of otherVariables) {
    if (process.env[name]) warn(`${name} is not read by this version: the file is encrypted for age recipients only.`);
  }
  if (given.length > 0) {
    return [
      checkRecipients(
        given.flatMap((list) => list.split(",")).map((recipient) => recipient.trim()),
        origin,
      ),
    ];
  }
  if (config === undefined || rule === undefined) throw nobody(config);
  return readRule(config, rule);
}

function checkRecipients(recipients: string[], origin: string): string[] {
  if (recipients.includes("")) {
    throw new CommandError(
      exitCodes.generic,
      `${origin} has an empty place in its list: write age1...,age1... with one comma between two recipients.`,
    );
  }
  for (const recipient of recipients) checkRecipient(recipient, origin);
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

function readRule({ path }: ConfigFile, { keyGroups, line }: CreationRule): string[][] {
  const origin = `${path}, the rule on line ${line}`;
  const others = keyGroups.flat().filter(({ type }) => type !== "age");
  if (others.length > 0) {
    const named = [...new Set(others.map(({ type, id }) => `${type} ${id}`))].join(", ");
    throw new CommandError(
      exitCodes.generic,
      `${origin} asks for keys that this version cannot encrypt for: ${named}. It takes age recipients; encrypt the file with sops, or give --age.`,
    );
  }
  if (keyGroups.length === 0 || keyGroups.some((group) => group.length === 0)) {
    throw new CommandError(
      exitCodes.generic,
      `${origin} names nobody to encrypt for${keyGroups.length > 1 ? " in one of its key groups" : ""}. Add \`age: age1...\` there, or give --age.`,
    );
  }
  return keyGroups.map((group) =>
    checkRecipients(
      group.map(({ id }) => id),
      origin,
    ),
  );
}

function nobody(config: ConfigFile | undefined): CommandError {
  const todo = "Give --age age1... (several separated by commas), set SOPS_AGE_RECIPIENTS, or write a .sops.yaml.";
  const aboutConfig = config === undefined ? "" : ` ${config.path} has no \`creation_rules\`.`;
  return new CommandError(exitCodes.generic, `There is nobody to encrypt for.${aboutConfig} ${todo}`);
}
