import { distinctKeys, isSameKey, keyFinder, referenceOf } from "@isosops/core/key-reference";
import { type ConfigFile, ruleForFile } from "@isosops/node/internal/config/config-file";
import { existsSync } from "@isosops/node/internal/file-system/fs";
import { resolve } from "@isosops/node/internal/file-system/paths";
import type { NamedKey } from "@isosops/node/internal/keys/named-keys";
import { inspect, type KeyReference, updateRecipients } from "isosops";
import { keyName } from "isosops/keys";
import { loadConfig } from "../../files/config-file.js";
import { chooseFormats, chooseIndent, chooseLayout } from "../../files/formats.js";
import { checkExists, inputName, readInput } from "../../files/input.js";
import { checkOutputFlags, writeOutput } from "../../files/output.js";
import { withFileName } from "../../files/with-file-name.js";
import type { Invocation } from "../../flags/invocation.js";
import { changeFlag, keyFlags } from "../../flags/key-flags.js";
import { changeKeys } from "../../keys/change-keys.js";
import { findKeys } from "../../keys/find-keys.js";
import { changedKeys } from "../../keys/given-keys.js";
import { checkKeys, warnOfUnused } from "../../keys/recipients.js";
import { sayIfVerbose } from "../../keys/say-if-verbose.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { warn, warnOf } from "../../terminal/messages.js";

/** `isosops rotate`, and `isosops --rotate` (cmd/sops/rotate.go). Checks run in the order of sops. */
export async function rotateCommand(invocation: Invocation): Promise<void> {
  const { options } = invocation;
  checkOutputFlags(invocation);
  checkFile(invocation);
  const formats = chooseFormats(invocation);
  const config = await loadConfig(options.config);
  const found = await findKeys(options);
  const [added, removed] = [changedKeys("add", options), changedKeys("rm", options)];
  warnOfUnused(options, [...added, ...removed]);
  await checkKeys(added);
  const source = await readInput(invocation);
  const filename = inputName(invocation);
  const metadata = await withFileName(invocation, () => inspect(source, { format: formats.format, filename }));
  const present = metadata?.keyGroups.map((group) => group.map(referenceOf)) ?? [];
  // A file that is not encrypted has none, which is an error of the next step.
  const keyGroups = metadata === undefined ? [] : await changeGroups(present, added, removed);
  const {
    text,
    metadata: rotated,
    warnings,
  } = await withFileName(invocation, () =>
    changeKeys(found, options, (keys) =>
      updateRecipients(source, {
        ...formats,
        ...keys,
        keyGroups,
        shamirThreshold: options.shamirSecretSharingThreshold || undefined,
        newDataKey: true,
        ignoreMac: options.ignoreMac,
        allowLoss: options.allowLoss,
        layout: chooseLayout(options),
        indent: chooseIndent(options, config, formats.outputFormat),
        filename,
      }),
    ),
  );
  warnOf(filename, warnings);
  await warnOfStrangers(invocation, config, { present: present.flat(), kept: keyGroups.flat(), added });
  await sayIfVerbose(options, ({ sayEncrypted }) => sayEncrypted(rotated.keyGroups.flat()));
  const isForOthers = added.some(({ key }) => !present.flat().some((one) => isSameKey(one, key)));
  await writeOutput(invocation, new TextEncoder().encode(text), { source, wasEncrypted: !isForOthers });
}

/** Throws `CommandError` if the file is missing: the code of sops depends on what else is asked for. */
function checkFile({ file, options, isOlderForm = false }: Invocation): void {
  if (file === undefined) throw new CommandError(exitCodes.noFile, "No file was given: isosops rotate FILE.");
  if (existsSync(file)) return;
  if (changedKeys("add", options).length > 0 || changedKeys("rm", options).length > 0) {
    throw new CommandError(
      exitCodes.missingFileForKeys,
      `${file}: there is no such file, so keys cannot be added or removed. To create it: \`isosops edit\`.`,
      undefined,
      { text: `Error: cannot add or remove keys on non-existent file "${resolve(file)}".` },
    );
  }
  if (isOlderForm) checkExists(file);
}

/**
 * The key groups of a file after a change: what is added joins the first, and what is removed leaves all. Warns of a key to
 * remove that the file does not have.
 *
 * @throws {CommandError} for a key to remove that is neither in the file nor valid, and if a group would have no keys
 */
async function changeGroups(
  present: readonly (readonly KeyReference[])[],
  added: readonly NamedKey[],
  removed: readonly NamedKey[],
): Promise<KeyReference[][]> {
  const all = [...present.flat(), ...added.map(({ key }) => key)];
  const leaving: KeyReference[] = [];
  for (const one of removed) {
    const found = matching(all, one.key);
    if (found.length === 0) {
      await checkKeys([one]);
      warn(`${one.origin}: the file does not have ${keyName(one.key)}, so it was not removed.`);
    }
    leaving.push(...found);
  }
  const leaves = keyFinder(leaving);
  const groups = present.map((group, index) =>
    distinctKeys([...group, ...(index === 0 ? added.map(({ key }) => key) : [])]).filter(
      (key) => leaves(key) === undefined,
    ),
  );
  const empty = groups.findIndex((group) => group.length === 0);
  if (empty === -1) return groups;
  const which = groups.length === 1 ? "The file" : `Key group ${empty + 1} of the file`;
  throw new CommandError(
    exitCodes.generic,
    `${which} would be left without keys, and nobody could decrypt it. Add one in the same call, such as --add-age age1..., or keep one.`,
    undefined,
    { text: "Could not generate data key: [empty key group provided]" },
  );
}

/** What a key to remove stands for: the same key, or those with the same ARN if none has its context and profile. */
function matching(keys: readonly KeyReference[], wanted: KeyReference): KeyReference[] {
  const same = keys.filter((key) => isSameKey(key, wanted));
  if (same.length > 0 || wanted.type !== "kms") return same;
  const byArn = (key: KeyReference): KeyReference => ({ type: key.type, id: key.id });
  return keys.filter((key) => isSameKey(byArn(key), byArn(wanted)));
}

interface Readers {
  readonly present: readonly KeyReference[];
  readonly kept: readonly KeyReference[];
  readonly added: readonly NamedKey[];
}

/** The file does not authenticate its keys, and each of them gets the new data key. */
async function warnOfStrangers(
  { file, options }: Invocation,
  config: ConfigFile | undefined,
  { present, kept, added }: Readers,
): Promise<void> {
  const rule = config?.config.creationRules && (await ruleForFile(config, options.filenameOverride || file!));
  if (!rule) return;
  const known = keyFinder<KeyReference>([...rule.keyGroups.flat(), ...added.map(({ key }) => key)]);
  const inFile = keyFinder(present);
  const strangers = kept.filter((key) => inFile(key) !== undefined && known(key) === undefined);
  for (const key of strangers) {
    warn(
      `${file}: ${keyName(key)} decrypts the file, and the rule on line ${rule.line} of ${config.path} does not name it. If nobody is to read the file with it, remove it: \`isosops rotate -i ${removalFlag(key)} ...\`.`,
    );
  }
}

function removalFlag({ type }: KeyReference): string {
  return changeFlag("rm", keyFlags.find((flag) => flag.type === type)!);
}
