import type { Comment, Document, Entry, ParseOptions, Warning } from "@isosops/core";
import { mapping } from "@isosops/core";
import { type Damage, unflatten } from "../shared/flatten.js";
import { lineProblem } from "../shared/line-problem.js";

/** What the ENV store keeps of the source of a document. */
export interface EnvMemo {
  /** The lines of the `sops` block, including line breaks. */
  readonly block: readonly { start: number; end: number }[];
  readonly metadata: Document["metadata"];
  /** The number of entries and comments, without the block. */
  readonly items: number;
}

export const metadataPrefix = "sops_";

/**
 * Parses an ENV file like sops (stores/dotenv/store.go): a line is empty, `#comment`, or `KEY=VALUE`, split at the
 * first `=`. Nothing is trimmed or unquoted, a carriage return is part of the value, and `\n` stands for a line break.
 * The exception are carriage returns that were added to all lines of an encrypted file: see `warnOfCarriageReturns`.
 */
export function parseEnv(text: string, { filename }: ParseOptions = {}): Document {
  const warning = warnOfCarriageReturns(text);
  const source = warning === undefined ? text : text.replaceAll("\r\n", "\n");
  checkMarkers(source, filename);
  const items: (Entry | Comment)[] = [];
  const metadata: Entry[] = [];
  const block: { start: number; end: number }[] = [];
  for (let start = 0; start < source.length; ) {
    const lineBreak = source.indexOf("\n", start);
    const end = lineBreak === -1 ? source.length : lineBreak;
    const next = lineBreak === -1 ? end : end + 1;
    if (end > start) {
      const item = parseLine(source, start, end, filename);
      if (item.kind === "entry" && item.key.startsWith(metadataPrefix)) {
        metadata.push({ ...item, key: item.key.slice(metadataPrefix.length) });
        block.push({ start, end: next });
      } else {
        items.push(item);
      }
    }
    start = next;
  }
  const root = { ...mapping(items), start: 0, end: source.length };
  const damage: Damage = ({ start }, problem) =>
    lineProblem({ format: "ENV", source, filename, offset: start, problem, code: "metadata" });
  const found = metadata.length === 0 ? undefined : unflatten(metadata, damage);
  const memo: EnvMemo = { block, metadata: found, items: items.length };
  const warnings = warning === undefined ? [] : [warning];
  return { store: "dotenv", source, branches: [root], metadata: found, warnings, memo };
}

/**
 * Refuses conflict markers of Git. `=======` is a line with an empty key, and so are the other two if the names of the
 * branches have a `=`: sops reads both sides of the conflict.
 *
 * @throws {SopsError} `syntax`.
 */
function checkMarkers(source: string, filename: string | undefined): void {
  let first: number | undefined;
  let isTheirs = false;
  for (const { 0: line, index } of source.matchAll(/^(?:<{7,} .|={7,}\r?$|>{7,} .)/gm)) {
    if (line.startsWith("<")) [first, isTheirs] = [index, false];
    else if (line.startsWith("=")) isTheirs = first !== undefined;
    else if (first !== undefined && isTheirs) {
      const problem = "Here are conflict markers of Git. Take one side, and remove the markers.";
      throw lineProblem({ format: "ENV", source, filename, offset: first, problem });
    }
  }
}

/**
 * Git on Windows and editors convert all line ends of a file to CRLF, and sops can then no longer read its own block.
 * sops never writes a carriage return in the block, so one after every line of it was added later, and so were those in
 * the rest of the file.
 */
function warnOfCarriageReturns(source: string): Warning | undefined {
  let line = 0;
  let first: number | undefined;
  for (let start = 0; ; line++) {
    const end = source.indexOf("\n", start);
    if (end === -1) break;
    if (source.startsWith(metadataPrefix, start)) {
      if (source[end - 1] !== "\r") return undefined;
      first ??= line + 1;
    }
    start = end + 1;
  }
  if (first === undefined) return undefined;
  return {
    code: "carriage_returns",
    line: first,
    message:
      "The lines of this ENV file end with a carriage return (CRLF) that Git or an editor added after encryption, so sops rejects the file. Remove them with `sed -i 's/\\r$//' FILE`, and add `*.env text eol=lf` to .gitattributes, so that Git does not add them.",
  };
}

function parseLine(source: string, start: number, end: number, filename: string | undefined): Entry | Comment {
  if (source[start] === "#") {
    return {
      kind: "comment",
      text: source.slice(start + 1, end),
      inline: false,
      changed: false,
      start: start + 1,
      end,
    };
  }
  const line = source.slice(start, end);
  const at = line.indexOf("=");
  if (at === -1) {
    const problem =
      line === "\r"
        ? "This line contains only a carriage return, which sops rejects. Save the file with Unix line ends (LF)."
        : "There is no `=` in this line. Write `KEY=VALUE`, or `#` before a comment; a multi-line value has `\\n` for each line break.";
    throw lineProblem({ format: "ENV", source, filename, offset: start, problem });
  }
  const valueStart = start + at + 1;
  const text = source.slice(valueStart, end).replaceAll("\\n", "\n");
  return {
    kind: "entry",
    key: line.slice(0, at),
    value: {
      kind: "leaf",
      type: "str",
      text,
      spelling: undefined,
      style: 0,
      changed: false,
      start: valueStart,
      end,
    },
    start,
    end,
  };
}
