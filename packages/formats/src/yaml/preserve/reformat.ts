/** A document laid out as sops does it. */
import {
  type Document,
  entry,
  leaf,
  type Mapping,
  mapping,
  type Node,
  type RenderOptions,
  SopsError,
} from "@isosops/core";
import { ruleTestsComments } from "../../shared/comment-rules.js";
import { splice } from "../../shared/splice.js";
import { defaultIndent, renderSopsLayout, type SopsLayoutOptions } from "../go-yaml/emit.js";
import { columnOf, startOfNextLine } from "../go-yaml/lines.js";
import { storeName } from "../tree/memo.js";
import { type CommentPlaces, commentPlaces, isNewlyEncrypted, staysDecryptable } from "./comment-places.js";
import { readBack } from "./read-back.js";

/** Bytes of a key that go-yaml still reads without a `?` before it, with room for quotes and escapes. */
const longestKeyRead = 500;

/** The whole document formatted as sops does it, whatever its author's layout; comments stay comments where they can. */
export function reformat(document: Document, { layout, indent = defaultIndent, onRead }: RenderOptions): string {
  const { branches, metadata, store } = document;
  // Another format has no keys that merge.
  const own = layout === "preserve" ? { portable: true, mergeKeys: store === storeName } : {};
  if (metadata === undefined) return renderSopsLayout(branches, indent, own);
  const block = entry("sops", metadata);
  const write = (some: readonly Mapping[], options: SopsLayoutOptions = own) =>
    renderSopsLayout(
      some.map((branch) => mapping([...branch.items, block])),
      indent,
      options,
    );
  if (layout !== "preserve") return write(branches);
  const kept = branches.map((branch) => withMinusZero(branch));
  const text = write(kept);
  const wanted = commentPlaces(branches, new Map());
  if (wanted.newlyEncrypted.length + wanted.newlyEncryptedUnread.length === 0) return text;
  const testing = ruleTestsComments(metadata);
  const give = (written: Document): string => {
    onRead?.(written);
    return written.source;
  };
  // A comment of a list may be found below it. As an item, as sops writes it, it cannot.
  const items = kept.map((branch) => withCommentItems(branch));
  const itemsText = write(items);
  let written = readBack(text);
  // Of another format, with keys that stand twice. Sops writes it all the same.
  if (written === undefined) return text;
  const tried = new Set([text]);
  let found = keepingPlaces(written, wanted, testing);
  if (found !== undefined) return give(found);
  // Behind `: ` of a long key, a comment is above that key for go-yaml.
  for (const other of [itemsText, write(items, { ...own, longestKey: longestKeyRead })]) {
    if (tried.has(other)) continue;
    tried.add(other);
    const read = readBack(other);
    if (other === itemsText) written = read;
    found = keepingPlaces(read, wanted, testing);
    if (found !== undefined) return give(found);
  }
  if (testing && store === storeName) refuseMisplaced(wanted, written);
  return written === undefined ? itemsText : give(written);
}

/**
 * See that every comment that is encrypted can be decrypted where it would be found.
 *
 * @throws {SopsError} `unsupported` where one would be lost for good.
 */
function refuseMisplaced(wanted: CommentPlaces, written: Document | undefined): void {
  if (written === undefined || staysDecryptable(wanted, commentPlaces(written.branches, new Map()))) return;
  throw new SopsError(
    "unsupported",
    "This file has to be reformatted, and then a comment that is encrypted would stand where nobody can decrypt it. Give a rule that goes by keys, or put each comment right above the key that it is about, in the indentation of that key.",
  );
}

/**
 * The text as it is read, with blank lines if need be, where all comments that were encrypted are found where they can be
 * decrypted, and all others too if the rule goes by them.
 */
function keepingPlaces(written: Document | undefined, wanted: CommentPlaces, isTested: boolean): Document | undefined {
  const keepsPlaces = ({ branches }: Document) => {
    const found = commentPlaces(branches, new Map());
    return staysDecryptable(wanted, found) && (!isTested || found.order === wanted.order);
  };
  if (written === undefined || keepsPlaces(written)) return written;
  const text = withBlankLines(written);
  if (text === written.source) return undefined;
  const spaced = readBack(text);
  return spaced !== undefined && keepsPlaces(spaced) ? spaced : undefined;
}

/** To go-yaml, a comment above a line that is further to the left is one of what is deepest above it, but for an empty line. */
function withBlankLines({ source, branches }: Document): string {
  const ends: number[] = [];
  const visit = (node: Node): void => {
    if (node.kind === "leaf") return;
    for (const item of node.items) {
      if (item.kind !== "comment") visit(item.kind === "entry" ? item.value : item);
      else if (!item.inline) {
        const end = startOfNextLine(source, item.end);
        if (indentation(source, end) < columnOf(source, item.start)) ends.push(end);
      }
    }
  };
  for (const branch of branches) visit(branch);
  return splice(
    source,
    ends.map((end) => ({ start: end, end, text: "\n" })),
  );
}

/** How far in a line begins. */
function indentation(source: string, lineStart: number): number {
  let at = lineStart;
  while (source[at] === " ") at++;
  return at - lineStart;
}

/** sops writes the float -0 as `-0`, which it reads as the integer 0, and then the MAC does not fit. */
function withMinusZero<Kind extends Node>(node: Kind): Kind {
  if (node.kind === "leaf") {
    return node.type === "float" && node.text === "-0" ? { ...node, type: "int", text: "-0.0" } : node;
  }
  const items = node.items.map((item) => {
    if (item.kind === "entry") return { ...item, value: withMinusZero(item.value) };
    return item.kind === "comment" ? item : withMinusZero(item);
  });
  return { ...node, items };
}

function withCommentItems<Kind extends Node>(node: Kind): Kind {
  if (node.kind === "leaf") return node;
  const items = node.items.map((item) => {
    if (item.kind === "entry") return { ...item, value: withCommentItems(item.value) };
    if (item.kind !== "comment") return withCommentItems(item);
    return node.kind === "sequence" && isNewlyEncrypted(item) ? leaf("str", item.text) : item;
  });
  return { ...node, items };
}
