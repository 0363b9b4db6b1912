import type { ConfigKey, CreationRule, KeyWrapper } from "isosops";
import { ageWrapper } from "isosops/age";
import { keyName } from "isosops/keys";
import type { ConfigFile } from "../files/config-file.js";
import type { Options } from "../flags/invocation.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes, sopsErrorCode } from "../program/exit-codes.js";
import { warn } from "../terminal/messages.js";
import { givenKeys, type NamedKey, readContext } from "./given-keys.js";
import { loadKind } from "./kinds.js";

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

/** The keys of a key group, as `encrypt` takes them: age public keys, and wrappers of other types. */
export type KeysOfGroup = readonly (string | KeyWrapper)[];

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
  return Promise.all(groups.map((group) => Promise.all(group.map(toWrapper))));
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

async function toWrapper({ key, origin }: NamedKey): Promise<string | KeyWrapper> {
  try {
    if (key.type !== "age") return (await loadKind(key.type)).wrapper(key);
    ageWrapper([key.id]);
    return key.id;
  } catch (error) {
    if (sopsErrorCode(error) === undefined) throw error;
    const { message } = error as Error;
    const shown = showId(key);
    const named = shown === "" || message.includes(shown) ? message : `${shown}: ${message}`;
    throw new CommandError(exitCodes.generic, `${origin}: ${named}`, error);
  }
}

/** "" for an ID that may be a secret, given by mistake: a private key, or a password, which `-p` is for in other commands. */
function showId({ type, id }: ConfigKey): string {
  if (type === "pgp" && !/^[\da-fx !]+$/i.test(id)) return "";
  return id.length > 300 || id.includes("-----BEGIN") ? "" : keyName({ type, id });
}

/** sops ignores these flags where they apply to no key. */
function warnOfUnused({ awsProfile, encryptionContext }: Options, keys: readonly NamedKey[]): void {
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
  const { keyGroups, hasKeyGroups, line } = rule;
  const origin = `${config.path}, the rule on line ${line}`;
  if (keyGroups.length === 0 || keyGroups.some((group) => group.length === 0)) {
    throw new CommandError(
      exitCodes.generic,
      `${origin} names no keys${keyGroups.length > 1 ? " in one of its key groups" : ""}. Add \`age: age1...\` there, or give --age.${await tellOrganisation(file)}`,
    );
  }
  const empty = keyGroups.flat().find(({ id }) => id === "");
  if (empty !== undefined) {
    throw new CommandError(
      exitCodes.generic,
      `${origin} has an empty place in its keys of the type ${empty.type}: remove it.`,
    );
  }
  // As in sops before 3.11, and in its older form.
  const context = hasKeyGroups ? undefined : readContext(options.encryptionContext);
  return keyGroups.map((group) =>
    group.map((key) => ({
      origin,
      key: key.type === "kms" && context !== undefined ? { ...key, context } : key,
    })),
  );
}

function nobody(config: ConfigFile | undefined, organisation: string): CommandError {
  const todo =
    "Give --age age1... (several separated by commas), --pgp, --kms or another key, set SOPS_AGE_RECIPIENTS or its like, or write a .sops.yaml.";
  const aboutConfig = config === undefined ? "" : ` ${config.path} has no \`creation_rules\`.`;
  return new CommandError(exitCodes.generic, `There are no recipients.${aboutConfig} ${todo}${organisation}`);
}
