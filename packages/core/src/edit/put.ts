/** What setting values in plain and in encrypted files has in common. */
import { SopsError } from "../errors.js";
import type { Change, Document, EditedText, Editor } from "../store.js";
import { entry, type Leaf, mapping, type Node, sequence } from "../tree.js";
import { valueAt } from "./change.js";
import type { Path } from "./parse-path.js";
import { type follow, isKey, notFound } from "./path.js";

/** The depth limit of the stores. */
const deepest = 1000;

export function checkPath(path: Path): void {
  if (path.length === 0) {
    throw new SopsError("invalid_path", 'The path is empty. Give the path of a value: ["key"], or ["key"][0].');
  }
  if (path.length > deepest) {
    throw new SopsError(
      "invalid_path",
      `The path has ${path.length} parts, and a file is at most ${deepest} levels deep.`,
    );
  }
  if (path.some((part) => typeof part === "string" && /\p{Surrogate}/u.test(part))) {
    throw new SopsError("invalid_path", "The path has a key with half of a surrogate pair, which no file can hold.");
  }
}

/** Reports what a format cannot hold as `unwritable`: it is not the file's fault. */
export async function writable<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== "unsupported") throw error;
    const { message, path } = error;
    throw new SopsError("unwritable", message, { ...(path === undefined ? {} : { path }), cause: error });
  }
}

/** The change that sets a value at a path, creating missing parts. */
export function changeTo(path: Path, place: ReturnType<typeof follow>, value: Node): Change {
  const { parents, indices, found, node } = place;
  if (found === path.length) {
    return { kind: "replace", parents, indices, key: undefined, value, removed: undefined };
  }
  if (node.kind === "leaf") {
    return {
      kind: "replace",
      parents,
      indices,
      key: undefined,
      value: nest(path.slice(found), value),
      removed: undefined,
    };
  }
  const part = path[found]!;
  if (isKey(part) !== (node.kind === "mapping")) throw notFound(path, place);
  return {
    kind: "insert",
    parents: [...parents, node],
    indices,
    key: isKey(part) ? part : undefined,
    value: nest(path.slice(found + 1), value),
    removed: undefined,
  };
}

/** sops.go, `valueFromPathAndLeaf`: in a new list, any index is the first item. */
function nest(path: Path, value: Node): Node {
  return path.reduceRight<Node>(
    (inner, part) => (isKey(part) ? mapping([entry(part, inner)]) : sequence([inner])),
    value,
  );
}

/** Candidate texts for a change, the preferred one first; see `Editor`. */
export function* changedTexts(document: Document, change: Change, editor?: Editor): Iterable<EditedText> {
  const old = change.kind === "replace" ? valueAt(change.parents.at(-1)!, change.indices.at(-1)!) : undefined;
  if (old?.kind === "leaf" && change.value?.kind === "leaf" && old.start >= 0) {
    yield editor?.inPlace?.(document, old) ?? {
      text: document.source,
      fresh: [{ start: old.start, end: old.end }],
    };
  }
  yield* editor?.texts(document, change) ?? [];
}

/** Assigns the wanted value to a leaf parsed from a placeholder. */
export function takeValue({ type, text, spelling }: Leaf, found: Leaf): true {
  Object.assign(found, { type, text, spelling, changed: true });
  return true;
}
