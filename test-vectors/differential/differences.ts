/**
 * The intended differences from sops, each with its reason. Everything else must be the same.
 */
import { type Document, leavesOf, type Node } from "../../packages/core/dist/index.js";
import { outerSpan } from "../../packages/formats/dist/ini/value.js";
import { forbidden } from "../../packages/formats/dist/yaml/go-yaml/characters.js";
import type { VectorNode } from "../../packages/formats/test/vectors/tree.js";
import type { SopsError } from "../../packages/isosops/dist/index.js";
import { hasNull, keepsAllButLosable, withoutComments, type YamlMemo } from "./losable.js";
import type { Format, Outcome } from "./sops.js";

export type Kind =
  /** We reject what sops accepts. */
  | "refuses"
  /** We accept what sops rejects. */
  | "takes"
  /** We write something else in the layout of sops. */
  | "writes"
  /** Sops reads another value from our layout `preserve` than from its own file. */
  | "keeps"
  /** Sops cannot read what it wrote itself. */
  | "damaged"
  /** Layout `preserve` reformats a document. */
  | "reformatted"
  /** Layout `preserve` moves something that is not encrypted. */
  | "moves"
  /** Decrypting layout `preserve` does not return the source byte for byte. */
  | "comes back otherwise";

export interface Circumstances {
  kind: Kind;
  format: Format;
  /** The same as `format` unless it is converted. */
  outputFormat: Format;
  /** The plain file; a binary one as text with one character per byte. */
  source: string;
  /** The parsed source; undefined if we reject it. */
  document: Document | undefined;
  theirs?: Outcome | undefined;
  error?: SopsError | undefined;
  /** Whether sops decrypts what it encrypted, or reads what it decrypted, to the values of the source. */
  isReadBack?: boolean | undefined;
  /** For INI: keys, and values that are not encrypted. */
  plain?: readonly string[] | undefined;
  /** What we wrote, and what sops did. */
  ours?: string | undefined;
  written?: string | undefined;
}

interface Difference {
  kinds: readonly Kind[];
  formats?: readonly Format[];
  reason: string;
  applies(circumstances: Circumstances): boolean;
}

