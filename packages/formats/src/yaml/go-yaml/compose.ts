/**
 * Composes tokens into nodes, by go-yaml v3's grammar (parserc.go) and its way of attaching comments (parserc.go and
 * decode.go, `parser`): peeking at a token collects the comments before it, and certain nodes take what has been
 * collected. The result depends on the order of peeking and taking, so that order is kept here step by step.
 */
import { type CommentLines, lineBreak } from "./comments.js";
import { deepestNesting, Scanner } from "./scanner.js";
import { type Token, TokenKind } from "./tokens.js";

/** Kinds of nodes. */
export const RawKind = { scalar: 0, mapping: 1, sequence: 2, alias: 3 } as const;

/** A node as written: aliases are not followed, scalars not resolved. */
export interface RawNode {
  readonly kind: number;
  /** The tag with `!!` for `tag:yaml.org,2002:`; "" for none; `!` for the non-specific tag. */
  readonly tag: string;
  /** Where the tag begins, -1 if there is none. */
  readonly tagStart: number;
  /** A scalar's content, an alias's name. */
  readonly value: string;
  /** A scalar's `ScalarStyle`; 0 for an empty scalar that has no text. */
  readonly style: number;
  /** In a flow collection, or one itself. */
  readonly flow: boolean;
  /** Offsets of the node without its tag and anchor, end exclusive. */
  readonly start: number;
  end: number;
  /** Alternating keys and values of a mapping, or the items of a sequence. */
  readonly content: RawNode[];
  readonly target: RawNode | undefined;
  readonly anchored: boolean;
  head: CommentLines | undefined;
  line: CommentLines | undefined;
  foot: CommentLines | undefined;
}

/** A document with its own comments. */
export interface RawDocument {
  readonly root: RawNode;
  readonly head: CommentLines | undefined;
  foot: CommentLines | undefined;
  /** Where its text begins: behind `---`, or at the top of the file. */
  readonly start: number;
  /** Where the next marker (`...` or `---`) or directive begins, or the end of the file. */
  readonly end: number;
}

/** All that a source contains. */
export interface Composed {
  readonly documents: readonly RawDocument[];
  /** Offsets of all comments in file order, including those attached to no node. */
  readonly commentStarts: readonly number[];
}

/**
 * Composes all documents of a source, in file order.
 *
 * @throws {SopsError} `syntax` with line and column.
 */
export function compose(source: string): Composed {
  const scanner = new Scanner(source);
  return { documents: new Composer(scanner).documents(), commentStarts: scanner.commentStarts };
}

const noContent: RawNode[] = [];
const yamlTagPrefix = "tag:yaml.org,2002:";

