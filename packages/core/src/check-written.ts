import { sameText } from "./edit/same-tree.js";
import { SopsError, showPath } from "./errors.js";
import { isCommentItem } from "./seal.js";
import type { Store } from "./store.js";
import type { Leaf, Mapping, Node } from "./tree.js";
import type { WrittenText } from "./written-text.js";

/** A written text, and the tree that it was written from. */
export interface Written {
  readonly written: WrittenText;
  readonly branches: readonly Mapping[];
  /** Whether the MAC covers the plain values, as they are read. */
  readonly macOverAll: boolean;
  /** Whether the text is plain. An entry `sops` in it is then the author's, as in an ENV file with such a key. */
  readonly isPlain?: boolean | undefined;
}

/**
 * Parses a text that was converted or reformatted, and checks that it holds the values of its tree. Formats differ in
 * what they can hold, and sops writes some files that it cannot read back: repeated keys in YAML, plain numbers in ENV,
 * a plain -0.0 in JSON. Comments are ignored.
 *
 * @throws {SopsError} `unwritable`.
 */
export function checkWritten({ written, branches, macOverAll, isPlain }: Written): void {
  const { store } = written;
  let found: readonly Mapping[];
  try {
    found = written.read().branches;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    // The format can read it. It only fails as a sops file.
    if (isPlain === true && error.code === "metadata") return;
    throw new SopsError(
      "unwritable",
      `Written as ${store.name}, the file could not be read back. Change what is named, or keep the format and the layout (\`preserve\`). The error would be: ${error.message}`,
      { cause: error },
    );
  }
  const same = macOverAll ? sameForMac : sameValue;
  const [wanted, others] = [valuesOf(branches, store), valuesOf(found, store)];
  const at = wanted.findIndex((value, index) => !isSame(value, others[index], same));
  if (at === -1 && wanted.length === others.length) return;
  const path = wanted[at]?.path ?? [];
  throw new SopsError(
    "unwritable",
    `Written as ${store.name}, ${showPath(path)} would be read as something else${macOverAll ? ", and the MAC would not match" : ""}. Keep the format and the layout (\`preserve\`), ${macOverAll ? "let the rule encrypt that value, " : ""}or change it.`,
    { path },
  );
}

type Same = (wanted: Leaf, found: Leaf) => boolean;

interface Value {
  /** Its keys, which are the additional data of an encrypted value. */
  readonly path: readonly string[];
  readonly leaf: Leaf;
}

function isSame({ path, leaf }: Value, found: Value | undefined, same: Same): boolean {
  return found !== undefined && samePath(path, found.path) && same(leaf, found.leaf);
}

function samePath(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}

/** All values in MAC order. */
function valuesOf(branches: readonly Mapping[], { repeatsKeys = false }: Store): Value[] {
  const values: Value[] = [];
  const add = (node: Node, path: readonly string[]): void => {
    if (node.kind === "leaf") {
      // XML does not distinguish a missing value from an empty one.
      if (!isCommentItem(node.text) && !(repeatsKeys && node.text.length === 0)) values.push({ path, leaf: node });
      return;
    }
    for (const item of node.items) {
      if (item.kind === "entry") add(item.value, [...path, item.key]);
      else if (item.kind !== "comment") add(item, path);
    }
  };
  for (const branch of branches) add(branch, []);
  return values;
}

/** The MAC covers the text of a value, not its type. */
function sameForMac(wanted: Leaf, found: Leaf): boolean {
  return sameText(wanted, found) && keepsType(wanted, found);
}

/** In formats where everything is text, numbers, bools and times have their own spelling. A zero may lose its sign. */
function sameValue(wanted: Leaf, found: Leaf): boolean {
  if (wanted.type !== "str" && wanted.type !== "bytes" && found.type === "str") return true;
  if (wanted.text === "-0" && Number(found.text) === 0) return true;
  return sameText(wanted, found) && keepsType(wanted, found);
}

/** A value may become a string in another format, and an integral float an integer. */
function keepsType({ type }: Leaf, found: Leaf): boolean {
  return found.type === type || found.type === "str" || (type === "float" && found.type === "int");
}
