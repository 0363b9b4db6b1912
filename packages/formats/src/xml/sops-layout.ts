/**
 * A layout for XML, which sops does not write: one element per line, indented. Elements with mixed content are on one
 * line, because white space is significant there.
 */
import { type Comment, type Document, type Leaf, type Mapping, type Node, SopsError } from "@isosops/core";
import { ruleTestsComments } from "../shared/comment-rules.js";
import { unsupported } from "../shared/value-text.js";
import { findForbidden, isName } from "./characters.js";
import { deepestNesting, type XmlMemo } from "./parse.js";
import { writeAttribute, writeText, XmlStyle } from "./text.js";

interface Lines {
  readonly newline: string;
  /** The indentation of the element. */
  readonly base: string;
  /** The indentation of one level. */
  readonly unit: string;
}

interface Writer {
  readonly pieces: string[];
  readonly isEncrypted: boolean;
  /** Whether the file's rule depends on comments, which therefore cannot be dropped. */
  readonly testsComments: boolean;
  readonly path: string[];
  readonly newline: string;
}

export function renderXmlLayout(
  { branches, metadata }: Document,
  memo: XmlMemo | undefined,
  indent: number | undefined,
): string {
  const writer: Writer = {
    pieces: [],
    isEncrypted: metadata !== undefined,
    testsComments: ruleTestsComments(metadata),
    path: [],
    newline: "\n",
  };
  for (const part of memo?.head ?? ['<?xml version="1.0" encoding="UTF-8"?>']) writer.pieces.push(`${part}\n`);
  const items = branches[0]!.items;
  const roots = items.filter((item) => item.kind === "entry");
  if (roots.length !== 1 || roots[0]!.value.kind === "sequence") {
    throw new SopsError(
      "unsupported",
      `An XML file has one root element, and there ${roots.length === 1 ? "is a list" : `are ${roots.length} keys`} at the top. Put everything under one key, or keep the format.`,
    );
  }
  for (const item of items) {
    if (item.kind === "comment") {
      writeComment(writer, item);
    } else {
      const lines: Lines = { newline: "\n", base: "", unit: " ".repeat(indent ?? 2) };
      writeElement(writer, item.key, item.value, lines, metadata);
    }
    writer.pieces.push("\n");
  }
  return writer.pieces.join("");
}

/** Renders the `sops` element. Without `lines`, it is on one line, except for line breaks in its values. */
export function blockText(metadata: Mapping, lines: Lines | undefined, newline: string): string {
  const writer: Writer = { pieces: [], isEncrypted: true, testsComments: false, path: ["sops"], newline };
  writeElement(writer, "sops", metadata, lines, undefined);
  return writer.pieces.join("");
}

/** Writes an element without surrounding white space. `block` is added at its end. */
function writeElement(
  writer: Writer,
  name: string,
  value: Node,
  lines: Lines | undefined,
  block: Mapping | undefined,
): void {
  const { pieces, path, isEncrypted, newline } = writer;
  path.push(name);
  if (path.length > deepestNesting) {
    throw unsupported(path.slice(0, 3), `is nested more than ${deepestNesting} deep. Flatten the document.`);
  }
  if (!isName(name))
    throw unsupported(path, "has a key that is not a valid name of an XML element. Rename it, or keep the format.");
  if (value.kind === "sequence")
    throw unsupported(path, "is a list in a list, which XML cannot express. Keep the format.");
  pieces.push(`<${name}`);
  if (value.kind === "leaf") {
    const text = checkText(value, path, isEncrypted);
    if (text === "" && block === undefined) pieces.push("/>");
    else pieces.push(">", writeText(text, styleFor(value) | XmlStyle.whole, newline));
    if (block !== undefined) writeElement(writer, "sops", block, undefined, undefined);
    if (text !== "" || block !== undefined) pieces.push(`</${name}>`);
  } else {
    writeMapping(writer, name, value, lines, block);
  }
  path.pop();
}

/** A part of the content of an element. */
type Part = Comment | { readonly kind: "part"; readonly key: string; readonly node: Node };

