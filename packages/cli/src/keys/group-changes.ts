import { keyFinder } from "@isosops/core/key-reference";
import type { KeyReference } from "isosops";
import { keyName } from "isosops/keys";
import { colorsFor } from "../terminal/colors.js";
import { printable } from "../terminal/printable.js";

/** The keys of a file, and those that it is to have. */
export interface KeyChange {
  readonly before: readonly (readonly KeyReference[])[];
  readonly after: readonly (readonly KeyReference[])[];
  /** Undefined for one key group. */
  readonly thresholdBefore: number | undefined;
  readonly thresholdAfter: number | undefined;
}

interface GroupChange {
  readonly common: readonly KeyReference[];
  readonly added: readonly KeyReference[];
  readonly removed: readonly KeyReference[];
}

/** The changes of each key group, by its place (cmd/sops/common/common.go, `DiffKeyGroups`). */
function groupChanges({ before, after }: KeyChange): GroupChange[] {
  return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => {
    const [ours, theirs] = [before[index] ?? [], after[index] ?? []];
    const [inFile, inRule] = [keyFinder(ours), keyFinder(theirs)];
    return {
      common: ours.filter((key) => inRule(key) !== undefined),
      added: theirs.filter((key) => inFile(key) === undefined),
      removed: ours.filter((key) => inRule(key) === undefined),
    };
  });
}

/** Whether anybody joins or leaves, or the threshold changes. */
export function isChange(change: KeyChange): boolean {
  return (
    change.thresholdBefore !== change.thresholdAfter ||
    groupChanges(change).some(({ added, removed }) => added.length > 0 || removed.length > 0)
  );
}

/** The lines of sops on a change (cmd/sops/common/common.go, `PrettyPrintDiffs` and `PrettyPrintShamirDiff`). */
export function showKeyChange(change: KeyChange): string {
  const colors = colorsFor(process.stdout);
  const { thresholdBefore: before, thresholdAfter: after } = change;
  const show = (key: KeyReference) => printable(keyName(key));
  const lines =
    before !== undefined && before === after
      ? [`shamir_threshold: ${after}`]
      : [
          ...(after === undefined ? [] : [colors.green(`+++ shamir_threshold: ${after}`)]),
          ...(before === undefined ? [] : [colors.red(`--- shamir_threshold: ${before}`)]),
        ];
  for (const [index, { common, added, removed }] of groupChanges(change).entries()) {
    lines.push(
      colors.underline(`Group ${index + 1}`),
      ...common.map((key) => `    ${show(key)}`),
      ...added.map((key) => colors.green(`+++ ${show(key)}`)),
      ...removed.map((key) => colors.red(`--- ${show(key)}`)),
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}
