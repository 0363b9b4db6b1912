import type { Change, FileDiff, Side, VersionDiff } from "@isosops/git";
import { type Note, notes, shorten } from "@isosops/git/internal/diff/markdown";
import { patchLines } from "@isosops/git/internal/diff/patch";
import { escapeControls } from "@isosops/git/internal/diff/plain-text";
import { showPath } from "isosops";
import { type Colors, colorsFor } from "../../terminal/colors.js";
import { plural } from "../../terminal/plural.js";
import { printable, printableJson } from "../../terminal/printable.js";

/** The differences as JSON, without secrets. */
export function toJson(files: readonly FileDiff[]): string {
  return printableJson({
    files: files.map(({ file, from, diff, error }) => ({
      file,
      ...(from === undefined ? {} : { from }),
      ...(error === undefined ? {} : { error }),
      ...diff,
    })),
  });
}

/** How much has changed in each file. */
export function toStat(files: readonly FileDiff[]): string {
  const colors = colorsFor(process.stdout);
  const width = widest(files.map(({ file }) => printable(file)));
  return files.map((file) => ` ${printable(file.file).padEnd(width)} | ${summary(file, colors)}\n`).join("");
}

function summary({ diff, error }: FileDiff, colors: Colors): string {
  if (diff === undefined) return colors.red(`cannot be compared: ${printable(error!)}`);
  const count = (...kinds: Change["kind"][]): number => diff.changes.filter(({ kind }) => kinds.includes(kind)).length;
  const parts: string[] = [];
  const add = (number: number, word: string, color: (text: string) => string): void => {
    if (number > 0) parts.push(color(`${number} ${word}`));
  };
  add(count("added"), "added", colors.green);
  add(count("removed"), "removed", colors.red);
  add(count("changed"), "changed", colors.yellow);
  add(count("unknown"), "changed or re-encrypted", colors.yellow);
  add(count("reordered"), "reordered", colors.cyan);
  const readers = diff.readers.added.length + diff.readers.removed.length;
  if (readers > 0) parts.push(`${plural(readers, "reader")} changed`);
  if (diff.settings.length > 0) parts.push(diff.settings.map(({ name }) => `other ${name}`).join(", "));
  return parts.length === 0 ? "no value changed" : parts.join(", ");
}

/** What has changed, without secrets. */
export function toMasked(files: readonly FileDiff[]): string {
  const colors = colorsFor(process.stdout);
  return files.map((file) => `${maskedLines(file, colors).join("\n")}\n`).join("\n");
}

function maskedLines(file: FileDiff, colors: Colors): string[] {
  const { diff, error } = file;
  const lines = [colors.bold(nameLine(file))];
  if (diff === undefined) return [...lines, `  ${colors.red("cannot be compared:")} ${printable(error!)}`];
  const places = diff.changes.map(placeOf);
  const width = widest(places);
  for (const [index, change] of diff.changes.entries()) {
    const values = valuesOf(change);
    lines.push(
      `  ${markOf(change, colors)} ${values === "" ? places[index] : `${places[index]!.padEnd(width)}  ${values}`}`,
    );
    if (change.exposed) lines.push(`    ${colors.red("warning:")} it was encrypted, and is in plain text now`);
  }
  for (const note of notes(diff)) lines.push(`  ${noteLine(note, colors)}`);
  if (lines.length === 1) lines.push("  no value has changed");
  return lines;
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, { length }) => Math.max(width, length), 0);
}

function nameLine({ file, from, diff }: FileDiff): string {
  const name = from === undefined ? printable(file) : `${printable(from)} -> ${printable(file)}`;
  if (diff?.encrypted.before === undefined && diff !== undefined) return `${name} (new)`;
  return diff?.encrypted.after === undefined && diff !== undefined ? `${name} (deleted)` : name;
}

function markOf({ kind }: Change, colors: Colors): string {
  if (kind === "added") return colors.green("added    ");
  if (kind === "removed") return colors.red("removed  ");
  if (kind === "unknown") return colors.yellow("differs  ");
  return kind === "changed" ? colors.yellow("changed  ") : colors.cyan("reordered");
}

function placeOf({ path, what }: Change): string {
  const place = printable(showPath(path));
  if (what === "comment") return `a comment in ${place}`;
  return what === "text" ? `text beside ${place}` : place;
}

function valuesOf({ before, after }: Change): string {
  const [old, current] = [before, after].map((side) => side && sideText(side));
  if (old !== undefined && current !== undefined) return old === "" && current === "" ? "" : `${old} -> ${current}`;
  return old ?? current ?? "";
}

function sideText({ text, fingerprint }: Side): string {
  return text === undefined ? (fingerprint ?? "") : printable(shorten(text));
}

function noteLine({ isWarning, parts }: Note, colors: Colors): string {
  const text = parts.map((part) => (part.isName ? printable(part.text) : part.text)).join("");
  return isWarning ? `${colors.red("warning:")} ${text}` : text;
}

/** The lines that differ, as Git shows them; undefined stands for a version that does not exist. */
export function toPatch(file: FileDiff, before: string | undefined, after: string | undefined): string {
  const colors = colorsFor(process.stdout);
  const old = printable(file.from ?? file.file);
  const current = printable(file.file);
  const remarks = notes(file.diff as VersionDiff).map((note) => noteLine(note, colors));
  const lines = patchLines(before ?? "", after ?? "");
  if (lines.length === 0 && remarks.length === 0) return "";
  return [
    colors.bold(`--- ${before === undefined ? "/dev/null" : `a/${old}`}`),
    colors.bold(`+++ ${after === undefined ? "/dev/null" : `b/${current}`}`),
    ...remarks,
    ...lines.map((line) => colorLine(escapeControls(line), colors)),
    "",
  ].join("\n");
}

function colorLine(line: string, colors: Colors): string {
  if (line.startsWith("@@")) return colors.cyan(line);
  if (line.startsWith("+")) return colors.green(line);
  return line.startsWith("-") ? colors.red(line) : line;
}
