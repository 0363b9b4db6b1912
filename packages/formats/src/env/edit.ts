import type { Change, Document, EditedText, Editor, Node } from "@isosops/core";
import { editText } from "../shared/edit-text.js";
import { textOnly } from "../shared/text-only.js";
import type { EnvMemo } from "./parse.js";
import { checkedKey, writtenValue } from "./render.js";

export const envEditor: Editor = { adapt: adaptToEnv, texts: envTexts };

/**
 * Converts a value to a string: an ENV file has no other values.
 *
 * @throws {SopsError} `unsupported` if it cannot be written as a string.
 */
function adaptToEnv(value: Node, path: readonly (string | number)[]): Node {
  const [key] = path;
  if (path.length === 1 && typeof key === "string") checkedKey(key);
  return textOnly(value, path, 1, "an ENV file");
}

/** The text of an ENV file with a line appended or removed. */
function* envTexts({ source, memo }: Document, change: Change): Iterable<EditedText> {
  const root = change.parents[0]!;
  if (change.kind === "insert") {
    const text = `${change.key}=${writtenValue(change.value!, change.key!)}`;
    const last = root.items.at(-1);
    const at = last?.end ?? (memo as EnvMemo).block[0]?.start ?? source.length;
    const fresh = { start: at, end: at, text: last === undefined ? `${text}\n` : `\n${text}` };
    yield editText(source, [], [fresh]);
  } else if (change.kind === "remove") {
    const { start, end } = root.items[change.indices[0]!]!;
    const isLast = end === source.length;
    const line = isLast ? { start: Math.max(0, start - 1), end } : { start, end: end + 1 };
    yield editText(source, [{ ...line, text: "" }]);
  }
}
