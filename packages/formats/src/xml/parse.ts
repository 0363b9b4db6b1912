import type { Comment, Document, Entry, ErrorCode, Leaf, Mapping, Node, ParseOptions } from "@isosops/core";
import { SopsError } from "@isosops/core";
import { lineProblem } from "../shared/line-problem.js";
import { startsOf } from "../shared/nodes.js";
import { findForbidden, nameMatcher } from "./characters.js";
import { isSpace, styleOf, XmlStyle } from "./text.js";

/** What the XML store keeps of the source of a document. */
export interface XmlMemo {
  /** The offset of every node, in tree order. */
  readonly starts: readonly number[];
  readonly root: RootPlace;
  /** The range of the `sops` element. */
  readonly block: { start: number; end: number } | undefined;
  readonly metadata: Mapping | undefined;
  /** The XML declaration, and the document type without its internal subset. */
  readonly head: readonly string[];
  /** The element names of values without an end tag. */
  readonly selfClosed: ReadonlyMap<Leaf, string>;
}

interface RootPlace {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** The range of the content. Both are -1 if the root has no end tag. */
  readonly contentStart: number;
  readonly contentEnd: number;
  /** The end of the last content that is not white space. The start of the content if there is none. */
  readonly lastEnd: number;
  /** The offset of the first child element or comment, or -1. */
  readonly firstChild: number;
}

/** The deepest nesting of elements. No real file comes near it, and no recursion overflows. */
export const deepestNesting = 1000;

/** A text between tags. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Literal white space, which is formatting. */
  readonly isBlank: boolean;
}

/** An element that is not closed yet. */
interface Open {
  readonly name: string;
  readonly start: number;
  readonly contentStart: number;
  readonly entry: Entry;
  readonly mapping: Mapping;
  readonly runs: Run[];
  /** The number of its items that are not text. */
  others: number;
  firstChild: number;
  lastEnd: number;
  /** Comments that sops ignores, each with the number of items before it. */
  readonly unread: { readonly index: number; readonly comment: Comment }[];
}

interface Reader {
  readonly source: string;
  readonly filename: string | undefined;
  /** Whether processing instructions are kept in the tree. */
  readonly keepsUnread: boolean;
  position: number;
  readonly names: RegExp;
  /** The current or last tag: its offset, and up to where errors may show it. */
  tagStart: number;
  shownUntil: number;
  readonly top: Mapping;
  readonly stack: Open[];
  readonly head: string[];
  readonly selfClosed: Map<Leaf, string>;
  root: RootPlace | undefined;
  block: { start: number; end: number; value: Node } | undefined;
}

/**
 * Read an XML document (www.w3.org/TR/xml). Why not a library: a value can be put back into the text only if the places
 * of texts, attributes and comments are known. `fast-xml-parser` 5 keeps the order of siblings and the places of
 * elements, but none of these, and it accepts what is not XML (`<a></b>`, an attribute twice). `saxes` says where an
 * event ends, not where the texts, references and attributes in it start; the tests hold it against this code.
 *
 * An element is a key, an attribute a key that begins with `@`. An element that holds nothing but text is a value; in
 * one with attributes, children or comments, every text is a value under the key `#text`, and white space alone between
 * tags is layout. Elements of one name in one parent are keys that repeat.
 *
 * Processing instructions, and comments within the document type, are in the tree as comments that sops does not read:
 * nothing else of the tree goes by them.
 */
export function parseXml(source: string, { filename, layout = "preserve" }: ParseOptions = {}): Document {
  const reader: Reader = {
    source,
    filename,
    keepsUnread: layout === "preserve",
    position: source.startsWith("\ufeff") ? 1 : 0,
    names: nameMatcher(),
    tagStart: 0,
    shownUntil: 0,
    top: { kind: "mapping", items: [], start: 0, end: source.length },
    stack: [],
    head: [],
    selfClosed: new Map(),
    root: undefined,
    block: undefined,
  };
  const forbidden = findForbidden(source);
  if (forbidden >= 0)
    throw fail(reader, forbidden, "XML does not allow this character, not even as a reference. Remove it.");
  readDeclaration(reader);
  while (reader.position < source.length) {
    if (reader.stack.length === 0) readOutside(reader);
    else readContent(reader, reader.stack.at(-1)!);
  }
  const open = reader.stack.at(-1);
  if (open !== undefined) throw fail(reader, open.start, "This element is not closed: its end tag is missing.");
  if (reader.root === undefined) {
    const name = filename === undefined ? "The XML text" : `The XML file ${filename}`;
    throw new SopsError("empty", `${name} has no element. Write at least one.`);
  }
  const { top, root, block, head, selfClosed } = reader;
  const metadata = block === undefined ? undefined : toMetadata(block.value as Mapping);
  const memo: XmlMemo = { starts: startsOf(top), root, block, metadata, head, selfClosed };
  return { store: "xml", source, branches: [top], metadata, memo };
}

