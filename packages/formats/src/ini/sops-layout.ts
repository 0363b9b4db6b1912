import { type Comment, type Entry, entry, leaf, type Mapping, mapping, SopsError } from "@isosops/core";
import { flatten } from "../shared/flatten.js";
import { unsupported, valueText } from "../shared/value-text.js";
import { defaultSection } from "./parse.js";
import { trim } from "./value.js";

/** The `sops` block as a section. Line breaks are escaped, although INI does not require it (stores/metadata.go). */
export function metadataSection(metadata: Mapping): Entry {
  const keys = flatten(metadata).map(({ name, text }) => entry(name, leaf("str", text.replaceAll("\n", "\\n"))));
  return entry("sops", mapping(keys));
}

/**
 * Renders INI exactly like the sops command: its INI store (stores/ini/store.go, `encodeTree`) over go-ini's
 * `writeToBuffer` (file.go). `=` is aligned within a section, and an empty line separates sections.
 *
 * @param dropped - Comments that are not written.
 */
export function renderSopsLayout(root: Mapping, dropped: ReadonlySet<Comment>): string {
  const sections = root.items.filter((item): item is Entry => item.kind === "entry");
  const texts = sections.map((section, index) => {
    const { comment, keys } = collectKeys(section, dropped);
    const lines = comment === "" ? [] : comment.split("\n").map(sectionCommentLine);
    // go-ini's name for the section before the first header.
    const hasHeader = index > 0 || section.key.toUpperCase() !== defaultSection;
    if (hasHeader) lines.push(`[${section.key}]`);
    const all = lines.concat(keyLines(keys));
    if ((hasHeader || keys.length > 0) && index < sections.length - 1) all.push("");
    return all.length === 0 ? "" : `${all.join("\n")}\n`;
  });
  return texts.join("");
}

interface Key {
  readonly name: string;
  text: string;
  comment: string;
}

function collectKeys({ key: name, value }: Entry, dropped: ReadonlySet<Comment>): { comment: string; keys: Key[] } {
  if (value.kind !== "mapping") {
    throw unsupported([name], "is at the top level, where an INI file can only have sections. Put it into a mapping.");
  }
  checkName([name], name);
  const keys = new Map<string, Key>();
  let sectionComment = "";
  let last: Key | undefined;
  value.items.forEach((item, index) => {
    if (item.kind === "comment") {
      if (dropped.has(item)) return;
      if (index === 0) sectionComment = item.text;
      else if (last !== undefined) last.comment = item.text;
      return;
    }
    const path = [name, item.key];
    checkKey(path, item.key);
    if (item.value.kind !== "leaf") {
      throw unsupported(
        path,
        "is a list or mapping, but a section of an INI file can only hold single values. Keep the format.",
      );
    }
    const text = valueText(item.value, path, "an INI file");
    last = keys.get(item.key);
    if (last === undefined) {
      last = { name: item.key, text, comment: "" };
      keys.set(item.key, last);
    } else {
      last.text = text;
    }
  });
  return { comment: sectionComment, keys: [...keys.values()] };
}

/**
 * Checks the name of a section or key.
 *
 * @throws {SopsError} `unsupported`.
 */
export function checkName(path: readonly string[], name: string): void {
  if (name === "" || name.includes("\n")) throw badName(path, name, "where a name is on one line and not empty");
}

/** Rejects keys that sops writes, but reads as another key or a comment. */
export function checkKey(path: readonly string[], name: string): void {
  checkName(path, name);
  const isQuoted = /["=:`]/.test(name);
  if (/["=:]/.test(name) ? name.includes("`") : name.includes('"""')) throw badName(path, name, "for its quotes");
  if (name === "-") throw badName(path, name, "where `-` numbers its keys");
  if (!isQuoted && /^[#;[]/.test(name)) throw badName(path, name, "where it would start another kind of line");
  if (trim(name) !== name) throw badName(path, name, "where blanks around a name are lost");
}

function badName(path: readonly string[], name: string, why: string): SopsError {
  return new SopsError(
    "unsupported",
    `The key ${JSON.stringify(name)} is not allowed in an INI file in the layout of sops, ${why}. Rename it, keep the format, or use the layout \`preserve\`.`,
    { path },
  );
}

/** The lines of a section without its header, as sops writes them. */
function keyLines(keys: readonly Key[]): string[] {
  const names = keys.map(({ name }) => {
    if (/["=:]/.test(name)) return `\`${name}\``;
    return name.includes("`") ? `"""${name}"""` : name;
  });
  const lengths = names.map(byteLength);
  const width = lengths.reduce((widest, length) => Math.max(widest, length), 0);
  const lines: string[] = [];
  keys.forEach(({ text, comment }, index) => {
    if (comment !== "") for (const line of comment.split("\n")) lines.push(keyCommentLine(line));
    lines.push(`${names[index]}${" ".repeat(width - lengths[index]!)} = ${quoted(text)}`);
  });
  return lines;
}

// Encoding is much slower than checking for ASCII.
function byteLength(text: string): number {
  return /[^\0-\x7f]/.test(text) ? new TextEncoder().encode(text).length : text.length;
}

/** The lines of the `[sops]` section, for a file in another layout. */
export function metadataLines(metadata: Mapping): string[] {
  return renderSopsLayout(mapping([metadataSection(metadata)]), new Set())
    .trimEnd()
    .split("\n");
}

// go-ini crashes on an empty line in a comment. Here, it becomes an empty comment.
function sectionCommentLine(line: string): string {
  return /^[#;]/.test(line) ? `${line[0]} ${trim(line.slice(1))}` : `; ${line}`;
}

function keyCommentLine(line: string): string {
  return /^[#;]/.test(line) ? `${line[0]} ${trim(line.slice(1))}` : `; ${trim(line)}`;
}

function quoted(text: string): string {
  if (/[\n`]/.test(text)) return `"""${text}"""`;
  if (/[#;]/.test(text)) return `\`${text}\``;
  return trim(text) === text ? text : `"${text}"`;
}
