/**
 * The tree of a file, in file order, as sops sees it, with the offsets of each part in the source.
 *
 * Keys and values are not stored in plain JavaScript objects, so duplicate and integer-like keys, `__proto__`, 64-bit
 * integers and the spelling of numbers survive.
 */

/** The type of a leaf, as sops names it in `type:`. `null` is never encrypted, and therefore never written. */
export type ValueType = "str" | "int" | "float" | "bool" | "time" | "bytes" | "null";

/** The range of a node in the source, in UTF-16 code units. Both are -1 if it was not parsed from a source. */
export interface Place {
  start: number;
  /** Exclusive. */
  end: number;
}

/** A single value. */
export interface Leaf extends Place {
  readonly kind: "leaf";
  type: ValueType;
  /**
   * The value as sops hashes and encrypts it (sops.go, `ToBytes`): strings verbatim, ints in decimal, floats as Go's
   * `FormatFloat(v, 'f', -1, 64)`, bools as `True` or `False`, times in RFC 3339, null as "". Bytes if the value is a
   * string that is not valid UTF-8.
   */
  text: string | Uint8Array;
  /** The author's spelling of a number, bool or time, if it differs from what a renderer would write for `text`. */
  spelling: string | undefined;
  /** How the leaf was written, such as its scalar style. Private to the store. */
  style: number;
  /** Must be set when the value is changed after parsing: `preserve` only rewrites such leaves. */
  changed: boolean;
}

/** A comment. */
export interface Comment extends Place {
  readonly kind: "comment";
  /** The text after the comment sign, including leading space. */
  text: string;
  /** Whether it follows a value on the same line. */
  inline: boolean;
  changed: boolean;
  /**
   * Set if sops ignores the comment, because its parser attaches it to nothing: `behind` if it follows the previous
   * item in the tree, `within` if it is between a key and its value. Such a comment is encrypted like a value in its
   * place, no comment rule applies to it, and the layout of sops drops it.
   */
  readonly unread?: "behind" | "within";
}

/** A key and its value. */
export interface Entry extends Place {
  readonly kind: "entry";
  key: string;
  value: Node;
  /** Text next to the value that sops ignores. Undefined if there is none. */
  carried?: Carried[];
}

/**
 * Text that the format's parser in sops ignores but other programs may read (INI): an earlier value of a repeated key,
 * or text after a value. The MAC does not cover it, and it is encrypted with additional data that no value of sops has.
 */
export interface Carried {
  readonly leaf: Leaf;
  /**
   * `value`: another value of the entry, encrypted like it. `spelling`: how the value is written, if the value alone
   * does not tell. `text`: other text, encrypted if the value is, or a comment in its place would be. `comment`: part
   * of `comment` to sops, but possibly a continuation of the value; encrypted if the value is and the comment is not.
   */
  readonly kind: "value" | "spelling" | "text" | "comment";
  readonly comment: Comment | undefined;
  /** Follows the additional data of the value in its own additional data. */
  readonly name: string;
  /** Called with the plaintext after decryption. */
  readonly onDecrypted?: ((text: string) => void) | undefined;
}

/** A mapping (YAML) or object (JSON): entries and comments in file order. Keys may repeat. */
export interface Mapping extends Place {
  readonly kind: "mapping";
  items: (Entry | Comment)[];
}

/** A list: items and comments in file order. */
export interface Sequence extends Place {
  readonly kind: "sequence";
  items: (Node | Comment)[];
}

/** A node of the tree. */
export type Node = Leaf | Mapping | Sequence;

/** Creates a leaf that is not in a source yet. */
export function leaf(type: ValueType, text: string | Uint8Array, style = 0): Leaf {
  return { kind: "leaf", type, text, spelling: undefined, style, changed: true, start: -1, end: -1 };
}

/** Creates a comment that is not in a source yet. */
export function comment(text: string, inline = false): Comment {
  return { kind: "comment", text, inline, changed: true, start: -1, end: -1 };
}

/** Creates an entry that is not in a source yet. */
export function entry(key: string, value: Node): Entry {
  return { kind: "entry", key, value, start: -1, end: -1 };
}

/** Creates a mapping that is not in a source yet. */
export function mapping(items: (Entry | Comment)[] = []): Mapping {
  return { kind: "mapping", items, start: -1, end: -1 };
}

/** Creates a list that is not in a source yet. */
export function sequence(items: (Node | Comment)[] = []): Sequence {
  return { kind: "sequence", items, start: -1, end: -1 };
}

/** Returns the value of a key, or undefined. For repeated keys, the last one wins, as in a JavaScript object. */
export function lookup(parent: Mapping, key: string): Node | undefined {
  for (let i = parent.items.length - 1; i >= 0; i--) {
    const item = parent.items[i]!;
    if (item.kind === "entry" && item.key === key) return item.value;
  }
  return undefined;
}

/** Returns all leaves at and below nodes, in file order. */
export function leavesOf(nodes: readonly Node[]): Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (node: Node): void => {
    if (node.kind === "leaf") {
      leaves.push(node);
      return;
    }
    for (const item of node.items) {
      if (item.kind === "entry") visit(item.value);
      else if (item.kind !== "comment") visit(item);
    }
  };
  for (const node of nodes) visit(node);
  return leaves;
}

/** The place of a node. For one that was assembled from single lines (ENV, INI), the place of its first line. */
export function placeOfNode(node: Node): Place | undefined {
  if (node.start >= 0) return node;
  if (node.kind === "leaf") return undefined;
  let first: Place | undefined;
  for (const item of node.items) {
    const place = item.kind === "comment" ? undefined : placeOfNode(item.kind === "entry" ? item.value : item);
    if (place !== undefined && (first === undefined || place.start < first.start)) first = place;
  }
  return first;
}
