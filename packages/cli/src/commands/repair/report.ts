import { type Damage, type Repaired, showPath, type VersionChanges } from "isosops";
import type { Commit } from "./last-sealed.js";
import type { Part } from "./run.js";

export function describeOutcome(name: string, { changed, encrypted, accepted }: Repaired, dryRun = false): string {
  if (!changed) return `${name}: nothing to repair.`;
  const done = [
    ...(encrypted.length === 0 ? [] : [`encrypted: ${encrypted.map(showPath).join(", ")}`]),
    ...(accepted === undefined ? [] : ["sealed with what was accepted"]),
  ].join("; ");
  return dryRun ? `${name}: not written; it would be ${done}.` : `${name}: ${done}.`;
}

/** What to review before the file gets a new MAC. No value is shown. */
export function describeDamage(
  { name, item }: Part,
  { plain, mac, changes }: Damage,
  commit: Commit | undefined,
): string[] {
  const lines = [`${name}: ${macTexts[mac]}`];
  for (const { path, line: own } of plain) {
    // Lines of an embedded Base64 document are not lines of the file.
    const line = item === undefined ? own : undefined;
    lines.push(`  in plain text: ${showPath(path)}${line === undefined ? "" : ` (line ${line})`}`);
  }
  if (changes === undefined || commit === undefined) {
    lines.push("  Git has no earlier version whose MAC is right, so what else has changed cannot be told.");
    return lines;
  }
  lines.push(`  Since the commit ${commit.id} of ${commit.time}, sealed at ${changes.since}:`);
  lines.push(...describeChanges(changes).map((line) => `    ${line}`));
  if (item === undefined) lines.push(`  With what it holds: ${commit.git} diff ${commit.id} -- ${commit.file}`);
  return lines;
}

const macTexts: Readonly<Record<Damage["mac"], string>> = {
  names: "the MAC fits the values, and does not cover the names under which those in plain text would be encrypted.",
  added: "but for what was added in plain text, the MAC fits.",
  mismatch: "the MAC does not fit: values were added, removed, reordered or changed.",
  missing: "the MAC is missing, so nobody can tell what was changed.",
};

function describeChanges(changes: VersionChanges): string[] {
  const { values, reordered, comments, rule, macOnlyEncrypted, readers } = changes;
  const lines = values.map(({ kind, path }) => `${kind}: ${showPath(path)}`);
  if (reordered)
    lines.push(
      values.length === 0 ? "The values are the same, in another order." : "The other values are in another order.",
    );
  if (comments) lines.push("Comments have changed.");
  if (rule) lines.push("The rule by which values are encrypted is another one.");
  if (macOnlyEncrypted) lines.push("`mac_only_encrypted`, by which values are sealed, is another one.");
  if (readers) lines.push("Other keys open the file.");
  return lines.length > 0 ? lines : ["No value has changed; the MAC or `lastmodified` has."];
}
