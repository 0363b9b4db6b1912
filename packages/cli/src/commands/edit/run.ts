import type { ConfigFile } from "@isosops/node/internal/config/config-file";
import { existsSync } from "@isosops/node/internal/file-system/fs";
import { FileChangedError } from "@isosops/node/internal/write/write-file";
import { encrypt, openToEdit, SopsError } from "isosops";
import { loadConfig } from "../../files/config-file.js";
import { chooseFormats, chooseIndent, chooseLayout, type FormatName } from "../../files/formats.js";
import { readInput } from "../../files/input.js";
import { withFileName } from "../../files/with-file-name.js";
import type { Invocation } from "../../flags/invocation.js";
import { writeEncrypted } from "../../keyring/write-encrypted.js";
import { findKeys } from "../../keys/find-keys.js";
import { withPlacesTried } from "../../keys/identities.js";
import { addOrganisationKey, chooseKeyGroups, chooseThreshold } from "../../keys/recipients.js";
import { sayIfVerbose } from "../../keys/say-if-verbose.js";
import { CommandError } from "../../program/command-error.js";
import { exitCodeFor, exitCodes } from "../../program/exit-codes.js";
import { warnOf } from "../../terminal/messages.js";
import { chooseCreationRule, chooseRule } from "../encrypt/run.js";
import { editUntilSealed, type Sealed, type ToEdit } from "./edit-until-sealed.js";
import { examples } from "./example.js";
import { keepSafe } from "./keep-safe.js";
import { notWritten, reportNothingEncrypted } from "./report.js";

interface Formats {
  readonly format: FormatName;
  readonly outputFormat: FormatName;
}

/** `isosops edit`, and `isosops FILE`. Checks run in the order of sops. */
export async function editCommand(invocation: Invocation): Promise<void> {
  const { options } = invocation;
  const file = invocation.file;
  if (file === undefined) {
    throw new CommandError(exitCodes.noFile, "No file was given: isosops edit FILE.");
  }
  const formats = chooseFormats(invocation);
  const config = await loadConfig(options.config);
  const source = existsSync(file) ? await readInput(invocation) : undefined;
  const toEdit =
    source === undefined
      ? await openNew({ ...invocation, file }, formats, config)
      : await openExisting(invocation, source, formats, config);
  const sealed = await editUntilSealed(toEdit, file);
  await save(file, source, sealed);
  await sayIfVerbose(options, ({ sayWritten }) => sayWritten());
  warnOf(file, sealed.warnings);
  if (sealed.encryptedValues === 0) reportNothingEncrypted(file);
}

async function openExisting(
  invocation: Invocation,
  source: Uint8Array,
  formats: Formats,
  config: ConfigFile | undefined,
): Promise<ToEdit> {
  const { options, file } = invocation;
  const { tried, ...keys } = await findKeys(options);
  const opened = await withFileName(invocation, () =>
    withPlacesTried(tried, () =>
      openToEdit(source, {
        ...formats,
        ...keys,
        layout: chooseLayout(options),
        indent: chooseIndent(options, config, formats.outputFormat),
        ignoreMac: options.ignoreMac,
        allowLoss: options.allowLoss,
        showMasterKeys: options.showMasterKeys,
        filename: file,
      }),
    ),
  );
  warnOf(file!, opened.warnings);
  return opened;
}

/** A new file is an example at first. Whom it is for is known before it is edited. */
async function openNew(
  invocation: Invocation & { readonly file: string },
  { outputFormat: format }: Formats,
  config: ConfigFile | undefined,
): Promise<ToEdit> {
  const { file } = invocation;
  const options = await addOrganisationKey(invocation.options, file);
  const creationRule = await chooseCreationRule(invocation, config);
  const rule = format === "binary" ? {} : chooseRule(options, creationRule);
  const keyGroups = await chooseKeyGroups(options, config, creationRule, file);
  const encryption = {
    ...rule,
    format,
    keyGroups,
    shamirThreshold: chooseThreshold(options, creationRule, keyGroups.length),
    macOnlyEncrypted: options.macOnlyEncrypted || creationRule?.macOnlyEncrypted,
    layout: chooseLayout(options),
    indent: chooseIndent(options, config, format),
    allowLoss: options.allowLoss,
    filename: file,
  };
  const example = new TextEncoder().encode(examples[format]);
  if (options.showMasterKeys !== true) return { bytes: example, seal: (edited) => encrypt(edited, encryption) };
  throw new CommandError(
    exitCodes.conflictingParameters,
    `${file}: the file does not exist yet, so it has no master keys to show. Leave out --show-master-keys.`,
  );
}

/** Write the result, or keep it elsewhere if that fails. Throws `CommandError`. */
async function save(file: string, source: Uint8Array | undefined, { bytes }: Sealed): Promise<void> {
  try {
    if (source === undefined && existsSync(file)) throw new FileChangedError(file);
    await writeEncrypted(file, bytes, { replaces: source, wasEncrypted: source !== undefined });
  } catch (error) {
    const reason =
      error instanceof FileChangedError
        ? `${file}: somebody else has changed the file while it was edited, so it was left as it is.`
        : describe(error);
    throw new CommandError(exitCodeFor(error, "edit"), await notWritten(reason, keepSafe(file, bytes)), error);
  }
}

function describe(error: unknown): string {
  // Messages of errors that are not ours may quote the file.
  if (error instanceof SopsError || error instanceof CommandError) return error.message;
  if (error instanceof Error && error.name === "GitopsError") return error.message;
  throw error;
}
