/** Layout `sops`, and the fallback of layout `preserve`: the document formatted as sops does. */
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

/** Longest key, in bytes, that go-yaml reads without a leading `?`, with room for quotes and escapes. */
const longestKeyRead = 500;

/**
 * Formats the document as sops does. In layout `preserve`, encrypted comments stay comments where possible, and strings are
 * quoted for the readers of YAML 1.1.
 *
 * @throws {SopsError} `unsupported` if the rule tests comments, and an encrypted one could not be decrypted any more.
 */
export function reformat(document: Document, { layout, indent = defaultIndent, onRead }: RenderOptions): string {
  const { branches, metadata, store } = document;
  // Other formats have no merge keys.
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
  const kept = branches.map((branch) => withMinusZeroFloats(branch));
  const text = write(kept);
  const wanted = commentPlaces(branches, new Map());
  if (wanted.newlyEncrypted.length + wanted.newlyEncryptedUnread.length === 0) return text;
  const testing = ruleTestsComments(metadata);
  const give = (written: Document): string => {
    onRead?.(written);
    return written.source;
  };
  // go-yaml can attach a comment in a list to what is below the list. It cannot if the comment is an item, as sops writes it.
  const items = kept.map((branch) => withCommentItems(branch));
  const itemsText = write(items);
  let written = readBack(text);
  // A document of another format with duplicate keys. sops writes it, too.
  if (written === undefined) return text;
  const tried = new Set([text]);
  let found = keepingPlaces(written, wanted, testing);
  if (found !== undefined) return give(found);
  // go-yaml attaches a comment after the `: ` of a long key to that key.
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
 * Checks that every encrypted comment can be decrypted where go-yaml finds it.
 *
 * @throws {SopsError} `unsupported` if one would be lost.
 */
function refuseMisplaced(wanted: CommentPlaces, written: Document | undefined): void {
  if (written === undefined || staysDecryptable(wanted, commentPlaces(written.branches, new Map()))) return;
  throw new SopsError(
    "unsupported",
    "This file has to be reformatted, and then a comment that is encrypted would stand where nobody can decrypt it. Give a rule that goes by keys, or put each comment right above the key that it is about, in the indentation of that key.",
  );
}

/**
 * The document itself, or with blank lines added, if all encrypted comments can be decrypted in it, and if the rule tests
 * comments, all comments are where they were; else undefined.
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

/** Adds an empty line below comments above a dedented line, which go-yaml would otherwise attach to the innermost block above. */
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

/** Number of spaces at the start of a line. */
function indentation(source: string, lineStart: number): number {
  let at = lineStart;
  while (source[at] === " ") at++;
  return at - lineStart;
}

/** Writes the float -0 as `-0.0`. sops writes `-0`, reads that as the integer 0, and finds the MAC wrong. */
function withMinusZeroFloats<Kind extends Node>(node: Kind): Kind {
  if (node.kind === "leaf") {
    return node.type === "float" && node.text === "-0" ? { ...node, type: "int", text: "-0.0" } : node;
  }
  const items = node.items.map((item) => {
    if (item.kind === "entry") return { ...item, value: withMinusZeroFloats(item.value) };
    return item.kind === "comment" ? item : withMinusZeroFloats(item);
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
