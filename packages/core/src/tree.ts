/**
 * The tree: what a file holds, in file order, as sops sees it, and where each part stands in the source text.
 *
 * Keys and values go through no plain JavaScript object: duplicate and integer-like keys, `__proto__`, 64-bit integers
 * and the spelling of numbers survive.
 */

/** A leaf's type, by the name sops writes behind `type:`; `null` is never encrypted and so never written. */
export type ValueType = "str" | "int" | "float" | "bool" | "time" | "bytes" | "null";

/** Where a node stands in the source, in UTF-16 code units; -1 for both when it was not read from a source. */
export interface Place {
  start: number;
  /** Exclusive. */
  end: number;
}

export interface Leaf extends Place {
  readonly kind: "leaf";
  type: ValueType;
  /**
   * The value as sops hashes and encrypts it: a string as it is, an int in decimal, a float as Go's `FormatFloat(v,
   * 'f', -1, 64)` gives it, a bool as `True` or `False`, a time as RFC 3339, null as "". Bytes only where the value is
   * a string that is not valid UTF-8 (sops.go, `ToBytes`).
   */
  text: string | Uint8Array;
  /** How the author spelled a number, bool or time, where that is not what a renderer would write for `text`. */
  spelling: string | undefined;
  /** The store's own note of how the leaf was written (its scalar style); meaningless to anyone else. */
  style: number;
  /** Set by whoever gives the leaf another value after it was read: only such leaves are written anew by `preserve`. */
  changed: boolean;
}

export interface Comment extends Place {
  readonly kind: "comment";
  /** Without the comment sign, with the space that follows it. */
  text: string;
  /** Behind a value on the same line. */
  inline: boolean;
  changed: boolean;
  /**
   * Of a comment that sops does not read, since the parser it uses attaches it to nothing: whether it stands `behind`
   * the item that is before it in the tree, or `within` it, between a key and its value. Such a comment is encrypted as
   * what stands there, says nothing of what stands beside it, and is left out of what is written in the layout of sops.
   */
  readonly unread?: "behind" | "within";
}

export interface Entry extends Place {
  readonly kind: "entry";
  key: string;
  value: Node;
  /** Texts by the value that sops passes over; left out where there are none. */
  carried?: Carried[];
}

/**
 * A text that a format's reader in sops passes over and other programs may not: an earlier value of a repeated key, or
 * what stands behind a value (INI). It is no part of the MAC, and is encrypted with additional data of its own, which
 * no value of sops has.
 */
export interface Carried {
  readonly leaf: Leaf;
  /**
   * `value`: as secret as the entry's value. `spelling`: that value as it is written, where that says more than the
   * value does. `text`: as secret as the value, or as a comment there. `comment`: sops takes it for a part of
   * `comment`, and the entry's value may go on in it all the same: encrypted here where the value is and the comment is
   * not.
   */
  readonly kind: "value" | "spelling" | "text" | "comment";
  readonly comment: Comment | undefined;
  /** What it is, as its additional data has it behind that of the value. */
  readonly name: string;
  /** Called with its plaintext once it is decrypted. */
  readonly onDecrypted?: ((text: string) => void) | undefined;
}

export interface Mapping extends Place {
  readonly kind: "mapping";
  items: (Entry | Comment)[];
}

export interface Sequence extends Place {
  readonly kind: "sequence";
  items: (Node | Comment)[];
}

export type Node = Leaf | Mapping | Sequence;

/** A leaf that no source text holds yet. */
export function leaf(type: ValueType, text: string | Uint8Array, style = 0): Leaf {
  return { kind: "leaf", type, text, spelling: undefined, style, changed: true, start: -1, end: -1 };
}

export function comment(text: string, inline = false): Comment {
  return { kind: "comment", text, inline, changed: true, start: -1, end: -1 };
}

export function entry(key: string, value: Node): Entry {
  return { kind: "entry", key, value, start: -1, end: -1 };
}

export function mapping(items: (Entry | Comment)[] = []): Mapping {
  return { kind: "mapping", items, start: -1, end: -1 };
}

export function sequence(items: (Node | Comment)[] = []): Sequence {
  return { kind: "sequence", items, start: -1, end: -1 };
}

/** The value of the last entry of that name, as a JavaScript object would have it. */
export function lookup(parent: Mapping, key: string): Node | undefined {
  for (let i = parent.items.length - 1; i >= 0; i--) {
    const item = parent.items[i]!;
    if (item.kind === "entry" && item.key === key) return item.value;
  }
  return undefined;
}

/** All leaves at and below some nodes, in file order. */
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
