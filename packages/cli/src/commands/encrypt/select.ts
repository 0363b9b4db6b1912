/** `--select` and `--deselect` of `isosops encrypt`. */
import { isSameKey, referenceOf } from "@isosops/core/key-reference";
import type { NamedKey } from "@isosops/node/internal/keys/named-keys";
import { inspect, type Metadata, reselect } from "isosops";
import { chooseLayout, type FormatName } from "../../files/formats.js";
import { inputName } from "../../files/input.js";
import { writeOutput } from "../../files/output.js";
import { withFileName } from "../../files/with-file-name.js";
import type { Invocation, Options } from "../../flags/invocation.js";
import { keyFlags } from "../../flags/key-flags.js";
import { findKeys } from "../../keys/find-keys.js";
import { givenKeys } from "../../keys/given-keys.js";
import { withPlacesTried } from "../../keys/identities.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodes } from "../../program/exit-codes.js";
import { warn, warnOf } from "../../terminal/messages.js";

interface Formats {
  format: FormatName;
  outputFormat: FormatName;
}

export function selects({ select, deselect }: Options): boolean {
  return select !== undefined || deselect !== undefined;
}

/** Throws `CommandError` if other flags conflict with the selection. */
export function checkSelectFlags({ select, macOnlyEncrypted }: Options, hasRule: boolean): void {
  if (hasRule) {
    throw conflict("--select and the flags that give a rule are mutually exclusive: give one.");
  }
  if (select === undefined && macOnlyEncrypted === true) {
    throw conflict("--mac-only-encrypted is for plain files, and --deselect for encrypted ones: give one.");
  }
}

export async function isEncrypted(invocation: Invocation, source: Uint8Array, { format }: Formats): Promise<boolean> {
  const metadata = await withFileName(invocation, () => inspect(source, { format, filename: inputName(invocation) }));
  return metadata !== undefined;
}

/** Throws `CommandError`: a plain file has nothing to deselect. */
export function refuseDeselect({ options, file }: Invocation): void {
  if (options.deselect === undefined) return;
  throw conflict(`--deselect is for files that are encrypted, and ${file ?? "the input"} is plain: leave it out.`);
}

/** Change which values of an encrypted file are encrypted. Its recipients stay. */
export async function reselectFile(
  invocation: Invocation,
  source: Uint8Array,
  { format, outputFormat }: Formats,
): Promise<void> {
  const { options } = invocation;
  if (outputFormat !== format) {
    throw conflict("An encrypted file keeps its format while its selection changes: leave --output-type out.");
  }
  const keeps = "The file is encrypted already and keeps its recipients and the scope of its MAC";
  const remedy = "To change them, decrypt the file and encrypt it again.";
  if (options.macOnlyEncrypted === true) throw conflict(`${keeps}: leave --mac-only-encrypted out. ${remedy}`);
  const { tried, ...keys } = await findKeys(options);
  const { text, extra, metadata, warnings } = await withFileName(invocation, () =>
    withPlacesTried(tried, () =>
      reselect(source, {
        format,
        ...keys,
        select: options.select,
        deselect: options.deselect,
        allowExtra: options.allowExtra,
        allowUnmatched: options.allowUnmatched,
        allowLoss: options.allowLoss,
        layout: chooseLayout(options),
        indent: options.indent,
        filename: inputName(invocation),
      }),
    ),
  );
  const flags = keyFlags.filter(({ option }) => options[option] !== undefined).map(({ flag }) => flag);
  if (flags.length > 0 && !isFor(metadata, givenKeys(options) ?? [])) {
    throw conflict(
      `${keeps}, and ${flags.join(" and ")} name others: leave ${flags.length === 1 ? "it" : "them"} out. ${remedy}`,
    );
  }
  await writeOutput(invocation, new TextEncoder().encode(text), { source, wasEncrypted: true });
  warnOfExtra(invocation, extra);
  warnOf(inputName(invocation), warnings);
}

/** Whether a file has exactly these keys. */
function isFor({ keyGroups }: Metadata, wanted: readonly NamedKey[]): boolean {
  const present = keyGroups.flat().map(referenceOf);
  return (
    wanted.every(({ key }) => present.some((one) => isSameKey(one, key))) &&
    present.every((one) => wanted.some(({ key }) => isSameKey(one, key)))
  );
}

const maxShown = 10;

/** Warn about encrypted values that no selector names. */
export function warnOfExtra(invocation: Invocation, extra: readonly (readonly string[])[]): void {
  if (extra.length === 0) return;
  const paths = [...new Set(extra.map((path) => path.join(".")))];
  const more = paths.length > maxShown ? ` and ${paths.length - maxShown} more` : "";
  warn(`${inputName(invocation)}: also encrypted: ${paths.slice(0, maxShown).join(", ")}${more}.`);
}

function conflict(message: string): CommandError {
  return new CommandError(exitCodes.conflictingParameters, message);
}