function fail(reader: Reader, offset: number, problem: string, code: ErrorCode = "syntax"): SopsError {
  const { source, filename, tagStart, shownUntil } = reader;
  const lineStart = source.lastIndexOf("\n", offset - 1) + 1;
  // Only a tag at the start of the line is known not to contain a value.
  const isShown = tagStart >= lineStart && /^\s*$/.test(source.slice(lineStart, tagStart));
  return lineProblem({
    format: "XML",
    source,
    filename,
    offset,
    problem,
    ...(isShown ? { shownUntil: Math.min(shownUntil, offset) } : {}),
    code,
  });
}

const declaration =
  /<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"([^"<&]*)"|'([^'<&]*)')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"([\w.-]*)"|'([\w.-]*)'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/y;

function readDeclaration(reader: Reader): void {
  const { source, position } = reader;
  if (!/^<\?xml[ \t\r\n]/.test(source.slice(position, position + 6))) return;
  declaration.lastIndex = position;
  const match = declaration.exec(source);
  if (match === null) {
    throw fail(
      reader,
      position,
      'This is not a valid XML declaration. Write `<?xml version="1.0" encoding="UTF-8"?>`.',
    );
  }
  const version = match[1] ?? match[2]!;
  const encoding = match[3] ?? match[4] ?? "UTF-8";
  if (version !== "1.0") {
    throw fail(
      reader,
      position,
      "This is not XML 1.0, the only version supported here. Save it as 1.0.",
      "unsupported",
    );
  }
  if (!/^utf-?8$/i.test(encoding)) {
    throw fail(
      reader,
      position,
      'The declared encoding is not UTF-8, the only one supported here. Convert the file, and write `encoding="UTF-8"`.',
      "unsupported",
    );
  }
  reader.head.push(match[0]);
  reader.position += match[0].length;
}

function skipSpace(reader: Reader): void {
  const { source } = reader;
  let at = reader.position;
  while (isSpace(source.charCodeAt(at))) at++;
  reader.position = at;
}

/** Parses what is before and after the root. */
function readOutside(reader: Reader): void {
  skipSpace(reader);
  const { source, position } = reader;
  if (position >= source.length) return;
  if (source.startsWith("<!--", position)) {
    reader.top.items.push(readComment(reader));
  } else if (source.startsWith("<?", position)) {
    for (const comment of unreadHere(reader, readInstruction(reader))) reader.top.items.push(comment);
  } else if (source.startsWith("<!DOCTYPE", position) && reader.root === undefined) {
    if (reader.head.some((part) => part.startsWith("<!DOCTYPE"))) {
      throw fail(reader, position, "There already is a document type. Remove one of them.");
    }
    const subset = readDoctype(reader);
    const end = subset?.start ?? reader.position;
    const rest = subset === undefined ? "" : source.slice(subset.end, reader.position);
    reader.head.push(source.slice(position, end).trimEnd() + rest.trimStart());
  } else if (source[position] === "<" && source[position + 1] !== "!" && source[position + 1] !== "/") {
    if (reader.root !== undefined) {
      throw fail(reader, position, "There is a second root element. Put both into one.");
    }
    readStartTag(reader, undefined);
  } else {
    throw fail(
      reader,
      position,
      "Text is not allowed outside of the root element. Remove it, or move it into the root.",
    );
  }
}

