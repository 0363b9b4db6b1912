import { sameText } from "./edit/same-tree.js";
import { SopsError, showPath } from "./errors.js";
import { isCommentItem } from "./seal.js";
import type { Store } from "./store.js";
import type { Leaf, Mapping, Node } from "./tree.js";

/** What was written, and what it was made of. */
export interface Written {
  /** The store that wrote the text, and that whoever opens the file reads it with. */
  readonly store: Store;
  readonly text: string;
  readonly branches: readonly Mapping[];
  /** Whether a MAC goes over the plain values, as they are read. */
  readonly macOverAll: boolean;
  /** Whether the text is plain: an entry `sops` in it is one of the author's, as in an ENV file that has such a key. */
  readonly isPlain?: boolean | undefined;
}

/**
 * Read a text again that was converted, or laid out as sops does it, and see that it holds the values of the tree it
 * was made of: other formats have other rules, and sops writes more than it can read (repeated keys in YAML, plain
 * numbers in ENV, a plain -0.0 in JSON). Comments do not count.
 *
 * @throws {SopsError} `unwritable`.
 */
export function checkWritten({ store, text, branches, macOverAll, isPlain }: Written): void {
  let found: readonly Mapping[];
  try {
    found = store.parse(text).branches;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    // Its format reads it; only as a file of sops it could not be read.
    if (isPlain === true && error.code === "metadata") return;
    throw new SopsError(
      "unwritable",
      `Written as ${store.name}, the file could not be read any more. Change what is named, or keep the format and the layout (\`preserve\`). What a reader would say of it: ${error.message}`,
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
    `Written as ${store.name}, ${showPath(path)} would be read as something else${macOverAll ? ", and the MAC would not fit" : ""}. Keep the format and the layout (\`preserve\`), ${macOverAll ? "let the rule encrypt that value, " : ""}or change it.`,
    { path },
  );
}

type Same = (wanted: Leaf, found: Leaf) => boolean;

interface Value {
  /** The keys that lead there, which are its additional data where it is encrypted. */
  readonly path: readonly string[];
  readonly leaf: Leaf;
}

function isSame({ path, leaf }: Value, found: Value | undefined, same: Same): boolean {
  return found !== undefined && samePath(path, found.path) && same(leaf, found.leaf);
}

function samePath(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}

/** All values in the order in which a MAC takes them. */
function valuesOf(branches: readonly Mapping[], { repeatsKeys = false }: Store): Value[] {
  const values: Value[] = [];
  const add = (node: Node, path: readonly string[]): void => {
    if (node.kind === "leaf") {
      // To XML, nothing at all and an empty text are the same.
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

/** A MAC goes over the text of a value, and not over its type. */
function sameForMac(wanted: Leaf, found: Leaf): boolean {
  return sameText(wanted, found) && keepsType(wanted, found);
}

/** Where all is text, a number, a bool or a time has a spelling of its own; a zero may lose its sign. */
function sameValue(wanted: Leaf, found: Leaf): boolean {
  if (wanted.type !== "str" && wanted.type !== "bytes" && found.type === "str") return true;
  if (wanted.text === "-0" && Number(found.text) === 0) return true;
  return sameText(wanted, found) && keepsType(wanted, found);
}

/** What is no string may be one in another format, and a float that is a whole number may be an integer there. */
function keepsType({ type }: Leaf, found: Leaf): boolean {
  return found.type === type || found.type === "str" || (type === "float" && found.type === "int");
}