class Composer {
  readonly #scanner: Scanner;
  /** How many of the scanner's comment runs have been handed out. */
  #commentsTaken = 0;
  #head: CommentLines | undefined;
  #line: CommentLines | undefined;
  #foot: CommentLines | undefined;
  #stem: CommentLines | undefined;
  /** By name; go-yaml keeps them from document to document. */
  readonly #anchors = new Map<string, RawNode>();
  #handles = new Map<string, string>();
  #depth = 0;
  #flowDepth = 0;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  documents(): RawDocument[] {
    const documents: RawDocument[] = [];
    // The start of the stream is a token, too. Peeking at it collects the comments at the top of the file.
    this.#peek();
    this.#scanner.skip();
    for (;;) {
      const document = this.#document(documents.length === 0);
      if (document === undefined) return documents;
      documents.push(document);
    }
  }

  #peek(): Token {
    const token = this.#scanner.peek();
    const { comments } = this.#scanner;
    if (this.#commentsTaken < comments.length) this.#gatherComments(token);
    return token;
  }

  #skip(): void {
    this.#scanner.skip();
  }

  #gatherComments(token: Token): void {
    const { comments } = this.#scanner;
    while (this.#commentsTaken < comments.length) {
      const run = comments[this.#commentsTaken]!;
      if (token.start < run.target) return;
      if (run.head !== undefined) {
        // The end of a block has no head comment: leave it for what follows.
        if (token.kind === TokenKind.blockEnd) return;
        this.#head = join(this.#head, run.head);
      }
      if (run.foot !== undefined) this.#foot = join(this.#foot, run.foot);
      if (run.line !== undefined) this.#line = join(this.#line, run.line);
      // The scanner still looks back at runs, and must not see one that was taken.
      run.head = run.line = run.foot = undefined;
      run.scanStart = run.target = run.start = run.startLine = run.startColumn = run.end = 0;
      this.#commentsTaken++;
    }
  }

  /** Attaches all collected comments to the node. */
  #takeComments(node: {
    head: CommentLines | undefined;
    line: CommentLines | undefined;
    foot: CommentLines | undefined;
  }): void {
    node.head = this.#head;
    node.line = this.#line;
    node.foot = this.#foot;
    this.#head = this.#line = this.#foot = this.#stem = undefined;
  }

  #document(first: boolean): RawDocument | undefined {
    let token = this.#peek();
    if (!first) {
      while (token.kind === TokenKind.documentEnd) {
        this.#skip();
        token = this.#peek();
      }
    }
    if (token.kind === TokenKind.streamEnd) return undefined;
    const explicit =
      !first ||
      token.kind === TokenKind.versionDirective ||
      token.kind === TokenKind.tagDirective ||
      token.kind === TokenKind.documentStart;
    let head: CommentLines | undefined;
    let start = 0;
    this.#directives();
    token = this.#peek();
    if (explicit) {
      if (token.kind !== TokenKind.documentStart) {
        this.#scanner.fail(
          token.start,
          first
            ? "No `---` follows the directives above. Add one."
            : "The document has ended above, and this belongs to none. Check the indentation, or put `---` on a line before it.",
        );
      }
      start = token.end;
      this.#skip();
      token = this.#peek();
    } else head = this.#splitDocumentHead();
    const root = explicit && isDocumentBoundary(token.kind) ? this.#empty(token.start) : this.#node(true, false);
    token = this.#peek();
    const document: RawDocument = { root, head, foot: undefined, start, end: token.start };
    if (token.kind === TokenKind.documentEnd) this.#skip();
    const end = { head: undefined, line: undefined, foot: undefined } as Pick<RawNode, "head" | "line" | "foot">;
    this.#takeComments(end);
    document.foot = end.foot ?? end.head;
    return document;
  }

  #directives(): void {
    this.#handles = new Map();
    let version = false;
    for (;;) {
      const token = this.#peek();
      if (token.kind === TokenKind.versionDirective) {
        if (version) this.#scanner.fail(token.start, "There is a `%YAML` line above already. Remove one of the two.");
        const [major, minor] = token.value.split(".");
        if (Number(major) !== 1 || Number(minor) !== 1) {
          this.#scanner.fail(token.start, "sops reads no version but `%YAML 1.1`. Remove this line.");
        }
        version = true;
      } else if (token.kind === TokenKind.tagDirective) {
        if (this.#handles.has(token.value)) {
          this.#scanner.fail(token.start, "There is a `%TAG` line for the same handle above. Remove one of the two.");
        }
        this.#handles.set(token.value, token.suffix);
      } else break;
      this.#skip();
    }
    if (!this.#handles.has("!")) this.#handles.set("!", "!");
    if (!this.#handles.has("!!")) this.#handles.set("!!", yamlTagPrefix);
  }

  /** Comments at the top of the file up to its last empty line belong to the document. */
  #splitDocumentHead(): CommentLines | undefined {
    const head = this.#head;
    if (head === undefined) return undefined;
    for (let i = head.length - 1; i > 0; i--) {
      if (head[i] !== lineBreak) continue;
      const last = i === head.length - 1;
      if (!last && head[i - 1] !== lineBreak) continue;
      const rest = head.slice(i + 1);
      this.#head = rest.length === 0 ? undefined : rest;
      return head.slice(0, last ? i : i - 1);
    }
    return undefined;
  }

  #empty(at: number): RawNode {
    return rawNode(RawKind.scalar, "", -1, "", 0, this.#flowDepth > 0, at, at, undefined, false);
  }

  #enter(token: Token): void {
    this.#depth++;
    if (this.#depth > deepestNesting) {
      this.#scanner.fail(token.start, `This is nested more than ${deepestNesting} levels deep. Flatten the document.`);
    }
  }

  #node(block: boolean, indentless: boolean): RawNode {
    let token = this.#peek();
    const inFlow = this.#flowDepth > 0;
    if (token.kind === TokenKind.alias) {
      const target = this.#anchors.get(token.value);
      if (target === undefined) {
        this.#scanner.fail(
          token.start,
          "No anchor of this name stands above. Define it with `&`, or put the value into quotes.",
        );
      }
      const node = rawNode(RawKind.alias, "", -1, token.value, 0, inFlow, token.start, token.end, target, false);
      this.#takeComments(node);
      this.#skip();
      return node;
    }
    let anchor = "";
    let tagToken: Token | undefined;
    let end = -1;
    for (;;) {
      if (token.kind === TokenKind.anchor && anchor === "") anchor = token.value;
      else if (token.kind === TokenKind.tag && tagToken === undefined) tagToken = token;
      else break;
      end = token.end;
      this.#skip();
      token = this.#peek();
    }
    const tag = tagToken === undefined ? "" : this.#resolveTag(tagToken);
    const tagStart = tagToken === undefined ? -1 : tagToken.start;
    const anchored = anchor !== "";
    const { kind, start } = token;
    if (kind === TokenKind.scalar) {
      const { value, style } = token;
      const node = rawNode(RawKind.scalar, tag, tagStart, value, style, inFlow, start, token.end, undefined, anchored);
      this.#takeComments(node);
      if (anchored) this.#anchors.set(anchor, node);
      this.#skip();
      return node;
    }
    if (
      kind === TokenKind.flowSequenceStart ||
      kind === TokenKind.flowMappingStart ||
      (block && (kind === TokenKind.blockSequenceStart || kind === TokenKind.blockMappingStart)) ||
      (indentless && kind === TokenKind.blockEntry)
    ) {
      const isMapping = kind === TokenKind.flowMappingStart || kind === TokenKind.blockMappingStart;
      const isFlow = kind === TokenKind.flowSequenceStart || kind === TokenKind.flowMappingStart;
      const rawKind = isMapping ? RawKind.mapping : RawKind.sequence;
      const node = rawNode(rawKind, tag, tagStart, "", 0, isFlow, start, token.end, undefined, anchored);
      if (anchored) this.#anchors.set(anchor, node);
      this.#enter(token);
      if (isFlow) {
        this.#takeComments(node);
        this.#flowDepth++;
        if (isMapping) this.#flowMapping(node);
        else this.#flowSequence(node);
        this.#flowDepth--;
      } else {
        if (kind !== TokenKind.blockEntry) {
          node.head = this.#stem;
          this.#stem = undefined;
          this.#skip();
        }
        if (isMapping) this.#blockMapping(node);
        else this.#blockSequence(node, kind === TokenKind.blockEntry);
      }
      this.#depth--;
      return node;
    }
    if (end !== -1) {
      // A tag or an anchor alone takes no comments: they stay for the next node.
      const node = rawNode(RawKind.scalar, tag, tagStart, "", 0, inFlow, end, end, undefined, anchored);
      if (anchored) this.#anchors.set(anchor, node);
      return node;
    }
    return this.#scanner.fail(
      start,
      "A value is expected here, and none can begin this way. Check brackets, commas and indentation here and above.",
    );
  }

  #resolveTag(token: Token): string {
    let tag = token.suffix;
    if (token.value !== "") {
      const prefix = this.#handles.get(token.value);
      if (prefix === undefined) {
        this.#scanner.fail(
          token.start,
          "No `%TAG` line at the top defines the handle of this tag. Add one, or remove the tag.",
        );
      }
      tag = prefix + tag;
    }
    return tag.startsWith(yamlTagPrefix) ? `!!${tag.slice(yamlTagPrefix.length)}` : tag;
  }

  #blockSequence(node: RawNode, indentless: boolean): void {
    for (;;) {
      let token = this.#peek();
      if (token.kind !== TokenKind.blockEntry) {
        if (indentless) return;
        if (token.kind === TokenKind.blockEnd) {
          this.#skip();
          return;
        }
        this.#scanner.fail(
          token.start,
          "Within a list, only `- ` can begin a line at this indentation. Add it, or correct the indentation.",
        );
      }
      const { end } = token;
      const gathered = this.#head === undefined ? 0 : this.#head.length;
      this.#skip();
      token = this.#peek();
      if (gathered > 0) this.#splitStem(gathered, token);
      const { kind } = token;
      const isEmpty =
        kind === TokenKind.blockEntry ||
        kind === TokenKind.blockEnd ||
        (indentless && (kind === TokenKind.key || kind === TokenKind.value));
      const item = isEmpty ? this.#empty(end) : this.#node(true, false);
      node.content.push(item);
      node.end = item.end;
    }
  }

  /** A comment above `- ` belongs to the whole collection after it, not to its first entry. */
  #splitStem(length: number, token: Token): void {
    if (token.kind !== TokenKind.blockSequenceStart && token.kind !== TokenKind.blockMappingStart) return;
    const head = this.#head!;
    this.#stem = head.slice(0, length);
    this.#head = head.length === length ? undefined : head.slice(length + 1);
  }

  #blockMapping(node: RawNode): void {
    const { content } = node;
    for (;;) {
      let token = this.#peek();
      if (token.kind === TokenKind.blockEnd) break;
      if (token.kind !== TokenKind.key) {
        this.#scanner.fail(
          token.start,
          "A key is expected here. Write `key: value`, check the indentation, or put a value of several words into quotes.",
        );
      }
      let { end } = token;
      this.#skip();
      token = this.#peek();
      const key = endsBlockEntry(token.kind) ? this.#empty(end) : this.#node(true, true);
      content.push(key);
      if (key.foot !== undefined && content.length > 2) {
        // Dedented below the entry above, it belongs to that entry.
        content[content.length - 3]!.foot = key.foot;
        key.foot = undefined;
      }
      token = this.#peek();
      let value: RawNode;
      if (token.kind === TokenKind.value) {
        end = token.end;
        this.#skip();
        token = this.#peek();
        value = endsBlockEntry(token.kind) ? this.#empty(end) : this.#node(true, true);
      } else value = this.#empty(key.end);
      content.push(value);
      node.end = value.end;
      moveFootToKey(key, value);
    }
    this.#endCollection(node);
    if (node.foot !== undefined && content.length > 1) {
      content[content.length - 2]!.foot = node.foot;
      node.foot = undefined;
    }
    this.#skip();
  }

  /** Attaches what was collected at the end of a collection. go-yaml, and so sops, loses head comments there. */
  #endCollection(node: RawNode): void {
    node.line = this.#line;
    node.foot = this.#foot;
    this.#head = this.#line = this.#foot = this.#stem = undefined;
  }

  #flowMapping(node: RawNode): void {
    this.#skip();
    const { content } = node;
    for (;;) {
      let token = this.#peek();
      if (token.kind !== TokenKind.flowMappingEnd && content.length > 0) {
        if (token.kind !== TokenKind.flowEntry) this.#failFlow(token, "}");
        this.#skip();
        token = this.#peek();
      }
      if (token.kind === TokenKind.flowMappingEnd) {
        node.end = token.end;
        break;
      }
      let key: RawNode;
      let value: RawNode | undefined;
      if (token.kind === TokenKind.key) {
        this.#skip();
        token = this.#peek();
        const isEmpty =
          token.kind === TokenKind.value ||
          token.kind === TokenKind.flowEntry ||
          token.kind === TokenKind.flowMappingEnd;
        key = isEmpty ? this.#empty(token.start) : this.#node(false, false);
        content.push(key);
        token = this.#peek();
        if (token.kind === TokenKind.value) {
          this.#skip();
          token = this.#peek();
          if (token.kind !== TokenKind.flowEntry && token.kind !== TokenKind.flowMappingEnd)
            value = this.#node(false, false);
        }
      } else {
        key = this.#node(false, false);
        content.push(key);
        token = this.#peek();
      }
      value ??= this.#empty(token.start);
      content.push(value);
      moveFootToKey(key, value);
    }
    this.#endCollection(node);
    this.#skip();
  }

  #failFlow(token: Token, bracket: string): never {
    return this.#scanner.fail(
      token.start,
      `A comma or \`${bracket}\` is expected here. Add it, or put a value that holds one of \`,[]{}\` into quotes.`,
    );
  }

  #flowSequence(node: RawNode): void {
    this.#skip();
    const { content } = node;
    for (;;) {
      let token = this.#peek();
      if (token.kind !== TokenKind.flowSequenceEnd && content.length > 0) {
        if (token.kind !== TokenKind.flowEntry) this.#failFlow(token, "]");
        this.#skip();
        token = this.#peek();
      }
      if (token.kind === TokenKind.flowSequenceEnd) {
        node.end = token.end;
        break;
      }
      content.push(token.kind === TokenKind.key ? this.#flowPair(token) : this.#node(false, false));
    }
    this.#endCollection(node);
    this.#skip();
  }

  /** `[key: value]`: a mapping of one entry. */
  #flowPair(keyToken: Token): RawNode {
    const node = rawNode(RawKind.mapping, "", -1, "", 0, true, keyToken.start, keyToken.end, undefined, false);
    this.#enter(keyToken);
    this.#skip();
    let token = this.#peek();
    let key: RawNode;
    if (
      token.kind !== TokenKind.value &&
      token.kind !== TokenKind.flowEntry &&
      token.kind !== TokenKind.flowSequenceEnd
    ) {
      key = this.#node(false, false);
    } else {
      key = this.#empty(token.start);
      this.#skip();
    }
    token = this.#peek();
    let value: RawNode | undefined;
    if (token.kind === TokenKind.value) {
      this.#skip();
      token = this.#peek();
      if (token.kind !== TokenKind.flowEntry && token.kind !== TokenKind.flowSequenceEnd)
        value = this.#node(false, false);
    }
    value ??= this.#empty(token.start);
    node.content.push(key, value);
    moveFootToKey(key, value);
    node.end = value.end;
    this.#peek();
    this.#depth--;
    return node;
  }
}

function moveFootToKey(key: RawNode, value: RawNode): void {
  if (key.foot === undefined && value.foot !== undefined) {
    key.foot = value.foot;
    value.foot = undefined;
  }
}

function endsBlockEntry(kind: number): boolean {
  return kind === TokenKind.key || kind === TokenKind.value || kind === TokenKind.blockEnd;
}

function isDocumentBoundary(kind: number): boolean {
  return kind <= TokenKind.documentEnd;
}

/** Appends to `before`, which has no other owner. */
function join(before: CommentLines | undefined, lines: CommentLines): CommentLines {
  if (before === undefined) return lines;
  before.push(lineBreak);
  for (const line of lines) before.push(line);
  return before;
}

function rawNode(
  kind: number,
  tag: string,
  tagStart: number,
  value: string,
  style: number,
  flow: boolean,
  start: number,
  end: number,
  target: RawNode | undefined,
  anchored: boolean,
): RawNode {
  const content = kind === RawKind.mapping || kind === RawKind.sequence ? [] : noContent;
  return {
    kind,
    tag,
    tagStart,
    value,
    style,
    flow,
    start,
    end,
    content,
    target,
    anchored,
    head: undefined,
    line: undefined,
    foot: undefined,
  };
}