function readContent(reader: Reader, open: Open): void {
  const { source, position } = reader;
  if (source[position] !== "<" || source.startsWith("<![CDATA[", position)) {
    const run = readRun(reader);
    if (!run.isBlank) open.lastEnd = run.end;
    open.runs.push(run);
    if (run.isBlank && !isAlone(reader, open)) return;
    // Whether it is the only content is known at the end of the element.
    open.mapping.items.push({
      kind: "entry",
      key: "#text",
      value: toLeaf(reader, run, 0),
      start: run.start,
      end: run.end,
    });
    return;
  }
  if (source[position + 1] === "/") {
    readEndTag(reader, open);
    return;
  }
  if (open.firstChild === -1) open.firstChild = position;
  if (source.startsWith("<!--", position)) {
    open.mapping.items.push(readComment(reader));
    open.others++;
    open.lastEnd = reader.position;
  } else if (source[position + 1] === "?") {
    const index = open.mapping.items.length;
    for (const comment of unreadHere(reader, readInstruction(reader))) open.unread.push({ index, comment });
    open.lastEnd = reader.position;
  } else if (source[position + 1] === "!") {
    throw fail(
      reader,
      position,
      "Only comments and `<![CDATA[` can start with `<!` here. Write `&lt;` for the character.",
    );
  } else {
    readStartTag(reader, open);
  }
}

/** Whether white space is all that is between the start tag and the end tag. */
function isAlone({ source, position, stack }: Reader, { contentStart, runs, others, mapping }: Open): boolean {
  const run = runs[0]!;
  return (
    runs.length === 1 &&
    run.start === contentStart &&
    others === 0 &&
    mapping.items.length === 0 &&
    !/[\r\n]/.test(run.text) &&
    (source.startsWith("</", position) || (stack.length === 1 && source.startsWith("<sops", position)))
  );
}

function toLeaf(reader: Reader, { start, end, text }: Run, place: number): Leaf {
  const style = styleOf(reader.source.slice(start, end), text, place);
  return { kind: "leaf", type: "str", text, spelling: undefined, style, changed: false, start, end };
}

