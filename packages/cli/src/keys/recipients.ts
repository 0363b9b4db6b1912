import type { ConfigFile } from "@isosops/node/internal/config/config-file";
import {
  type KeysOfGroup,
  ruleKeys as keysOfRule,
  type NamedKey,
  toKeyGroups,
} from "@isosops/node/internal/keys/named-keys";
import type { CreationRule } from "isosops";
import type { Options } from "../flags/invocation.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes, sopsErrorCode } from "../program/exit-codes.js";
import { warn } from "../terminal/messages.js";
import { givenKeys, readContext } from "./given-keys.js";
import { chooseKeyServices, keyKinds } from "./key-services.js";

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
 * The keys to encrypt for, as key groups: those of the flags and variables, else of the creation rule (cmd/sops/main.go,
 * `keyGroups`). Throws `CommandError` if there are none, or one is not valid.
 *
 * @param file what is encrypted, or a folder
 */
export async function chooseKeyGroups(
  options: Options,
  config?: ConfigFile,
  rule?: CreationRule,
  file = ".",
): Promise<KeysOfGroup[]> {
  const given = givenKeys(options);
  const groups = given === undefined ? await ruleKeys(options, config, rule, file) : [given];
  warnOfUnused(options, groups.flat());
  try {
    const { addresses } = chooseKeyServices(options, exitCodes.generic);
    return await toKeyGroups(groups, addresses.length === 0 ? undefined : await keyKinds(options));
  } catch (error) {
    throw asCommandError(error);
  }
}

/** How many key groups are needed to decrypt: by the flag, else by the rule. 0 counts as not given, as in sops. */
export function chooseThreshold(
  { shamirSecretSharingThreshold: given = 0 }: Options,
  rule: CreationRule | undefined,
  groups: number,
): number | undefined {
  if (groups === 1 && given > 1) {
    warn(
      "--shamir-secret-sharing-threshold has no effect: there is one key group, so each key decrypts the file alone. Key groups are given in .sops.yaml.",
    );
  }
  return given || rule?.shamirThreshold;
}

/** Throws `CommandError` if a key is not valid, with the flag or rule that names it. */
export async function checkKeys(keys: readonly NamedKey[]): Promise<void> {
  try {
    await toKeyGroups([keys]);
  } catch (error) {
    throw asCommandError(error);
  }
}

/** sops ignores these flags where they apply to no key. */
export function warnOfUnused({ awsProfile, encryptionContext }: Options, keys: readonly NamedKey[]): void {
  if (encryptionContext && !keys.some(({ key }) => key.context !== undefined)) {
    warn("--encryption-context has no effect: it is for keys of AWS KMS outside of `key_groups`.");
  }
  if (awsProfile && !keys.some(({ key }) => key.awsProfile !== undefined)) {
    warn("--aws-profile has no effect: it is for keys of --kms.");
  }
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

async function ruleKeys(
  options: Options,
  config: ConfigFile | undefined,
  rule: CreationRule | undefined,
  file: string,
): Promise<NamedKey[][]> {
  if (config === undefined || rule === undefined) throw nobody(config, await tellOrganisation(file));
  let keyGroups: NamedKey[][];
  try {
    keyGroups = keysOfRule(config.path, rule);
  } catch (error) {
    if (sopsErrorCode(error) !== "no_recipients") throw error;
    const { message } = error as Error;
    throw new CommandError(
      exitCodes.generic,
      `${message} Or give --age. ${howToMakeKey}${await tellOrganisation(file)}`,
      error,
      { text: "Could not generate data key: [empty key group provided]", alone: true },
    );
  }
  // As in sops before 3.11, and in its older form.
  const context = rule.hasKeyGroups ? undefined : readContext(options.encryptionContext);
  if (context === undefined) return keyGroups;
  return keyGroups.map((group) =>
    group.map((named) => (named.key.type === "kms" ? { ...named, key: { ...named.key, context } } : named)),
  );
}

/** What encryption reports of a key has the exit code of encryption, whatever the command. */
function asCommandError(error: unknown): unknown {
  return sopsErrorCode(error) === undefined
    ? error
    : new CommandError(exitCodes.generic, (error as Error).message, error);
}

const howToMakeKey = "If you have no key yet: `isosops age keygen -o keys.txt` makes one, and shows its public key.";

function nobody(config: ConfigFile | undefined, organisation: string): CommandError {
  const todo =
    "Give --age age1... (several separated by commas), --pgp, --kms or another key, set SOPS_AGE_RECIPIENTS or its like, or write a .sops.yaml.";
  const aboutConfig = config === undefined ? "" : ` ${config.path} has no \`creation_rules\`.`;
  return new CommandError(
    exitCodes.generic,
    `There are no recipients.${aboutConfig} ${todo} ${howToMakeKey}${organisation}`,
    undefined,
    {
      text: "config file not found, or has no creation rules, and no keys provided through command line options",
    },
  );
}
