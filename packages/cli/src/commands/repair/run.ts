import { changeEmbedded, embeddedDocument, GitopsError, type ItemName, mayEmbed } from "@isosops/gitops";
import { decrypt, type Format, inspect, type OpeningOptions, type Repaired, repair, SopsError } from "isosops";
import { chooseFormats } from "../../files/formats.js";
import { checkExists, readInput } from "../../files/input.js";
import { withFileName } from "../../files/with-file-name.js";
import { type KeyringIdentity, keyringIdentity } from "../../keyring/keyring-identity.js";
import { writeEncrypted } from "../../keyring/write-encrypted.js";
import { type FoundKeys, findKeys } from "../../keys/find-keys.js";
import { withPlacesTried } from "../../keys/identities.js";
import { exitCodeFor } from "../../program/exit-codes.js";
import { report, say, warnOf } from "../../terminal/messages.js";
import { printable } from "../../terminal/printable.js";
import { askYes } from "../../terminal/prompt.js";
import { writeStdout } from "../../terminal/stdout.js";
import { hasTerminal } from "../../terminal/tty.js";
import type { RepairFlags } from "./flags.js";
import { type Commit, findLastSealed } from "./last-sealed.js";
import { describeDamage, describeOutcome } from "./report.js";

interface Keys {
  readonly found: FoundKeys;
  readonly keyring: KeyringIdentity | undefined;
}

/** `isosops repair`. A file that cannot be repaired does not stop the others. */
export async function repairCommand(files: readonly string[], flags: RepairFlags): Promise<void> {
  const keys = { found: await findKeys({}), keyring: await keyringIdentity() };
  for (const file of files) {
    try {
      await repairFile(file, flags, keys);
    } catch (error) {
      if (files.length === 1) throw error;
      report(error);
      process.exitCode ??= exitCodeFor(error, "repair");
    }
  }
}

async function repairFile(file: string, flags: RepairFlags, keys: Keys): Promise<void> {
  const { inputType, dryRun = false } = flags;
  const invocation = {
    operation: "decrypt",
    file,
    ignored: [],
    options: inputType === undefined ? {} : { inputType },
  } as const;
  checkExists(file);
  const { format } = chooseFormats(invocation);
  const source = await readInput(invocation);
  const whole: Part = { file, name: file, format, text: source, versionOf: async (version) => version };
  const { bytes, outcomes } = await withFileName(invocation, async () =>
    format === "yaml" && (await embeds(source, file))
      ? repairEmbedded(whole, flags, keys)
      : repairWhole(whole, flags, keys),
  );
  if (bytes !== undefined && !dryRun) {
    await writeEncrypted(file, bytes, { replaces: source, wasEncrypted: true });
  }
  await writeStdout(outcomes.map((line) => `${printable(line)}\n`).join(""));
}

/** One unit of repair: a file, or a Base64 document embedded in it. */
export interface Part {
  readonly file: string;
  /** For messages. */
  readonly name: string;
  readonly format: Format;
  readonly text: string | Uint8Array;
  readonly item?: ItemName;
  /** The same part in an earlier version of the file; undefined if that version lacks it. */
  readonly versionOf: (version: Uint8Array) => Promise<string | Uint8Array | undefined>;
}

interface PartsRepaired {
  /** The new content of the file; undefined if nothing changed. */
  readonly bytes: Uint8Array | undefined;
  /** One line for each part. */
  readonly outcomes: readonly string[];
}

async function repairWhole(part: Part, flags: RepairFlags, keys: Keys): Promise<PartsRepaired> {
  const repaired = await repairPart(part, flags, keys);
  return {
    bytes: repaired.changed ? new TextEncoder().encode(repaired.text) : undefined,
    outcomes: [describeOutcome(part.name, repaired, flags.dryRun)],
  };
}