function writeMapping(
  writer: Writer,
  name: string,
  value: Mapping,
  lines: Lines | undefined,
  block: Mapping | undefined,
): void {
  const { pieces, path, isEncrypted } = writer;
  const content: Part[] = [];
  const seen = new Set<string>();
  for (const item of value.items) {
    if (item.kind === "comment") {
      content.push(item);
    } else if (item.key.startsWith("@")) {
      if (content.length > 0) {
        throw unsupported(
          [...path, item.key],
          "is an attribute after elements, but XML has attributes first. Move it up.",
        );
      }
      if (!isName(item.key.slice(1)) || item.value.kind !== "leaf" || seen.has(item.key)) {
        throw unsupported(
          [...path, item.key],
          "cannot be an XML attribute, which has a single value and a valid, unique name.",
        );
      }
      seen.add(item.key);
      const text = checkText(item.value, [...path, item.key], isEncrypted);
      pieces.push(` ${item.key.slice(1)}="${writeAttribute(text, 0, '"')}"`);
    } else {
      if (block !== undefined && item.key === "sops") {
        throw unsupported([...path, "sops"], "has the name that is reserved for the metadata of sops. Rename it.");
      }
      for (const node of itemsOf(writer, item.value)) {
        content.push(node.kind === "comment" ? node : { kind: "part", key: item.key, node });
      }
    }
  }
  if (content.length === 0 && block === undefined) {
    pieces.push("/>");
    return;
  }
  pieces.push(">");
  const texts = content.filter((part) => part.kind === "part" && part.key === "#text").length;
  // A single text would be read as the value of the element itself.
  if (texts === 1 && content.length === 1 && seen.size === 0) content.push(emptyComment);
  const inner = texts > 0 || lines === undefined ? undefined : { ...lines, base: lines.base + lines.unit };
  let afterText = false;
  for (const part of content) {
    if (inner !== undefined) pieces.push(inner.newline, inner.base);
    const isText = part.kind === "part" && part.key === "#text";
    if (isText && afterText) writeComment(writer, emptyComment);
    if (part.kind === "comment") writeComment(writer, part);
    else if (isText) writeRun(writer, part.node);
    else writeElement(writer, part.key, part.node, inner, undefined);
    afterText = isText;
  }
  if (block !== undefined) {
    if (inner !== undefined) pieces.push(inner.newline, inner.base);
    writeElement(writer, "sops", block, inner, undefined);
  }
  if (inner !== undefined) pieces.push(inner.newline, lines!.base);
  pieces.push(`</${name}>`);
}

const emptyComment: Comment = { kind: "comment", text: "", inline: false, changed: false, start: -1, end: -1 };

function writeRun(writer: Writer, node: Node): void {
  const path = [...writer.path, "#text"];
  if (node.kind !== "leaf")
    throw unsupported(path, "is a list or mapping, but must be text in XML. Choose another key.");
  writer.pieces.push(writeText(checkText(node, path, writer.isEncrypted), styleFor(node), writer.newline));
}

/**
 * The items of a list, which is written as a repeated element. Its encrypted comments are bound to the list, which is
 * not an element, so they are dropped.
 */
function itemsOf({ testsComments, path }: Writer, value: Node): (Node | Comment)[] {
  if (value.kind !== "sequence") return [value];
  return value.items.filter((item) => {
    const text = item.kind === "comment" ? item.text : item.kind === "leaf" && item.type === "str" ? item.text : "";
    if (typeof text !== "string" || !/^ENC\[[^\n]*,type:comment\]$/.test(text)) return true;
    if (!testsComments) return false;
    throw unsupported(
      path,
      "contains a list with comments, which XML has no place for, and the file's rule depends on comments.",
    );
  });
}

/** Only CDATA sections are kept of the author's formatting. */
function styleFor({ style, type, start }: Leaf): number {
  return start >= 0 && type === "str" ? style & XmlStyle.cdata : 0;
}

function writeComment({ pieces }: Writer, { text }: Comment): void {
  // XML does not allow two dashes in a comment, or one at its end.
  const written = text.replace(/-(?=-|$)/g, "- ");
  pieces.push(`<!--${findForbidden(written) < 0 ? written : ""}-->`);
}

/**
 * The text of a value. In an encrypted file, it is the text that the MAC covers: the value is read back as a string.
 */
export function checkText({ type, text }: Leaf, path: readonly string[], isEncrypted: boolean): string {
  if (type === "null") throw unsupported(path, "is null, which XML cannot express. Remove it, or give it a value.");
  if (typeof text !== "string" || findForbidden(text) >= 0) {
    throw unsupported(
      path,
      "has characters that XML does not allow, not even as references. Keep the format, or encode it as Base64.",
    );
  }
  return type === "bool" && !isEncrypted ? text.toLowerCase() : text;
}
