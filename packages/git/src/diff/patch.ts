/** Lines that differ between two texts, as `diff -u` shows them. */
import { structuredPatch } from "diff";

/** The most lines that differ that are looked for; beyond, all of the text is replaced. */
const mostEdits = 4000;

/** The lines of a unified diff, without its header. None if the texts are equal. */
export function patchLines(before: string, after: string): string[] {
  if (before === after) return [];
  const patch = structuredPatch("", "", before, after, "", "", { context: 3, maxEditLength: mostEdits });
  if (patch === undefined) {
    const [old, current] = [linesOf(before), linesOf(after)];
    return [
      `@@ -1,${old.length} +1,${current.length} @@`,
      ...old.map((line) => `-${line}`),
      ...current.map((line) => `+${line}`),
    ];
  }
  return patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines,
  ]);
}

const linesOf = (text: string): string[] => text.replace(/\n$/, "").split("\n");
