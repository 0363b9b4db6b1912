import { shellWord } from "@isosops/gitops";
import {
  type Damage,
  type DecryptOptions,
  decrypt,
  type Repaired,
  repair,
  SopsError,
  showPath,
  type VersionChanges,
} from "isosops";
import { chooseFormats } from "../../files/formats.js";
import { checkExists, readInput } from "../../files/input.js";
import { namingFile } from "../../files/name-in-error.js";
import { type KeyringIdentity, keyringIdentity } from "../../keyring/keyring-identity.js";
import { writeEncrypted } from "../../keyring/write-encrypted.js";
import { type FoundIdentities, findIdentities, withPlacesTried } from "../../keys/identities.js";
import { exitCodeFor } from "../../program/exit-codes.js";
import { harmless, report, say, warnOf } from "../../terminal/messages.js";
import { askYes, hasTerminal } from "../../terminal/prompt.js";
import { writeStdout } from "../../terminal/stdout.js";
import type { RepairFlags } from "./flags.js";
import { type Commit, findLastSealed } from "./last-sealed.js";

interface Keys {
  readonly found: FoundIdentities;
  readonly keyring: KeyringIdentity | undefined;
}

/** `isosops repair`. A file that cannot be repaired keeps no other from being repaired. */
export async function repairCommand(files: readonly string[], flags: RepairFlags): Promise<void> {
  const keys = { found: await findIdentities(), keyring: await keyringIdentity() };
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

async function repairFile(file: string, flags: RepairFlags, { found, keyring }: Keys): Promise<void> {
  const { inputType, dryRun = false, acceptChanges = false } = flags;
  const invocation = {
    operation: "decrypt",
    file,
    ignored: [],
    options: inputType === undefined ? {} : { inputType },
  } as const;
  checkExists(file);
  const { format } = chooseFormats(invocation);
  const source = await readInput(invocation);
  const identities = [...found.identities, ...(keyring === undefined ? [] : [keyring.find])];
  let commit: Commit | undefined;
  const repaired = await namingFile(invocation, () =>
    withPlacesTried(found.tried, async () => {
      try {
        return await repair(source, {
          format,
          identities,
          filename: file,
          async findSealed(isSealed) {
            commit = await findLastSealed(file, isSealed);
          },
          async accept(damage) {
            for (const line of describe(file, damage, commit)) say(harmless(line));
            if (acceptChanges || dryRun) return true;
            return hasTerminal() && askYes(`${file}: Is all of this meant, and the file to be sealed with it?`);
          },
        });
      } catch (error) {
        if (!(error instanceof SopsError)) throw error;
        if (/^no_/.test(error.code)) keyring?.check();
        throw restorable.has(error.code) ? await withVersion(file, error, { format, identities }) : error;
      }
    }),
  );
  warnOf(file, repaired.warnings);
  if (repaired.changed && !dryRun) {
    await writeEncrypted(file, new TextEncoder().encode(repaired.text), { replaces: source, wasEncrypted: true });
  }
  await writeStdout(`${harmless(outcome(file, repaired, dryRun))}\n`);
}

/** What no repair brings back. */
const restorable: ReadonlySet<string> = new Set([
  "malformed_value",
  "value_authentication",
  "metadata",
  "syntax",
  "data_key",
]);

/** Let an error say which version to restore. */
async function withVersion(
  file: string,
  error: SopsError,
  options: Pick<DecryptOptions, "format" | "identities">,
): Promise<SopsError> {
  const commit = await findLastSealed(file, async (version) => {
    try {
      await decrypt(version, options);
      return true;
    } catch (problem) {
      if (!(problem instanceof SopsError)) throw problem;
      return false;
    }
  });
  if (commit === undefined) return error;
  return new SopsError(
    error.code,
    `${error.message} The last version in Git that opens is of ${commit.time}; this takes its place: \`git checkout ${commit.id} -- ${shellWord(file)}\`.`,
    { cause: error },
  );
}

function outcome(file: string, { changed, encrypted, accepted }: Repaired, dryRun: boolean): string {
  if (!changed) return `${file}: nothing to repair.`;
  const done = [
    ...(encrypted.length === 0 ? [] : [`encrypted: ${encrypted.map(showPath).join(", ")}`]),
    ...(accepted === undefined ? [] : ["sealed with what was accepted"]),
  ].join("; ");
  return dryRun ? `${file}: not written; it would be ${done}.` : `${file}: ${done}.`;
}

/** What a person is to look at before the file is sealed again. No value is shown. */
function describe(file: string, { plain, mac, changes }: Damage, commit: Commit | undefined): string[] {
  const lines = [`${file}: ${macTexts[mac]}`];
  for (const { path, line } of plain) {
    lines.push(`  in plain text: ${showPath(path)}${line === undefined ? "" : ` (line ${line})`}`);
  }
  if (mac === "added") return lines;
  if (changes === undefined || commit === undefined) {
    lines.push("  Git has no earlier version whose MAC is right, so what else has changed cannot be told.");
    return lines;
  }
  lines.push(`  Since the commit ${commit.id} of ${commit.time}, sealed at ${changes.since}:`);
  lines.push(...describeChanges(changes).map((line) => `    ${line}`));
  lines.push(`  With what it holds: git diff ${commit.id} -- ${shellWord(file)}`);
  return lines;
}

const macTexts: Readonly<Record<Damage["mac"], string>> = {
  added: "but for what was added in plain text, the MAC fits.",
  mismatch: "the MAC does not fit: values were added, removed, reordered or changed.",
  missing: "the MAC is missing, so nobody can tell what was changed.",
};

function describeChanges({ values, reordered, rule, readers }: VersionChanges): string[] {
  const lines = values.map(({ kind, path }) => `${kind}: ${showPath(path)}`);
  if (reordered) lines.push("The values are the same, in another order.");
  if (rule) lines.push("The rule by which values are encrypted is another one.");
  if (readers) lines.push("Other keys open the file.");
  return lines.length > 0 ? lines : ["No value has changed; the MAC or `lastmodified` has."];
}