const predefined: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const reference = /&(?:#(\d+)|#x([\da-fA-F]+)|([^\s&;<#"']{1,60}));/y;

function readReference(reader: Reader, at: number): { text: string; end: number } {
  reference.lastIndex = at;
  const match = reference.exec(reader.source);
  if (match === null) throw fail(reader, at, "`&` starts a reference in XML. Write `&amp;` for the character.");
  const [, decimal, hexadecimal, name] = match;
  const end = reference.lastIndex;
  if (name !== undefined) {
    const text = Object.hasOwn(predefined, name) ? predefined[name] : undefined;
    if (text !== undefined) return { text, end };
    throw fail(
      reader,
      at,
      "Entities are not expanded here, except `&amp;`, `&lt;`, `&gt;`, `&quot;` and `&apos;`. Write the text itself, or a reference such as `&#233;`.",
      "unsupported",
    );
  }
  const code = decimal === undefined ? Number.parseInt(hexadecimal!, 16) : Number(decimal);
  const text = code <= 0x10ffff ? String.fromCodePoint(code) : "";
  if (text === "" || findForbidden(text) >= 0)
    throw fail(reader, at, "XML does not allow this character. Remove the reference.");
  return { text, end };
}

function withoutReturns(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

/**
 * Parses text, references and CDATA sections up to the next tag. White space around a single CDATA section is
 * formatting: the author of one wants its content verbatim.
 */
function readRun(reader: Reader): Run {
  const { source, position: start } = reader;
  const pieces: string[] = [];
  const sections: Run[] = [];
  let isBlank = true;
  let at = start;
  for (;;) {
    if (source.startsWith("<![CDATA[", at)) {
      const close = source.indexOf("]]>", at + 9);
      if (close === -1) throw fail(reader, at, "This CDATA section is not closed: `]]>` is missing.");
      const text = withoutReturns(source.slice(at + 9, close));
      sections.push({ start: at, end: close + 3, text, isBlank: false });
      pieces.push(text);
      at = close + 3;
    } else if (source[at] === "&") {
      const { text, end } = readReference(reader, at);
      pieces.push(text);
      isBlank = false;
      at = end;
    } else if (at >= source.length || source[at] === "<") {
      break;
    } else {
      literal.lastIndex = at;
      literal.test(source);
      const text = source.slice(at, literal.lastIndex);
      const close = text.indexOf("]]>");
      if (close !== -1) throw fail(reader, at + close, "`]]>` is not allowed in text. Write `]]&gt;`.");
      isBlank &&= blank.test(text);
      pieces.push(withoutReturns(text));
      at = literal.lastIndex;
    }
  }
  reader.position = at;
  if (isBlank && sections.length === 1) return sections[0]!;
  return { start, end: at, text: pieces.join(""), isBlank: isBlank && sections.length === 0 };
}

const literal = /[^&<]*/y;
const blank = /^[ \t\r\n]*$/;

function readComment(reader: Reader): Comment {
  const { source, position } = reader;
  const start = position + 4;
  const end = source.indexOf("--", start);
  if (end === -1) throw fail(reader, position, "This comment is not closed: `-->` is missing.");
  if (source[end + 2] !== ">") throw fail(reader, end, "`--` is not allowed in a comment. Remove one `-`.");
  reader.position = end + 3;
  return { kind: "comment", text: source.slice(start, end), inline: false, changed: false, start, end };
}

function readName(reader: Reader, what: string): string {
  const { source, position, names } = reader;
  names.lastIndex = position;
  const name = names.exec(source)?.[0];
  if (name === undefined)
    throw fail(reader, position, `The name of ${what} is expected here. Write \`&lt;\` for the character \`<\`.`);
  reader.position += name.length;
  return name;
}

/** Returns a part of the source as a comment. Returns none if it is empty, or such comments are not kept. */
function unreadHere({ source, keepsUnread }: Reader, { start, end }: { start: number; end: number }): Comment[] {
  const text = source.slice(start, end);
  if (!keepsUnread || blank.test(text)) return [];
  return [{ kind: "comment", text, inline: false, changed: false, unread: "behind", start, end }];
}

/** Parses a processing instruction. Returns the range of its content, after its name. */
function readInstruction(reader: Reader): { start: number; end: number } {
  const { source, position } = reader;
  reader.position += 2;
  const name = readName(reader, "a processing instruction");
  if (/^xml$/i.test(name)) {
    throw fail(reader, position, "An XML declaration is only allowed at the start of the file. Remove it.");
  }
  const end = source.indexOf("?>", reader.position);
  if (end === -1) throw fail(reader, position, "This processing instruction is not closed: `?>` is missing.");
  if (end > reader.position && !isSpace(source.charCodeAt(reader.position))) {
    throw fail(reader, reader.position, "White space is expected after the name of a processing instruction.");
  }
  skipSpace(reader);
  const start = Math.min(reader.position, end);
  reader.position = end + 2;
  return { start, end };
}

const markup = /"[^"]*"|'[^']*'|<!--|<\?|<!ENTITY|%|\[|\]|>|["']/g;

/**
 * Parses a document type, which is kept as it is. Its declarations are not evaluated, so entities, which would change
 * the meaning of text, are rejected. Returns the range of its internal subset, including brackets.
 */
function readDoctype(reader: Reader): { start: number; end: number } | undefined {
  const { source, position: start } = reader;
  reader.position += "<!DOCTYPE".length;
  if (!isSpace(source.charCodeAt(reader.position))) throw fail(reader, start, "This is not a valid document type.");
  skipSpace(reader);
  readName(reader, "the root element");
  let isInside = false;
  let subset: { start: number; end: number } | undefined;
  for (;;) {
    markup.lastIndex = reader.position;
    const match = markup.exec(source);
    const sign = match?.[0];
    if (match === null || sign === '"' || sign === "'") {
      throw fail(reader, start, "This document type is not closed: `>` is missing.");
    }
    reader.position = markup.lastIndex;
    if (sign === "<!ENTITY" || sign === "%") {
      throw fail(
        reader,
        match.index,
        "Entities are not expanded here, so a file that declares them is rejected. Write their text where they are used, and remove the declaration.",
        "unsupported",
      );
    } else if (sign === "<!--" || sign === "<?") {
      const closing = sign === "<?" ? "?>" : "-->";
      const end = source.indexOf(closing, reader.position);
      if (end === -1) throw fail(reader, match.index, `This is not closed: \`${closing}\` is missing.`);
      let start = reader.position;
      // The name of an instruction.
      if (sign === "<?") while (start < end && !isSpace(source.charCodeAt(start))) start++;
      while (start < end && isSpace(source.charCodeAt(start))) start++;
      for (const comment of unreadHere(reader, { start, end })) reader.top.items.push(comment);
      reader.position = end + closing.length;
    } else if (sign === "[") {
      isInside = true;
      subset ??= { start: match.index, end: match.index };
    } else if (sign === "]") {
      isInside = false;
      if (subset !== undefined) subset.end = reader.position;
    } else if (sign === ">" && !isInside) {
      return subset;
    }
  }
}

/** Parses a start tag, or a whole element that ends with `/>`. */
function readStartTag(reader: Reader, parent: Open | undefined): void {
  const { source, position: start } = reader;
  reader.tagStart = start;
  reader.shownUntil = start;
  reader.position++;
  const name = readName(reader, "an element");
  if (reader.stack.length >= deepestNesting) {
    const problem = `Elements are nested more than ${deepestNesting} levels deep. Flatten the document.`;
    throw fail(reader, start, problem, "unsupported");
  }
  const mapping: Mapping = { kind: "mapping", items: [], start, end: start };
  readAttributes(reader, mapping, start);
  const isSelfClosed = source[reader.position] === "/";
  reader.position += isSelfClosed ? 2 : 1;
  const entry: Entry = { kind: "entry", key: name, value: mapping, start, end: reader.position };
  const items = parent?.mapping.items ?? reader.top.items;
  items.push(entry);
  const open: Open = {
    name,
    start,
    contentStart: reader.position,
    entry,
    mapping,
    runs: [],
    others: mapping.items.length,
    firstChild: -1,
    lastEnd: reader.position,
    unread: [],
  };
  if (!isSelfClosed) {
    reader.stack.push(open);
    return;
  }
  if (mapping.items.length === 0) {
    const slash = reader.position - 2;
    const leaf = toLeaf(
      reader,
      { start: slash, end: slash, text: "", isBlank: true },
      XmlStyle.whole | XmlStyle.selfClosed,
    );
    leaf.end = reader.position;
    reader.selfClosed.set(leaf, name);
    entry.value = leaf;
  }
  closeElement(reader, open, parent, undefined);
}

function readAttributes(reader: Reader, mapping: Mapping, start: number): void {
  const { source, position: nameEnd } = reader;
  const seen = new Set<string>();
  for (;;) {
    const before = reader.position;
    skipSpace(reader);
    const at = reader.position;
    if (at >= source.length) throw fail(reader, start, "This tag is not closed: `>` is missing.");
    // Until an attribute or the end follows, a value may have become part of the name.
    const isEnd = source[at] === ">" || source.startsWith("/>", at);
    if (isEnd || seen.size > 0) reader.shownUntil = nameEnd;
    if (isEnd) return;
    if (source[at] === "/") throw fail(reader, at, "A `>` is expected after this `/`.");
    if (before === at) throw fail(reader, at, "White space, `>` or `/>` is expected here.");
    const name = readName(reader, "an attribute");
    if (seen.has(name))
      throw fail(reader, at, "The element already has an attribute of this name. Remove one of them.");
    seen.add(name);
    skipSpace(reader);
    if (source[reader.position] !== "=")
      throw fail(reader, reader.position, 'An attribute is written `name="value"`: `=` is missing.');
    reader.position++;
    skipSpace(reader);
    const value = readAttributeValue(reader);
    mapping.items.push({ kind: "entry", key: `@${name}`, value, start: at, end: reader.position });
  }
}

function readAttributeValue(reader: Reader): Leaf {
  const { source, position } = reader;
  const quote = source[position];
  if (quote !== '"' && quote !== "'") throw fail(reader, position, "The value of an attribute must be in quotes.");
  const start = position + 1;
  const end = source.indexOf(quote, start);
  if (end === -1) throw fail(reader, position, "This value is not closed: its closing quote is missing.");
  const raw = source.slice(start, end);
  const lessThan = raw.indexOf("<");
  if (lessThan !== -1)
    throw fail(reader, start + lessThan, "`<` is not allowed in a value. Write `&lt;`, or close the quotes.");
  let text = raw;
  if (/[&\t\r\n]/.test(raw)) {
    const pieces: string[] = [];
    let at = start;
    for (let next = source.indexOf("&", at); next !== -1 && next < end; next = source.indexOf("&", at)) {
      pieces.push(withSpaces(source.slice(at, next)));
      const found = readReference(reader, next);
      pieces.push(found.text);
      at = found.end;
    }
    pieces.push(withSpaces(source.slice(at, end)));
    text = pieces.join("");
  }
  reader.position = end + 1;
  return toLeaf(reader, { start, end, text, isBlank: false }, XmlStyle.attribute);
}

/** Section 3.3.3: line breaks and tabs in attribute values are read as spaces. */
function withSpaces(text: string): string {
  return text.replace(/\r\n?|[\t\n]/g, " ");
}

function readEndTag(reader: Reader, open: Open): void {
  const { source, position } = reader;
  reader.tagStart = position;
  reader.shownUntil = position;
  const end = position + 2 + open.name.length;
  if (!source.startsWith(open.name, position + 2) || !/[ \t\r\n>]/.test(source[end] ?? "")) {
    throw fail(reader, position, `The end tag \`</${shortened(open.name)}>\` of the open element is expected here.`);
  }
  reader.position = end;
  skipSpace(reader);
  if (source[reader.position] !== ">") throw fail(reader, reader.position, "A `>` is expected here.");
  reader.position++;
  reader.shownUntil = reader.position;
  reader.stack.pop();
  closeElement(reader, open, reader.stack.at(-1), position);
}

function shortened(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}...` : name;
}

function closeElement(reader: Reader, open: Open, parent: Open | undefined, contentEnd: number | undefined): void {
  const { entry, mapping } = open;
  const { position: end } = reader;
  mapping.end = end;
  entry.end = end;
  if (open.others === 0 && entry.value === mapping && mapping.items.length <= 1) {
    const [text] = mapping.items;
    const run = { start: open.contentStart, end: open.contentStart, text: "", isBlank: true };
    const found = text === undefined ? undefined : ((text as Entry).value as Leaf);
    const value = found ?? toLeaf(reader, run, 0);
    value.style |= XmlStyle.whole;
    entry.value = value;
  }
  const isBlock = reader.stack.length === 1 && open.name === "sops";
  if (!isBlock && open.unread.length > 0) placeUnread(reader, open, parent);
  if (parent !== undefined) {
    parent.lastEnd = end;
    if (parent.firstChild === -1) parent.firstChild = open.start;
    if (isBlock) takeBlock(reader, open, parent);
    else parent.others++;
    return;
  }
  reader.root = {
    name: open.name,
    start: open.start,
    end,
    contentStart: contentEnd === undefined ? -1 : open.contentStart,
    contentEnd: contentEnd ?? -1,
    lastEnd: open.lastEnd,
    firstChild: open.firstChild,
  };
}

/** Places the ignored comments among the items of an element, or after it if the element is a value. */
function placeUnread(reader: Reader, { unread, entry, mapping }: Open, parent: Open | undefined): void {
  if (entry.value !== mapping) {
    const items = parent?.mapping.items ?? reader.top.items;
    for (const { comment } of unread) items.push({ ...comment, unread: "within" });
    return;
  }
  const items: Mapping["items"] = [];
  let next = 0;
  for (const [index, item] of mapping.items.entries()) {
    for (; next < unread.length && unread[next]!.index <= index; next++) items.push(unread[next]!.comment);
    items.push(item);
  }
  for (; next < unread.length; next++) items.push(unread[next]!.comment);
  mapping.items = items;
}

/** The `sops` element of the root is not part of the document. */
function takeBlock(reader: Reader, { entry, start }: Open, parent: Open): void {
  reader.tagStart = start;
  if (reader.block !== undefined) {
    const problem = "This is the second `sops` element of the file. Remove the wrong one.";
    throw fail(reader, start, problem, "metadata");
  }
  if (entry.value.kind !== "mapping") {
    const problem =
      "The element `sops` of the root is reserved for the metadata of sops, which has child elements. Rename it.";
    throw fail(reader, start, problem, "metadata");
  }
  parent.mapping.items.pop();
  reader.block = { start, end: reader.position, value: entry.value };
}

/** In the block, an element with children is an item of a list. */
function toMetadata(element: Mapping): Mapping {
  const mapping: Mapping = { ...element, items: [] };
  const lists = new Map<string, Node[]>();
  for (const item of element.items) {
    if (item.kind !== "entry" || item.key.startsWith("@") || item.key === "#text") continue;
    if (item.value.kind !== "mapping") {
      mapping.items.push(item);
      continue;
    }
    let list = lists.get(item.key);
    if (list === undefined) {
      list = [];
      lists.set(item.key, list);
      mapping.items.push({ ...item, value: { kind: "sequence", items: list, start: item.start, end: item.end } });
    }
    list.push(toMetadata(item.value));
  }
  return mapping;
}
