/**
 * Builds the tree of sops from the nodes of go-yaml (stores/yaml/store.go): which comment becomes an item of which
 * collection, and in what order; aliases are expanded in place; what go-yaml and sops reject is rejected.
 *
 * This store also rejects what sops does not:
 * - nesting deeper than `deepestNesting` (go-yaml: 10,000 levels);
 * - in documents other than the first, a value that does not fit its tag (`!!int x`), which sops silently replaces by null,
 *   and endless aliases, on which sops hangs or overflows its stack. Duplicate keys there are accepted, as by sops;
 * - a `sops` entry in a later document if the first one has none, which sops rejects only when it writes.
 *
 * Comments that go-yaml loses (in flow collections, after `...`, below an empty line before the next document) are in the
 * tree too, marked as `unread`: see `unread.ts`.
 */
import {
  type Comment,
  type Document,
  type Entry,
  type Layout,
  type Leaf,
  leaf,
  type Mapping,
  type Node,
  type ParseOptions,
  type Sequence,
  SopsError,
} from "@isosops/core";
import { eachNode } from "../../shared/nodes.js";
import { forbidden } from "../go-yaml/characters.js";
import { type CommentLines, endOfComment } from "../go-yaml/comments.js";
import { type Composed, compose, type RawDocument, RawKind, type RawNode } from "../go-yaml/compose.js";
import { placeOf, syntaxError } from "../go-yaml/problem.js";
import { makesString, misreadsCiphertext, resolveScalar } from "../go-yaml/resolve.js";
import { deepestNesting } from "../go-yaml/scanner.js";
import { ScalarStyle } from "../go-yaml/tokens.js";
import { StyleMark } from "./leaf-style.js";
import { type AliasMemo, type BranchMemo, branchMemo, sizeOf, storeName, type YamlMemo } from "./memo.js";
import { spellingOf, words } from "./spelling.js";
import { placeUnread } from "./unread.js";

/**
 * Parses a YAML source, plain or encrypted.
 *
 * @throws {SopsError} `syntax`, `unsupported`, `metadata`, `empty`, each with line and column.
 */
export function parse(source: string, options: ParseOptions = {}): Document {
  const builder = new TreeBuilder(source, options);
  return builder.document();
}

class TreeBuilder {
  readonly #source: string;
  readonly #filename: string | undefined;
  readonly #layout: Layout | undefined;
  readonly #forEdits: boolean;
  /** sops checks the first document more strictly: it decodes it once more just for the checks. */
  #first = true;
  #aliasDepth = 0;
  #depth = 0;
  #decoded = 0;
  #decodedInAliases = 0;
  #size = 0;
  #commentsInFlow = false;
  /** Offsets of the comments in the tree. Those of an anchored node are repeated for each alias. */
  readonly #commentStarts: number[] = [];
  /** Those that go-yaml attaches to something in a `sops` block. */
  readonly #blockComments = new Set<number>();
  readonly #keys: number[] = [];
  readonly #openAliases = new Set<RawNode>();
  readonly #originals = new Map<RawNode, Node>();
  readonly #aliases: { alias: RawNode; node: Node }[] = [];
  /** Offsets of the outermost alias that is being expanded. */
  #aliasStart = -1;
  #aliasEnd = -1;

  constructor(source: string, { filename, layout, forEdits }: ParseOptions) {
    this.#source = source;
    this.#filename = filename;
    this.#layout = layout;
    this.#forEdits = forEdits === true;
  }

