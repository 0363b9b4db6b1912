import { dirname } from "node:path";
import {
  type CreationRule,
  type Encrypted,
  type EncryptOptions,
  encrypt,
  formatForPath,
  type Rule,
  SopsError,
} from "isosops";
import { type ConfigFile, configName, readConfigFile, ruleForFile, searchUpwards } from "./config/config-file.js";
import { resolve } from "./file-system/paths.js";
import { type KeysOfGroup, ruleKeys, toKeyGroups, variableKeys } from "./keys/named-keys.js";
import { readFile, toPath } from "./read-file.js";
import { isSameFile } from "./same-file.js";
import { withFileName } from "./with-file-name.js";
import { replaceFile, type WriteOptions, writeFileAtomic } from "./write/write-file.js";

/**
 * Options of `encryptFile`: those of `encrypt`. Without `format`, the file name says it. Without `recipients`, `keys` and
 * `keyGroups`, the file is encrypted for the keys of the variables of sops, such as `SOPS_AGE_RECIPIENTS`, else for those of
 * its creation rule. Without `select` and a rule, those values are encrypted that the creation rule selects.
 */
export interface EncryptFileOptions
  extends Partial<Omit<EncryptOptions, "filename" | "creationRule" | "kinds">>,
    WriteOptions {
  /** Where to write the encrypted file. Default: in place of the plain one. */
  output?: string | URL | undefined;
  /** The plain content, so that it need not be in a file. The encrypted file is written at the path. */
  content?: string | Uint8Array | undefined;
  /** The configuration. Default: that of `SOPS_CONFIG`, else the nearest `.sops.yaml` in the file's folder or above. */
  config?: string | URL | undefined;
}

/**
 * Encrypt a plain file as its creation rule in `.sops.yaml` says, and write the result: in place, or to `output`. The file is
 * written atomically, and only if it still is what was read.
 *
 * Unlike sops, which looks for `.sops.yaml` from the working folder upwards, this looks from the file's folder upwards: a
 * program may run in any folder.
 *
 * @example
 * const { encryptedValues } = await encryptFile("secrets.yaml");
 *
 * @throws {SopsError} `read_file`; `write_file` (`FileChangedError` if another process has changed the file meanwhile);
 * `config` if the configuration cannot be read, is not valid, or has no rule for the file; `no_recipients`;
 * `unsupported_key_type` if `@isosops/keys` is needed and not installed; and the errors of `encrypt`.
 */
export async function encryptFile(path: string | URL, options: EncryptFileOptions = {}): Promise<Encrypted> {
  const file = toPath(path);
  const { output, content, config: givenConfig, onWarning, format = formatForPath(file), ...rest } = options;
  const target = output === undefined ? file : toPath(output);
  const config = await findConfig(file, givenConfig, onWarning);
  const rule = config === undefined ? undefined : await findRule(config, file);
  const read = content === undefined ? await readFile(file) : undefined;
  const encrypted = await withFileName(file, async () =>
    // `encrypt` checks that the options go together.
    encrypt(content ?? read!, {
      ...rest,
      // A binary file is one value, which is encrypted.
      ...(format === "binary" || selects(rest) ? {} : selectionOf(rule)),
      ...(namesKeys(rest) ? {} : { keyGroups: await findKeys(config, rule) }),
      shamirThreshold: rest.shamirThreshold ?? (namesKeys(rest) ? undefined : rule?.shamirThreshold),
      macOnlyEncrypted: rest.macOnlyEncrypted ?? rule?.macOnlyEncrypted,
      indent: rest.indent ?? indentOf(config, rest.outputFormat ?? format),
      format,
      filename: file,
    } as EncryptOptions),
  );
  const { bytes } = encrypted;
  if (read !== undefined && isSameFile(file, target)) await replaceFile(target, read, bytes, { onWarning });
  else await writeFileAtomic(target, bytes, { onWarning });
  return encrypted;
}

async function findConfig(
  file: string,
  given: string | URL | undefined,
  onWarning: WriteOptions["onWarning"] = (message) => process.emitWarning(message),
): Promise<ConfigFile | undefined> {
  const path =
    given === undefined ? process.env.SOPS_CONFIG || searchUpwards(dirname(resolve(file)), onWarning) : toPath(given);
  const how = "It is given by `config` or SOPS_CONFIG, or found upwards from the file.";
  return path === undefined ? undefined : readConfigFile(path, how);
}

async function findRule(config: ConfigFile, file: string): Promise<CreationRule | undefined> {
  if (config.config.creationRules === undefined) return undefined;
  const rule = await ruleForFile(config, file);
  if (rule !== undefined) return rule;
  throw new SopsError(
    "config",
    `${file}: no creation rule of ${config.path} matches this file. Add one whose \`path_regex\` matches its path from there, or one without \`path_regex\` at the end.`,
  );
}

const ruleNames = [
  "encryptedRegex",
  "unencryptedRegex",
  "encryptedSuffix",
  "unencryptedSuffix",
  "encryptedCommentRegex",
  "unencryptedCommentRegex",
] as const;

function selects(options: EncryptFileOptions): boolean {
  return ["select" as const, ...ruleNames].some((name) => options[name] !== undefined);
}

/** A rule of a configuration may have more than one by mistake: `encrypt` says so. */
function selectionOf(rule: CreationRule | undefined): Rule {
  return Object.fromEntries(ruleNames.map((name) => [name, rule?.[name] || undefined]));
}

function namesKeys({ recipients, keys, keyGroups }: EncryptFileOptions): boolean {
  return recipients !== undefined || keys !== undefined || keyGroups !== undefined;
}

async function findKeys(config: ConfigFile | undefined, rule: CreationRule | undefined): Promise<KeysOfGroup[]> {
  const given = variableKeys();
  if (given === undefined && (config === undefined || rule === undefined)) {
    const found = config === undefined ? `no ${configName} was found` : `${config.path} has no \`creation_rules\``;
    throw new SopsError(
      "no_recipients",
      `There are no recipients: ${found}. Give \`recipients: ["age1..."]\`, set SOPS_AGE_RECIPIENTS or its like, or write a ${configName}.`,
    );
  }
  return toKeyGroups(given === undefined ? ruleKeys(config!.path, rule!) : [given]);
}

function indentOf(config: ConfigFile | undefined, format: EncryptFileOptions["format"]): number | undefined {
  const stores: Readonly<Record<string, number | undefined>> = { ...config?.config.stores };
  return typeof format === "string" ? stores[format] : undefined;
}
