import type { Comment, Document, Entry, ParseOptions } from "@isosops/core";
import { mapping } from "@isosops/core";
import { type Damage, unflatten } from "../shared/flatten.js";
import { lineProblem } from "../shared/line-problem.js";

/** What the ENV store remembers about the text of a document. */
export interface EnvMemo {
  /** The lines of the `sops` block, line breaks included. */
  readonly block: readonly { start: number; end: number }[];
  readonly metadata: Document["metadata"];
  /** How many lines are entries or comments, the block left out. */
  readonly items: number;
}

export const metadataPrefix = "sops_";

/**
 * Read an ENV file as sops does (stores/dotenv/store.go): a line is empty, `#comment`, or `KEY=VALUE` split at the first
 * `=`. Nothing is trimmed or unquoted, a carriage return is part of the value, `\n` stands for a line break.
 */
export function parseEnv(source: string, { filename }: ParseOptions = {}): Document {
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
  return { store: "dotenv", source, branches: [root], metadata: found, memo };
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
        ? "This line is empty but for a carriage return, which sops refuses. Save the file with line ends as Unix has them (LF)."
        : "There is no `=` in this line. Write `KEY=VALUE`, or `#` before a comment; a value of several lines has `\\n` for each line break.";
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
