import { isSameKey, referenceOf } from "@isosops/core/key-reference";
import { type ConfigFile, ruleForFile } from "@isosops/node/internal/config/config-file";
import { guessFormat, hasCiphertext } from "@isosops/node/internal/guess-format";
import { ruleKeys } from "@isosops/node/internal/keys/named-keys";
import { reasonOf } from "@isosops/node/internal/system-error";
import { inspect, type KeyReference, updateRecipients } from "isosops";
import { readCandidate } from "../../files/candidate.js";
import { chooseFormats, type FormatName, formatOfName } from "../../files/formats.js";
import { readInput } from "../../files/input.js";
import { withFileName } from "../../files/with-file-name.js";
import { writeEncrypted } from "../../keyring/write-encrypted.js";
import { changeKeys } from "../../keys/change-keys.js";
import type { FoundKeys } from "../../keys/find-keys.js";
import { isChange, type KeyChange, showKeyChange } from "../../keys/group-changes.js";
import type { VersionFinder } from "../../keys/newest-versions.js";
import { checkKeys } from "../../keys/recipients.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { warn, warnOf } from "../../terminal/messages.js";
import type { UpdatekeysOptions } from "./flags.js";

/** A file, and where it comes from. */
export interface Target {
  readonly file: string;
  /** Whether it was given by its name: not found in a folder, or by a pattern. */
  readonly isNamed: boolean;
}

/** What is to change in a file. */
export interface Plan extends KeyChange {
  readonly target: Target;
  readonly format: FormatName;
  readonly source: Uint8Array;
  /** The change as text, the same for all files with the same change. */
  readonly shown: string;
}

/** What was found of a file. */
export type Found =
  | { readonly kind: "change"; readonly plan: Plan }
  | { readonly kind: "same" }
  /** Not for this command: not encrypted, or without a rule. */
  | { readonly kind: "skipped"; readonly why: "plain" | "rule" };

/** Compare a file with its rule. No key is needed, but that of a service may be asked for its newest version. Throws `CommandError`, `SopsError`. */
export async function planFile(
  target: Target,
  config: ConfigFile | undefined,
  options: UpdatekeysOptions,
  withVersion: VersionFinder,
): Promise<Found> {
  const { file, isNamed } = target;
  const read = await readTarget(target, options);
  if (read === undefined) return { kind: "skipped", why: "plain" };
  const { source, format } = read;
  const invocation = { operation: "updatekeys", file, ignored: [], options } as const;
  const metadata = await withFileName(invocation, () => inspect(source, { format, filename: file }));
  if (metadata === undefined) {
    if (!isNamed) return { kind: "skipped", why: "plain" };
    throw new CommandError(exitCodes.generic, `${file}: sops metadata not found: the file is not encrypted.`);
  }
  const rule = config?.config.creationRules && (await ruleForFile(config, file));
  if (config === undefined || !rule) {
    if (!isNamed) return { kind: "skipped", why: "rule" };
    throw noRule(file, config);
  }
  const named = ruleKeys(config.path, rule);
  await checkKeys(named.flat());
  const after = await Promise.all(named.map((group) => Promise.all(group.map(({ key }) => withVersion(key)))));
  const change: KeyChange = {
    before: metadata.keyGroups.map((group) => group.map(referenceOf)),
    after,
    ...thresholds(metadata.keyGroups.length, metadata.shamirThreshold, after.length, {
      given: options.shamirSecretSharingThreshold || undefined,
      ofRule: rule.shamirThreshold,
    }),
  };
  const { thresholdBefore, thresholdAfter } = change;
  if (rule.shamirThreshold !== undefined && thresholdBefore === thresholdAfter && thresholdAfter !== undefined) {
    if (rule.shamirThreshold !== thresholdAfter && !options.shamirSecretSharingThreshold) {
      warn(
        `${file}: the rule on line ${rule.line} of ${config.path} has \`shamir_threshold: ${rule.shamirThreshold}\`, and the file ${thresholdAfter}. To change it: --shamir-secret-sharing-threshold ${rule.shamirThreshold}.`,
      );
    }
  }
  if (!isChange(change)) return { kind: "same" };
  return { kind: "change", plan: { ...change, target, format, source, shown: showKeyChange(change) } };
}

async function readTarget(
  { file, isNamed }: Target,
  options: UpdatekeysOptions,
): Promise<{ source: Uint8Array; format: FormatName } | undefined> {
  const invocation = { operation: "updatekeys", file, ignored: [], options } as const;
  if (isNamed) return { source: await readInput(invocation), format: chooseFormats(invocation).format };
  const named = options.inputType ? chooseFormats(invocation).format : formatOfName(file);
  const source = await read(file, named === undefined);
  if (source === undefined || !hasCiphertext(source)) return undefined;
  const format = named ?? guessFormat(source);
  return format === undefined ? undefined : { source, format };
}

async function read(file: string, anything: boolean): Promise<Buffer | undefined> {
  try {
    return await readCandidate(file, anything);
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new CommandError(exitCodes.readInput, `${file}: the file cannot be read: ${reasonOf(error)}.`, error);
  }
}

/**
 * The threshold of the file, and the one that it is to have: that of the flag, else its own (cmd/sops/subcommand/updatekeys),
 * at most the number of groups. A file that had one group takes that of the rule.
 */
function thresholds(
  groupsBefore: number,
  before: number | undefined,
  groupsAfter: number,
  { given, ofRule }: { given: number | undefined; ofRule: number | undefined },
): Pick<KeyChange, "thresholdBefore" | "thresholdAfter"> {
  const thresholdBefore = groupsBefore > 1 ? (before ?? groupsBefore) : undefined;
  if (groupsAfter === 1) return { thresholdBefore, thresholdAfter: undefined };
  const wanted = given ?? thresholdBefore ?? ofRule ?? groupsAfter;
  return { thresholdBefore, thresholdAfter: Math.min(wanted, groupsAfter) };
}

function noRule(file: string, config: ConfigFile | undefined): CommandError {
  if (config === undefined) {
    return new CommandError(
      exitCodes.generic,
      `${file}: config file not found: there is no .sops.yaml here or above. Write one, or give --config.`,
    );
  }
  const what =
    config.config.creationRules === undefined
      ? `The config file ${config.path} does not contain any creation rule: add \`creation_rules\``
      : `no matching creation rules found in ${config.path}: add one whose \`path_regex\` matches the path from there`;
  return new CommandError(exitCodes.generic, `${file}: ${what}.`);
}

/** Do what was planned. Throws `CommandError`, `SopsError`. */
export async function applyPlan(plan: Plan, found: FoundKeys, options: UpdatekeysOptions): Promise<void> {
  const { target, format, source, after, thresholdAfter } = plan;
  const { file } = target;
  const invocation = { operation: "updatekeys", file, ignored: [], options } as const;
  const { text, warnings } = await withFileName(invocation, () =>
    changeKeys(found, options, (keys) =>
      updateRecipients(source, { ...keys, format, filename: file, keyGroups: after, shamirThreshold: thresholdAfter }),
    ),
  );
  warnOf(file, warnings);
  const before = plan.before.flat();
  const joins = after.flat().some((key: KeyReference) => !before.some((one) => isSameKey(one, key)));
  await writeEncrypted(file, new TextEncoder().encode(text), { replaces: source, wasEncrypted: !joins });
}