/** Whether a file is a plain cluster file with embedded Base64 documents. */
async function embeds(source: Uint8Array, file: string): Promise<boolean> {
  return (
    mayEmbed(new TextDecoder().decode(source)) &&
    (await inspect(source, { format: "yaml", filename: file })) === undefined
  );
}

/** Repair all encrypted documents embedded in a cluster file, or none if one cannot be repaired. */
async function repairEmbedded(whole: Part, flags: RepairFlags, keys: Keys): Promise<PartsRepaired> {
  const { file, text } = whole;
  const outcomes: string[] = [];
  const bytes = await changeEmbedded(text as Uint8Array, file, async (document, item) => {
    const { kind, name, stack } = item;
    if ((await inspect(document, { format: "yaml", filename: file })) === undefined) return document;
    const part: Part = {
      file,
      name: `${file}: ${kind} ${name} (stack ${stack})`,
      format: "yaml",
      text: document,
      item,
      versionOf: async (version) => embeddedDocument(new TextDecoder().decode(version), file, item),
    };
    const repaired = await repairPart(part, flags, keys);
    outcomes.push(describeOutcome(part.name, repaired, flags.dryRun));
    return repaired.text;
  });
  return { bytes, outcomes: outcomes.length > 0 ? outcomes : [`${file}: nothing in it is encrypted.`] };
}

async function repairPart(part: Part, flags: RepairFlags, { found, keyring }: Keys): Promise<Repaired> {
  const { file, name, format, text } = part;
  const { dryRun = false, acceptChanges = false } = flags;
  const { tried, ...others } = found;
  const opening = { ...others, identities: [...found.identities, ...(keyring === undefined ? [] : [keyring.find])] };
  let commit: Commit | undefined;
  const repaired = await withPlacesTried(tried, async () => {
    try {
      return await repair(text, {
        format,
        ...opening,
        filename: file,
        async findSealed(isSealed) {
          commit = await findLastSealed(file, (version) => ofVersion(part, version, isSealed));
        },
        async accept(damage) {
          for (const line of describeDamage(part, damage, commit)) say(printable(line));
          if (acceptChanges || dryRun) return true;
          return (
            hasTerminal() &&
            askYes(
              `${name}: Is all of this meant, and ${part.item === undefined ? "the file" : "it"} to be sealed with it?`,
            )
          );
        },
      });
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      if (/^no_|^not_recovered$/.test(error.code)) keyring?.check();
      throw restorable.has(error.code) ? await withVersion(part, error, { format, ...opening }) : error;
    }
  });
  warnOf(name, repaired.warnings);
  return repaired;
}

/** Whether an earlier version of the file contains the part, and the part passes a check. */
async function ofVersion(
  { versionOf }: Part,
  version: Uint8Array,
  passes: (text: string | Uint8Array) => Promise<boolean>,
): Promise<boolean> {
  try {
    const text = await versionOf(version);
    return text !== undefined && (await passes(text));
  } catch (error) {
    // The version was not a cluster file.
    if (!(error instanceof GitopsError || error instanceof SopsError)) throw error;
    return false;
  }
}

/** Error codes of damage that only an earlier version can undo. */
const restorable: ReadonlySet<string> = new Set([
  "malformed_value",
  "value_authentication",
  "metadata",
  "syntax",
  "data_key",
]);

/** Add the Git version to restore to an error message. */
async function withVersion(
  part: Part,
  error: SopsError,
  options: { readonly format: Format } & OpeningOptions,
): Promise<SopsError> {
  const opens = async (text: string | Uint8Array) => {
    await decrypt(text, options);
    return true;
  };
  const commit = await findLastSealed(part.file, (version) => ofVersion(part, version, opens));
  if (commit === undefined) return error;
  return new SopsError(
    error.code,
    `${error.message} The last version in Git that opens is of ${commit.time}; this takes its place${part.item === undefined ? "" : ", with all else of the cluster file as it was then"}: \`${commit.git} checkout ${commit.id} -- ${commit.file}\`.`,
    { cause: error },
  );
}
