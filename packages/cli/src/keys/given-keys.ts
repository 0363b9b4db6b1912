/** The keys to encrypt for that flags and environment variables name. */
import { keyVariables, type NamedKey, readKeyList } from "@isosops/node/internal/keys/named-keys";
import type { ChangeOptions, KeyOptions } from "../flags/invocation.js";
import { changeFlag, type KeyFlagDefinition, keyFlags } from "../flags/key-flags.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";

/**
 * The keys of all flags, or if one of them is not given, of its variable: together they are one key group (cmd/sops/main.go,
 * `keyGroups`). Undefined if nothing is given, and the creation rule applies. As in sops, an empty flag or variable counts
 * as not given, and an empty flag overrides its variable.
 *
 * @throws {CommandError} for a malformed encryption context
 * @throws {SopsError} `invalid_recipient` for an empty place in a list
 */
export function givenKeys(options: KeyOptions): NamedKey[] | undefined {
  const context = readContext(options.encryptionContext);
  const given = keyFlags.flatMap((definition) => {
    const fromFlag = options[definition.option];
    const lists = fromFlag ?? [process.env[keyVariables[definition.type]] ?? ""];
    const origin = fromFlag === undefined ? keyVariables[definition.type] : definition.flag;
    return lists.filter((list) => list !== "").map((list) => ({ definition, list, origin }));
  });
  if (given.length === 0) return undefined;
  return given.flatMap(({ definition, list, origin }) => readKeys(definition, list, { ...options, context, origin }));
}

/** The keys of flags alone. Throws as {@link givenKeys}. */
export function flagKeys(options: KeyOptions): NamedKey[] {
  const context = readContext(options.encryptionContext);
  return keyFlags.flatMap((definition) =>
    (options[definition.option] ?? [])
      .filter((list) => list !== "")
      .flatMap((list) => readKeys(definition, list, { ...options, context, origin: definition.flag })),
  );
}

/**
 * The keys of all flags `--add-...` or `--rm-...` (cmd/sops/main.go, `getRotateOpts`). No variable stands for them.
 *
 * @throws {CommandError} and {SopsError} as `givenKeys`
 */
export function changedKeys(change: "add" | "rm", options: ChangeOptions & KeyOptions): NamedKey[] {
  const context = readContext(options.encryptionContext);
  return keyFlags.flatMap((definition) =>
    (options[changeOption(change, definition)] ?? [])
      .filter((list) => list !== "")
      .flatMap((list) => readKeys(definition, list, { ...options, context, origin: changeFlag(change, definition) })),
  );
}

/** The option of `--add-age` is `addAge`. */
function changeOption(change: "add" | "rm", { option }: KeyFlagDefinition): keyof ChangeOptions {
  return `${change}${option.charAt(0).toUpperCase()}${option.slice(1)}` as keyof ChangeOptions;
}

interface KeySettings {
  readonly awsProfile?: string;
  readonly context: Record<string, string> | undefined;
  readonly origin: string;
}

function readKeys({ type }: KeyFlagDefinition, list: string, { awsProfile, context, origin }: KeySettings): NamedKey[] {
  return readKeyList(type, list, origin).map((id) => ({
    origin,
    key: {
      type,
      id,
      ...(type !== "kms" || context === undefined ? {} : { context }),
      ...(type !== "kms" || !awsProfile ? {} : { awsProfile }),
    },
  }));
}

/**
 * The encryption context of AWS KMS, `NAME:VALUE,NAME:VALUE`, taken as it stands (kms/keysource.go, `ParseKMSContext`).
 *
 * @throws {CommandError}
 */
export function readContext(text: string | undefined): Record<string, string> | undefined {
  if (!text) return undefined;
  const pairs = text.split(",").map((pair) => pair.split(":"));
  if (pairs.every((pair) => pair.length === 2)) return Object.fromEntries(pairs) as Record<string, string>;
  throw new CommandError(
    exitCodes.encryptionContext,
    "--encryption-context is NAME:VALUE,NAME:VALUE, with one colon in each pair. Contexts with other colons or commas can be given in .sops.yaml: `key_groups`, `kms`, `context`.",
  );
}