const differences: readonly Difference[] = [
  {
    kinds: ["takes"],
    reason: "sops cannot write a text of several lines that begins with a tab as YAML",
    applies: ({ theirs }) => theirs?.message.endsWith("cannot encode node with unknown kind 0") === true,
  },
  {
    kinds: ["takes"],
    reason: "sops panics",
    applies: ({ theirs }) => theirs?.message.startsWith("panic: ") === true,
  },
  {
    kinds: ["refuses"],
    reason: "sops takes texts that are not UTF-8, and writes other bytes than it has read",
    applies: ({ format, error }) => format !== "binary" && /is not UTF-8 text: byte/.test(error?.message ?? ""),
  },
  {
    kinds: ["refuses"],
    formats: ["json"],
    reason: "sops drops text after the object, and accepts a truncated file: data is lost",
    applies: ({ error }) =>
      /text after the top-level object|ends before its object is closed/.test(error?.message ?? ""),
  },
  {
    kinds: ["refuses"],
    reason:
      "in ENV and INI, sops writes lists and mappings in the spelling of Go, null as <nil>, bytes that are no text, and names that it reads otherwise",
    applies: ({ outputFormat, error }) =>
      (outputFormat === "dotenv" || outputFormat === "ini") && error?.code === "unwritable",
  },
  {
    kinds: ["refuses"],
    reason:
      "in a reformatted file, comments that the rule depends on are lost or moved: sops cannot decrypt its own file",
    applies: ({ error, isReadBack }) =>
      error?.code === "unwritable" && /comments that the rule depends on/.test(error.message) && isReadBack === false,
  },
  {
    kinds: ["refuses"],
    formats: ["yaml"],
    reason: "in a reformatted file, sops writes an encrypted comment where it cannot decrypt it",
    applies: ({ error }) =>
      error?.code === "unwritable" && /would stand where nobody can decrypt it/.test(error.message),
  },
  {
    kinds: ["refuses"],
    reason: "in its layout, and in another format, sops writes what it reads as other values, or cannot read at all",
    applies: ({ error, isReadBack }) =>
      error?.code === "unwritable" && error.message.startsWith("Written as ") && isReadBack === false,
  },
  {
    kinds: ["refuses"],
    formats: ["ini"],
    reason: "of a value that ends in a backslash with a comment behind it, sops loses one or the other",
    applies: ({ error }) => /ends in a backslash belongs to the comment above/.test(error?.message ?? ""),
  },
  {
    kinds: ["refuses"],
    reason: "in comments of YAML, sops writes control characters, which it cannot read there",
    applies: ({ outputFormat, error, theirs }) =>
      outputFormat === "yaml" &&
      /^A comment .* contains a control character/.test(error?.message ?? "") &&
      forbidden.test(Buffer.from(theirs!.bytes).toString()),
  },
  {
    kinds: ["refuses"],
    reason:
      "where a file is to become another format, sops looks for its metadata as that format has it, and misses them",
    applies: ({ format, outputFormat, error }) => outputFormat !== format && error?.code === "already_encrypted",
  },
  {
    kinds: ["keeps", "damaged"],
    formats: ["json"],
    reason: "sops writes a plain -0.0 as -0, which it reads as the integer 0",
    applies: ({ document }) => document!.branches.some((branch) => someText(branch, (text) => text === "-0")),
  },
  {
    kinds: ["comes back otherwise"],
    formats: ["json"],
    reason: "escapes that are not needed are kept only as some programs write them, half a surrogate pair is U+FFFD",
    applies: ({ source, ours }) => plainlyEscaped(source) === plainlyEscaped(ours!),
  },
  {
    kinds: ["keeps"],
    formats: ["ini"],
    reason: "sops takes another sign from the front of a plain comment each time it writes it, and empty ones away",
    applies: ({ outputFormat, ours, written }) =>
      outputFormat === "ini" && ours !== undefined && withoutSigns(ours) === withoutSigns(written!),
  },
  {
    kinds: ["writes"],
    reason: "sops writes strings without quotes that readers of YAML 1.1 take for something else",
    applies: ({ outputFormat, ours, written }) =>
      outputFormat === "yaml" && ours !== undefined && withoutDoubleQuotes(ours) === withoutDoubleQuotes(written!),
  },
  {
    kinds: ["refuses"],
    formats: ["ini"],
    reason: "a value that is encrypted is cut at a comment sign, and what is behind it would be left plain",
    applies: ({ error }) => /reads the value up to a comment sign/.test(error?.message ?? ""),
  },
  {
    kinds: ["refuses"],
    formats: ["ini"],
    reason: "where a comment and more stands behind the quotes of several lines, no quotes are right for a ciphertext",
    applies: ({ source, document }) =>
      leavesOf(document!.branches).some((leaf) => {
        const [behind = ""] = /[^\n]*/.exec(source.slice(outerSpan(leaf).end)) ?? [];
        return typeof leaf.text === "string" && leaf.text.includes("\n") && /[^\s#;].*[#;]/.test(behind);
      }),
  },
  {
    kinds: ["keeps", "damaged"],
    formats: ["ini"],
    reason: "sops writes plain values that have quotes or end in a backslash so that it reads others",
    applies: ({ outputFormat, plain }) =>
      outputFormat === "ini" && plain!.some((text) => /["'`]|\\[\s\x85]*$/.test(text)),
  },
  {
    kinds: ["keeps", "damaged"],
    formats: ["ini"],
    reason: "a byte-order mark within a file comes first in that of sops, which then takes it for the file's",
    applies: ({ outputFormat, document }) => {
      const [top] = document!.branches[0]!.items;
      const [first] = top?.kind === "entry" && top.value.kind === "mapping" ? top.value.items : [];
      return outputFormat === "ini" && first?.kind === "entry" && first.key.startsWith("\ufeff");
    },
  },
  {
    kinds: ["refuses"],
    formats: ["yaml"],
    reason: "converting a file of several documents, sops drops all but the first",
    applies: ({ error }) => /holds one document/.test(error?.message ?? ""),
  },
  {
    kinds: ["refuses"],
    formats: ["yaml"],
    reason: "in all documents but the first, sops makes a null of a value that does not fit its tag: data is lost",
    applies: ({ error, source }) =>
      /has the tag/.test(error?.message ?? "") ||
      (/integer beyond 64 bits/.test(error?.message ?? "") && /!!null ['"]/.test(source)),
  },
  {
    kinds: ["refuses"],
    formats: ["yaml"],
    reason: "in all documents but the first, sops dies of an alias within the value it repeats",
    applies: ({ error }) => /within the value it repeats/.test(error?.message ?? ""),
  },
  {
    kinds: ["keeps"],
    formats: ["yaml"],
    reason:
      "a plain comment at the end of a document can come to stand elsewhere for go-yaml when the `sops` block follows, and one that it lost can turn up",
    applies: ({ ours, written }) => {
      if (ours === undefined) return false;
      const [found, wanted] = [ours, written].map((tree) => JSON.parse(tree ?? "[]") as VectorNode[]);
      const left = commentsOf(found!);
      const areThere = commentsOf(wanted!).every((comment) => left.splice(left.indexOf(comment), 1)[0] === comment);
      return areThere && JSON.stringify(withoutComments(found!)) === JSON.stringify(withoutComments(wanted!));
    },
  },
  {
    kinds: ["keeps"],
    formats: ["yaml"],
    reason: "what an alias repeats that is encrypted stands on one line, without the comments in it",
    applies: ({ document, ours, written }) => {
      if (ours === undefined) return false;
      const [found, wanted] = [ours, written].map((tree) => JSON.parse(tree ?? "[]") as VectorNode[]);
      const { aliases } = document!.memo as YamlMemo;
      return aliases.length > 0 && JSON.stringify(withoutComments(found!)) === JSON.stringify(withoutComments(wanted!));
    },
  },
  {
    kinds: ["refuses"],
    formats: ["yaml"],
    reason: "where there are two byte-order marks at the top, sops drops the first character of lines",
    applies: ({ error }) => /second byte-order mark/.test(error?.message ?? ""),
  },
  {
    kinds: ["refuses"],
    formats: ["yaml"],
    reason: "a time with an offset of a day or more, which sops takes only where it need not write it",
    applies: ({ error }) => /offset of a day or more/.test(error?.message ?? ""),
  },
  {
    kinds: ["reformatted"],
    formats: ["yaml"],
    reason:
      "in the author's layout, an encrypted comment would come to stand elsewhere for sops, or have no place, or a plain one would land in the block",
    applies: ({ source }) => source.includes("#"),
  },
  {
    kinds: ["reformatted"],
    formats: ["yaml"],
    reason: "a line that begins with a tab can stand below a document that is null, but not around the block",
    applies: ({ source, document }) => hasNull(document!) && /^ *(?:~|null|Null|NULL)?\s*\t/m.test(source),
  },
  {
    kinds: ["comes back otherwise"],
    formats: ["yaml"],
    reason: "what layout `preserve` cannot keep of a scalar or alias, as the README of the formats says",
    applies: ({ document, ours }) =>
      keepsAllButLosable(document!, ours!) ||
      // Where a value loses a line break of these, the blank line above the block cannot be told from the author's.
      (/[\x85\u2028\u2029]/.test(document!.source) &&
        keepsAllButLosable(document!, ours + /(?:\r\n|[\r\n\x85])?$/.exec(document!.source)![0])),
  },
];

function withoutDoubleQuotes(yaml: string): string {
  return yaml.replaceAll("!!merge <<", "<<").replace(/"([^"\\\n]*)"/g, "$1");
}

function withoutSigns(ini: string): string {
  return ini.replace(/^[;#](?:[;#\x85]|[^\S\n])*\n/gm, "").replace(/^[;#](?:[;#\x85]|[^\S\n])*/gm, ";");
}

/** Of keys and values. */
function someText(node: Node, test: (text: string, isInList: boolean) => boolean, isInList = false): boolean {
  if (node.kind === "leaf") return typeof node.text === "string" && test(node.text, isInList);
  return node.items.some((item) => {
    if (item.kind === "comment") return false;
    if (item.kind !== "entry") return someText(item, test, true);
    return test(item.key, isInList) || someText(item.value, test, isInList);
  });
}

export function commentsOf(nodes: readonly VectorNode[]): string[] {
  return nodes.flatMap(({ c, m = [], s = [], v }) => {
    const inside = commentsOf([...m, ...s, ...(v === undefined ? [] : [v])]);
    return c === undefined ? inside : [c, ...inside];
  });
}

/** JSON with every string written as `JSON.stringify` has it. */
function plainlyEscaped(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"/g, (token) =>
    JSON.stringify(JSON.parse(token).replace(/\p{Surrogate}/gu, "\ufffd")),
  );
}

export const emptyComments = "an empty comment in a list becomes an empty item";

const tabbedTexts = "a text of several lines that begins with a tab becomes null";

/** Damage that sops does to what we have encrypted, too, when it decrypts that. */
export const damagesInDecryption: readonly string[] = [emptyComments, tabbedTexts];

/**
 * Why sops cannot write a document as YAML so that it reads the same again; undefined where it can. What it writes of such
 * a document is nothing to compare with; what we write is held against the document itself.
 */
export function yamlDamage({ branches }: Document): string | undefined {
  if (branches.some(hasEmptyComment)) return emptyComments;
  const texts = (test: (text: string, isInList: boolean) => boolean) =>
    branches.some((branch) => someText(branch, test));
  if (branches.some(hasStringMergeKey)) return "a string key `<<` becomes a merge key, which nobody can read";
  if (texts((text) => /^\t[\s\S]*\n/.test(text))) return tabbedTexts;
  if (texts((text, isInList) => isInList && /^\s[\s\S]*\n|^\n/.test(text))) {
    return "in lists, a text that begins with a blank or a line break gets a hint that sops reads wrongly itself";
  }
  return undefined;
}

/** A key `<<` with a value that no merge key may have. In the layout of sops, a comment in a list is an item. */
function hasStringMergeKey(node: Node): boolean {
  if (node.kind === "leaf") return false;
  return node.items.some((item) => {
    if (item.kind === "comment") return false;
    if (item.kind !== "entry") return hasStringMergeKey(item);
    const { key, value } = item;
    const canBeMerged =
      value.kind === "mapping" || (value.kind === "sequence" && value.items.every((one) => one.kind === "mapping"));
    return (key === "<<" && !canBeMerged) || hasStringMergeKey(value);
  });
}

function hasEmptyComment(node: Node): boolean {
  if (node.kind === "leaf") return false;
  return node.items.some((item) => {
    if (item.kind === "comment") return item.text === "";
    return hasEmptyComment(item.kind === "entry" ? item.value : item);
  });
}

/** The reason for a difference; undefined if it is not intended. */
export function excuse(circumstances: Circumstances): string | undefined {
  const { kind, format } = circumstances;
  return differences.find(
    (one) => one.kinds.includes(kind) && (one.formats?.includes(format) ?? true) && one.applies(circumstances),
  )?.reason;
}
