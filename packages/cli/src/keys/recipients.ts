import type { CreationRule } from "isosops";
import { ageWrapper } from "isosops/age";
import type { ConfigFile } from "../files/config-file.js";
import type { Options } from "../flags/invocation.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { warn } from "../terminal/messages.js";

/** Environment variables with recipients of other key types in sops. */
const otherVariables = [
  "SOPS_KMS_ARN",
  "SOPS_PGP_FP",
  "SOPS_GCP_KMS_IDS",
  "SOPS_AZURE_KEYVAULT_URLS",
  "SOPS_VAULT_URIS",
  "SOPS_HUAWEICLOUD_KMS_IDS",
];

/**
 * The same flags with the organisation's key among those of `--age`, where `--organisation` asks for it: that of the keyring,
 * else the one that the repository tells of.
 *
 * @param file what is encrypted, or a folder
 */
export async function addOrganisationKey(options: Options, file: string): Promise<Options> {
  if (options.organisation !== true) return options;
  const { openToEncrypt } = await import("../keyring/open-organisation.js");
  const state = await (await openToEncrypt([file])).storage.read();
  if (state !== undefined) return { ...options, age: [...(options.age ?? []), state.current.recipient] };
  throw new CommandError(
    exitCodes.generic,
    "--organisation: neither a keyring here nor .isosops/organisation.yaml of the repository tells of an organisation. Get the newest version of the repository, or give --age age1... in its place. If there is no organisation yet: `isosops org init`.",
  );
}

/**
 * The recipients to encrypt for, as key groups: those of `--age`, else of `SOPS_AGE_RECIPIENTS`, else of the creation
 * rule (cmd/sops/main.go, `keyGroups`). Throws `CommandError` if there are none, or one is not valid.
 *
 * @param file what is encrypted, or a folder
 */
export async function chooseKeyGroups(
  { age }: Options,
  config?: ConfigFile,
  rule?: CreationRule,
  file = ".",
): Promise<string[][]> {
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
  if (config === undefined || rule === undefined) throw nobody(config, await tellOrganisation(file));
  return readRule(config, rule, file);
}

/** The organisation's key is told, and not taken: a file may be for others. */
async function tellOrganisation(file: string): Promise<string> {
  const { knownOrganisation } = await import("../keyring/open-organisation.js");
  try {
    const known = await knownOrganisation([file]);
    if (known?.state === undefined) return "";
    return ` For the organisation's key, ${known.state.current.recipient}, which is in ${known.name}: add --organisation.`;
  } catch (error) {
    if (isSaidElsewhere(error)) return "";
    throw error;
  }
}

/** A keyring or a published file that cannot be read is reported by the commands that need it. */
function isSaidElsewhere(error: unknown): boolean {
  return error instanceof CommandError || (error instanceof Error && error.name === "GitopsError");
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

async function readRule({ path }: ConfigFile, { keyGroups, line }: CreationRule, file: string): Promise<string[][]> {
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
      `${origin} names no recipients${keyGroups.length > 1 ? " in one of its key groups" : ""}. Add \`age: age1...\` there, or give --age.${await tellOrganisation(file)}`,
    );
  }
  return keyGroups.map((group) =>
    checkRecipients(
      group.map(({ id }) => id),
      origin,
    ),
  );
}

function nobody(config: ConfigFile | undefined, organisation: string): CommandError {
  const todo = "Give --age age1... (several separated by commas), set SOPS_AGE_RECIPIENTS, or write a .sops.yaml.";
  const aboutConfig = config === undefined ? "" : ` ${config.path} has no \`creation_rules\`.`;
  return new CommandError(exitCodes.generic, `There are no recipients.${aboutConfig} ${todo}${organisation}`);
}
