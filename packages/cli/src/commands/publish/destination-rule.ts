import { extname } from "node:path";
import { compilePattern } from "@isosops/core";
import { type Destination, gcsDestination, s3Destination, vaultDestination } from "@isosops/keys/internal/destinations";
import type { ConfigFile } from "@isosops/node/internal/config/config-file";
import { type DestinationRule, SopsError } from "isosops";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { warn } from "../../terminal/messages.js";

/** Where a file goes. */
export interface Target {
  readonly destination: Destination;
  /** Whether the destination takes values in plain text. */
  readonly isVault: boolean;
  readonly rule: DestinationRule;
}

/**
 * The first rule whose `path_regex` matches the file as it was named, or that has none (config.go,
 * `parseDestinationRuleForFile`). Throws `CommandError`, `SopsError`.
 */
export async function findDestinationRule({ config, path }: ConfigFile, file: string): Promise<DestinationRule> {
  for (const rule of config.destinationRules) {
    if (rule.pathRegex !== undefined && !(await compile(rule.pathRegex, path))(file)) continue;
    if (rule.recreationRule?.problem !== undefined) throw rule.recreationRule.problem;
    return rule;
  }
  throw new CommandError(
    exitCodes.generic,
    `${file}: no matching destination found in config: add a rule to the \`destination_rules\` of ${path} whose \`path_regex\` matches the file as it is named here.`,
  );
}

async function compile(pattern: string, path: string): Promise<(text: string) => boolean> {
  try {
    return await compilePattern(pattern);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new CommandError(
      exitCodes.generic,
      `${path}, \`destination_rules\`: \`path_regex\`: ${error.message}`,
      error,
    );
  }
}

/**
 * The destination of a file by its rule. Throws `CommandError`, `SopsError` (`invalid_option`).
 *
 * @param name of the file below the destination
 * @param omitExtensions by the flag; the rule may say so, too
 */
export function destinationOf(rule: DestinationRule, name: string, omitExtensions: boolean): Target {
  const field = (key: string) => rule.fields.get(key) ?? "";
  const omits = omitExtensions || isTrue(field("omit_extensions"));
  const whole = omits ? name.slice(0, name.length - extension(name).length) : name;
  const given = ["s3_bucket", "gcs_bucket", "vault_path"].filter((key) => field(key) !== "");
  if (given.length > 1) {
    throw refuse("more than one destinations were found in a single destination rule, you can only use one per rule");
  }
  switch (given[0]) {
    case "s3_bucket":
      return { destination: s3Destination(field("s3_bucket"), field("s3_prefix") + whole), isVault: false, rule };
    case "gcs_bucket":
      return { destination: gcsDestination(field("gcs_bucket"), field("gcs_prefix") + whole), isVault: false, rule };
    case "vault_path":
      return { destination: ofVault(field, whole), isVault: true, rule };
    default:
      throw refuse("no destination configured for this file: give `s3_bucket`, `gcs_bucket` or `vault_path`");
  }
}

function ofVault(field: (key: string) => string, name: string): Destination {
  const version = field("vault_kv_version");
  const folder = field("vault_path");
  const onUnreadable = () =>
    warn(
      "the present secret cannot be read, so a new version is created even if the values are the same. Allow `read` in a policy of the token.",
    );
  return vaultDestination(`${folder}${folder.endsWith("/") ? "" : "/"}${name}`, {
    address: field("vault_address") || undefined,
    mount: field("vault_kv_mount_name") || undefined,
    // As in sops, whatever else it is.
    version: version === "1" ? 1 : 2,
    onUnreadable,
  });
}

/** As `filepath.Ext` of Go: also of a name that begins with a dot. */
function extension(name: string): string {
  const base = name.slice(name.lastIndexOf("/") + 1);
  return base.lastIndexOf(".") === 0 ? base : extname(base);
}

/** As go-yaml reads a bool. */
function isTrue(text: string): boolean {
  return /^(?:true|True|TRUE|y|Y|yes|Yes|YES|on|On|ON)$/.test(text);
}

function refuse(what: string): CommandError {
  return new CommandError(exitCodes.generic, `${what}.`);
}
