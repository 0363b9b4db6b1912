/** A masked diff for a comment of a review. */
import { showPath } from "@isosops/core";
import type { Change, Side, VersionDiff } from "./diff.js";

/** The difference of one file, or why there is none. */
export interface FileDiff {
  /** The path of the newer version. */
  readonly file: string;
  /** The path of the older one, if it is another. */
  readonly from?: string | undefined;
  readonly diff?: VersionDiff | undefined;
  /** Why the versions cannot be compared. */
  readonly error?: string | undefined;
}

/** GitHub's longest comment has 65,536 characters. */
const longest = 60_000;

/** The differences as GitHub and GitLab show them. Whatever keys and files are called, it is shown as text. */
export function toMarkdown(files: readonly FileDiff[], limit: number = longest): string {
  if (files.length === 0) return "No encrypted value has changed.\n";
  let text = "";
  for (const [index, file] of files.entries()) {
    const part = `${fileText(file)}\n`;
    if (text.length + part.length > limit) {
      const left = files.length - index;
      return `${text}${left} more ${left === 1 ? "file has" : "files have"} changed: \`isosops diff --masked\` shows ${left === 1 ? "it" : "them"}.\n`;
    }
    text += part;
  }
  return text;
}

function fileText({ file, from, diff, error }: FileDiff): string {
  const name = from === undefined ? code(file) : `${code(from)} → ${code(file)}`;
  if (diff === undefined) return `**${name}**: ${plain(error ?? "")}\n`;
  const lines = [`**${name}**${stateText(diff)}`, ""];
  if (diff.changes.length > 0) {
    lines.push("| | Place | Before | After |", "|---|---|---|---|");
    for (const change of diff.changes) {
      lines.push(
        `| ${kindText(change)} | ${placeText(change)} | ${sideText(change.before)} | ${sideText(change.after)} |`,
      );
    }
    lines.push("");
  }
  for (const note of notes(diff))
    lines.push(
      `- ${note.isWarning ? "⚠️ " : ""}${note.parts.map((part) => (part.isName ? code(part.text) : part.text)).join("")}`,
    );
  if (lines.at(-1) !== "") lines.push("");
  return lines.join("\n");
}

function stateText({ encrypted: { before, after } }: VersionDiff): string {
  if (before === undefined) return ": new";
  if (after === undefined) return ": deleted";
  return "";
}

function kindText({ kind, exposed }: Change): string {
  return `${kind === "unknown" ? "changed or re-encrypted" : kind}${exposed ? ", **in plain text now**" : ""}`;
}

function placeText({ path, what }: Change): string {
  const place = path.length === 0 ? "the top" : code(showPath(path));
  if (what === "comment") return path.length === 0 ? "a comment at the top" : `a comment in ${place}`;
  return what === "text" ? `text beside ${place}` : place;
}

function sideText(side: Side | undefined): string {
  if (side?.text !== undefined) return code(shorten(side.text));
  return side?.fingerprint === undefined ? "" : code(side.fingerprint);
}

/** The longest plain value that is shown whole, in characters. */
const longestValue = 80;

/** A value that is not secret, on one line. */
export function shorten(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue)}...` : text;
}

/** A remark on a file, beside its values. */
export interface Note {
  readonly isWarning: boolean;
  /** Names come from the file. */
  readonly parts: readonly { readonly text: string; readonly isName?: true }[];
}

/** What else there is to say of a difference. */
export function notes({
  compared,
  encrypted,
  brokenMac,
  readers,
  keepsDataKey,
  settings,
  changes,
}: VersionDiff): Note[] {
  const found: Note[] = [];
  const add = (isWarning: boolean, ...parts: (string | readonly [name: string])[]): void => {
    found.push({
      isWarning,
      parts: parts.map((part) => (typeof part === "string" ? { text: part } : { text: part[0], isName: true })),
    });
  };
  if (encrypted.before === true && encrypted.after === false)
    add(true, "The file was encrypted, and is in plain text now.");
  if (encrypted.before === false && encrypted.after === true) {
    add(true, "The file was in plain text before: its values are in the history.");
  }
  for (const side of brokenMac) {
    add(
      true,
      `The MAC of the ${side === "before" ? "older" : "newer"} version is wrong: values were added, removed or changed without a key.`,
    );
  }
  for (const name of readers.added) add(false, "can be decrypted with ", [name], " now");
  for (const name of readers.removed) add(false, "is no longer encrypted for ", [name]);
  if (keepsDataKey)
    add(true, "The data key is still the one that the removed reader knows: `isosops rotate` makes a new one.");
  for (const { name, before, after } of settings) add(false, `${name}: `, [before], " before, ", [after], " now");
  if (compared === "ciphertexts" && changes.some(({ kind }) => kind === "unknown")) {
    add(
      false,
      "No key at hand opens both versions, so ciphertexts were compared: a value that was encrypted again counts as changed.",
    );
  }
  return found;
}

/** Text that comes from a file, which no reader of Markdown takes for anything else. */
function code(text: string): string {
  return `<code>${plain(text)}</code>`;
}

function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9 ]/gu, (character) => {
    if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(character)) return `&#92;u${character.codePointAt(0)!.toString(16)}`;
    return `&#${character.codePointAt(0)};`;
  });
}