  document(): Document {
    const source = this.#source;
    const bad = forbidden.exec(source);
    if (bad !== null) {
      throw this.#named(
        syntaxError(
          source,
          bad.index,
          "A control character or half a surrogate pair stands here, which YAML does not allow. Write it as an escape in double quotes.",
        ),
      );
    }
    if (source.startsWith("\ufeff\ufeff")) {
      // go-yaml would then drop the first character of some lines.
      throw this.#named(syntaxError(source, 1, "There is a second byte-order mark at the top. Remove it."));
    }
    let composed: Composed;
    try {
      composed = compose(source);
    } catch (error) {
      throw error instanceof SopsError ? this.#named(error) : error;
    }
    const { documents: raw } = composed;
    if (raw.length === 0) {
      const problem = "There is no document in the file. Write at least one key and value, or `{}`.";
      throw this.#named(syntaxError(source, 0, problem, "empty"));
    }
    const branches: Mapping[] = [];
    const memos: BranchMemo[] = [];
    const blocks: (Mapping | undefined)[] = [];
    let metadata: Mapping | undefined;
    for (const [index, document] of raw.entries()) {
      this.#first = index === 0;
      const branch = this.#branch(document);
      const found = this.#takeMetadata(branch, index);
      blocks.push(found);
      if (index === 0) metadata = found;
      else if (found !== undefined && metadata === undefined) {
        throw this.#error(
          "metadata",
          found.start,
          "A `sops` entry stands here, but the first document has none. Remove it, or rename the key.",
        );
      }
      branches.push(branch);
      memos.push(branchMemo(document));
    }
    const aliases = this.#aliases.map(
      ({ alias, node }): AliasMemo => ({
        start: alias.start,
        end: alias.end,
        node,
        original: this.#originals.get(alias.target!),
        inFlow: alias.flow,
      }),
    );
    const unread = this.#layout === "sops" ? 0 : this.#placeUnread(composed.commentStarts, branches, memos);
    this.#size += unread;
    const commentsMayMove =
      unread > 0 || this.#commentsInFlow || source.includes("\r") || raw.some(({ root }) => isIndented(source, root));
    const memo: YamlMemo = {
      metadata: blocks,
      branches: memos,
      aliases,
      size: this.#size,
      commentsMayMove,
      root: this.#forEdits ? raw[0]!.root : undefined,
      keys: this.#keys,
    };
    return { store: storeName, source, branches, metadata, blocks, words, memo };
  }

  /** Puts the comments that are in no tree, or in that of a block, into the trees. Returns their number. */
  #placeUnread(all: readonly number[], branches: readonly Mapping[], documents: readonly BranchMemo[]): number {
    const blockComments = this.#blockComments;
    if (this.#aliases.length + blockComments.size === 0 && this.#commentStarts.length === all.length) return 0;
    const read = new Set(this.#commentStarts);
    const starts = all.filter((start) => !read.has(start) || blockComments.has(start));
    if (starts.length === 0) return 0;
    const expanded = new Set(this.#aliases.map(({ node }) => node));
    return placeUnread(starts, { source: this.#source, branches, documents, expanded });
  }

  #named(error: SopsError): SopsError {
    if (this.#filename === undefined) return error;
    const { code, message, line, column } = error;
    return new SopsError(code, `${this.#filename}: ${message}`, { line: line!, column: column! });
  }

  #error(code: "unsupported" | "metadata", offset: number, problem: string): SopsError {
    return this.#named(syntaxError(this.#source, offset, problem, code));
  }

  /** Removes the `sops` entries from a branch, and returns the last one (stores/metadata.go, `ExtractMetadata`). */
  #takeMetadata(branch: Mapping, index: number): Mapping | undefined {
    let metadata: Mapping | undefined;
    for (let i = 0; i < branch.items.length; i++) {
      const item = branch.items[i]!;
      if (item.kind !== "entry" || item.key !== "sops") continue;
      const { value } = item;
      if (index === 0 && metadata !== undefined) {
        throw this.#error("metadata", item.start, "There is a `sops` entry above already. Remove one of the two.");
      }
      if (value.kind !== "mapping") {
        throw this.#error(
          "metadata",
          item.start,
          "The key `sops` is reserved for the metadata of sops, but this value is not metadata. Rename the key.",
        );
      }
      metadata = value;
      eachNode(value, ({ kind, start }) => {
        if (kind === "comment") this.#blockComments.add(start);
      });
      branch.items.splice(i--, 1);
      this.#size -= sizeOf(item);
    }
    return metadata;
  }

  #branch(document: RawDocument): Mapping {
    const items: (Entry | Comment)[] = [];
    const { root } = document;
    const branch: Mapping = { kind: "mapping", items, start: root.start, end: root.end };
    this.#count();
    this.#comments(items, document.head, false);
    this.#root(root, items);
    this.#comments(items, document.foot, false);
    return branch;
  }

  #root(root: RawNode, items: (Entry | Comment)[]): void {
    this.#comments(items, root.head, false);
    this.#comments(items, root.line, false);
    switch (root.kind) {
      case RawKind.mapping:
        this.#count();
        this.#entries(root, items);
        break;
      case RawKind.sequence:
        throw this.#error(
          "unsupported",
          root.start,
          "The document is a list, and sops takes only documents that are mappings. Put the list under a key.",
        );
      case RawKind.scalar: {
        const resolved = resolveScalar(root.tag, root.style === ScalarStyle.plain || root.style === 0, root.value);
        if ("problem" in resolved || resolved.type !== "null") {
          throw this.#error(
            "unsupported",
            root.start,
            "The document is a single value, and sops takes only documents that are mappings. Write `key: value`.",
          );
        }
        return;
      }
      case RawKind.alias:
        this.#enterAlias(root);
        this.#root(root.target!, items);
        this.#leaveAlias(root);
        break;
    }
    this.#comments(items, root.foot, false);
  }

  #comments(items: (Entry | Comment | Node)[], lines: CommentLines | undefined, inline: boolean): void {
    if (lines === undefined) return;
    for (const start of lines) {
      if (start < 0) continue;
      const end = endOfComment(this.#source, start);
      const text = this.#source.slice(start + 1, end);
      items.push({ kind: "comment", text, inline, changed: false, start, end });
      this.#commentStarts.push(start);
      this.#size++;
    }
  }

  #entries(raw: RawNode, items: (Entry | Comment)[]): void {
    const { content } = raw;
    const merge = this.#first ? this.#checkKeys(content) : undefined;
    for (let i = 0; i < content.length; i += 2) {
      const key = content[i]!;
      const value = content[i + 1]!;
      this.#comments(items, key.head, false);
      this.#comments(items, key.line, false);
      const single = value.kind === RawKind.scalar || value.kind === RawKind.alias;
      if (single) {
        this.#comments(items, value.head, false);
        this.#comments(items, value.line, true);
      }
      const name = this.#key(key);
      const node = this.#node(value, single);
      const expanded = this.#aliasDepth > 0;
      if (!expanded) this.#keys.push(key.start, key.end);
      const start = expanded ? this.#aliasStart : key.start;
      items.push({ kind: "entry", key: name, value: node, start, end: expanded ? this.#aliasEnd : value.end });
      this.#size++;
      if (single) this.#comments(items, value.foot, false);
      this.#comments(items, key.foot, false);
    }
    if (merge !== undefined) this.#checkMerge(merge);
  }

  /** Checks the keys of a mapping as go-yaml does, and returns the value of a merge key. */
  #checkKeys(content: readonly RawNode[]): RawNode | undefined {
    let merge: RawNode | undefined;
    if (content.length <= 16) {
      for (let i = 0; i < content.length; i += 2) {
        const key = content[i]!;
        for (let j = 0; j < i; j += 2) {
          const other = content[j]!;
          if (other.value === key.value && other.kind === key.kind) this.#failDuplicate(key, other);
        }
        if (key.value === "<<" && isMergeKey(key)) merge = content[i + 1]!;
      }
      return merge;
    }
    const seen: Map<string, RawNode>[] = [];
    for (let i = 0; i < content.length; i += 2) {
      const key = content[i]!;
      let names = seen[key.kind];
      if (names === undefined) seen[key.kind] = names = new Map();
      const other = names.get(key.value);
      if (other !== undefined) this.#failDuplicate(key, other);
      names.set(key.value, key);
      if (key.value === "<<" && isMergeKey(key)) merge = content[i + 1]!;
    }
    return merge;
  }

  #failDuplicate(key: RawNode, other: RawNode): never {
    const { line } = placeOf(this.#source, other.start);
    throw this.#error(
      "unsupported",
      key.start,
      `This key stands in the same mapping on line ${line} already. Rename or remove one of the two.`,
    );
  }

  #checkMerge(merge: RawNode): void {
    const items = merge.kind === RawKind.sequence ? merge.content : [merge];
    for (const item of items) {
      const target = item.kind === RawKind.alias ? item.target! : item;
      if (target.kind !== RawKind.mapping) {
        throw this.#error(
          "unsupported",
          item.start,
          "The value of a merge key `<<` must be a mapping or a list of mappings. Quote the key if it is not a merge key.",
        );
      }
    }
  }

  #key(key: RawNode): string {
    this.#count();
    let scalar = key;
    if (key.kind === RawKind.alias) {
      this.#enterAlias(key);
      this.#leaveAlias(key);
      scalar = key.target!;
    }
    if (scalar.kind === RawKind.scalar) {
      const resolved = resolveScalar(scalar.tag, scalar.style <= ScalarStyle.plain, scalar.value);
      if (!("problem" in resolved) && resolved.type === "str" && typeof resolved.text === "string") {
        if (scalar !== key && this.#aliasDepth === 0) {
          const node = leaf("str", resolved.text);
          node.changed = false;
          this.#aliases.push({ alias: key, node });
        }
        return resolved.text;
      }
    }
    throw this.#error(
      "unsupported",
      key.start,
      "This key is not a string, and sops takes only string keys. Put it into quotes.",
    );
  }

  #node(raw: RawNode, commentsHandled: boolean): Node {
    this.#count();
    switch (raw.kind) {
      case RawKind.scalar:
        return this.#leaf(raw);
      case RawKind.alias: {
        this.#enterAlias(raw);
        this.#depth++;
        const node = this.#node(raw.target!, false);
        this.#depth--;
        this.#leaveAlias(raw);
        if (this.#aliasDepth === 0) this.#aliases.push({ alias: raw, node });
        return node;
      }
    }
    if (++this.#depth > deepestNesting) {
      throw this.#error(
        "unsupported",
        raw.start,
        `With its aliases expanded, the document is nested more than ${deepestNesting} levels deep. Flatten it.`,
      );
    }
    const node =
      raw.kind === RawKind.mapping ? this.#mapping(raw, commentsHandled) : this.#sequence(raw, commentsHandled);
    this.#depth--;
    if (raw.anchored && this.#aliasDepth === 0) this.#originals.set(raw, node);
    if (raw.flow && node.items.some((item) => item.kind === "comment")) this.#commentsInFlow = true;
    return node;
  }

  #mapping(raw: RawNode, commentsHandled: boolean): Mapping {
    const items: (Entry | Comment)[] = [];
    if (!commentsHandled) {
      this.#comments(items, raw.head, false);
      this.#comments(items, raw.line, false);
    }
    this.#entries(raw, items);
    if (!commentsHandled) this.#comments(items, raw.foot, false);
    if (this.#aliasDepth > 0) return { kind: "mapping", items, start: this.#aliasStart, end: this.#aliasEnd };
    return { kind: "mapping", items, start: raw.start, end: raw.end };
  }

  #sequence(raw: RawNode, commentsHandled: boolean): Sequence {
    const items: (Node | Comment)[] = [];
    if (!commentsHandled) {
      this.#comments(items, raw.head, false);
      this.#comments(items, raw.line, false);
    }
    for (const item of raw.content) {
      this.#comments(items, item.head, false);
      this.#comments(items, item.line, true);
      items.push(this.#node(item, true));
      this.#size++;
      this.#comments(items, item.foot, false);
    }
    if (!commentsHandled) this.#comments(items, raw.foot, false);
    if (this.#aliasDepth > 0) return { kind: "sequence", items, start: this.#aliasStart, end: this.#aliasEnd };
    return { kind: "sequence", items, start: raw.start, end: raw.end };
  }

  #leaf(raw: RawNode): Leaf {
    const { tag, value } = raw;
    const plain = raw.style <= ScalarStyle.plain;
    const resolved = resolveScalar(tag, plain, value);
    if ("problem" in resolved) throw this.#error("unsupported", raw.start, `This value ${resolved.problem}`);
    const { type, text } = resolved;
    let style = raw.style;
    if (raw.flow) style |= StyleMark.flow;
    let { start, end } = raw;
    if (tag !== "") {
      // With `!!int`, a ciphertext would not be read as a string, so the tag is part of what is replaced.
      if (misreadsCiphertext(tag)) start = raw.tagStart;
      else if (makesString(tag)) style |= StyleMark.stringTag;
    }
    const spelling = spellingOf(type, text, plain && (tag === "" || tag === "!") ? value : undefined);
    if (this.#aliasDepth > 0) {
      start = this.#aliasStart;
      end = this.#aliasEnd;
      style |= StyleMark.expanded;
    }
    const read: Leaf = { kind: "leaf", type, text, spelling, style, changed: false, start, end };
    if (raw.anchored && this.#aliasDepth === 0) this.#originals.set(raw, read);
    return read;
  }

  /** go-yaml's limit on the growth of a document by its aliases (decode.go). */
  #count(): void {
    this.#decoded++;
    if (this.#aliasDepth === 0) return;
    this.#decodedInAliases++;
    if (this.#decodedInAliases <= 100 || this.#decoded <= 1000) return;
    const range = Math.min(Math.max((this.#decoded - 400_000) / 3_600_000, 0), 1);
    if (this.#decodedInAliases / this.#decoded > 0.99 - 0.89 * range) {
      throw this.#error(
        "unsupported",
        this.#aliasStart,
        "The aliases in this document make it many times larger than it is written, so go-yaml and sops refuse it. Use fewer aliases.",
      );
    }
  }

  #enterAlias(alias: RawNode): void {
    if (this.#openAliases.has(alias)) {
      throw this.#error("unsupported", alias.start, "This alias stands within the value it repeats. Remove it.");
    }
    this.#openAliases.add(alias);
    if (this.#aliasDepth++ === 0) {
      this.#aliasStart = alias.start;
      this.#aliasEnd = alias.end;
    }
  }

  #leaveAlias(alias: RawNode): void {
    this.#openAliases.delete(alias);
    this.#aliasDepth--;
  }
}

function isIndented(source: string, root: RawNode): boolean {
  return root.kind === RawKind.mapping && !root.flow && " \t".includes(source[root.start - 1] ?? "\n");
}

function isMergeKey(key: RawNode): boolean {
  return (
    key.kind === RawKind.scalar &&
    (key.tag === "!!merge" || (key.style === ScalarStyle.plain && (key.tag === "" || key.tag === "!")))
  );
}
