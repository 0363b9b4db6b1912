import type { Document, Entry, Mapping, Node, ParseOptions, RenderOptions, Store } from "@isosops/core";
import { SopsError } from "@isosops/core";
import { parseJson } from "./parse.js";
import { type JsonMemo, renderPreserved } from "./preserve.js";
import { problemAt } from "./problem.js";
import { renderJsonValue, renderSopsLayout } from "./sops-layout.js";
import { jsonStrayText } from "./stray-text.js";

/** The JSON store (stores/json/store.go): one object, whose `sops` member is the metadata. */
export const json: Store = {
  name: "json",
  parse,
  render,
  strayText: jsonStrayText,
  loadEditor: async () => (await import("./on-demand.js")).jsonEditor,
  renderValue: renderJsonValue,
};

export { parseJsonValue } from "./value.js";

function parse(source: string, options: ParseOptions = {}): Document {
  const { root, nodes } = parseJson(source, options.filename);
  const members = root.items as Entry[];
  const memo = readMemo(root, nodes, members, source, options.filename);
  root.items = members.filter((_, index) => index !== memo.block);
  return { store: "json", source, branches: [root], metadata: memo.metadata, memo };
}

/** sops accepts one `sops` member, anywhere at the top level (stores/metadata.go, `ExtractMetadata`). */
function readMemo(
  root: Mapping,
  nodes: number,
  members: Entry[],
  source: string,
  filename: string | undefined,
): JsonMemo {
  const block = members.findIndex((member) => member.key === "sops");
  const memo = { start: root.start, end: root.end, members };
  if (block === -1) return { ...memo, block, metadata: undefined, nodes };
  const metadata = members[block]!.value;
  const second = members.find((member, index) => index > block && member.key === "sops");
  if (second !== undefined) {
    const problem = "This is the second `sops` key of the file. remove the wrong one.";
    throw problemAt("metadata", source, second.start, problem, filename);
  }
  if (metadata.kind !== "mapping") {
    const problem =
      "The top-level key `sops` is reserved for the metadata of sops, which is an object. Rename the key.";
    throw problemAt("metadata", source, members[block]!.start, problem, filename);
  }
  return { ...memo, block, metadata, nodes: nodes - 1 - countItems(metadata) };
}

function countItems(node: Node): number {
  if (node.kind === "leaf") return 0;
  let count = node.items.length;
  for (const item of node.items) {
    if (item.kind === "entry") count += countItems(item.value);
    else if (item.kind !== "comment") count += countItems(item);
  }
  return count;
}

function render(document: Document, options: RenderOptions): string {
  const [root] = document.branches;
  if (root === undefined) throw new SopsError("empty", "There is no document to write as JSON.");
  if (document.branches.length > 1) {
    throw new SopsError(
      "unsupported",
      `A JSON file holds one document, and there are ${document.branches.length} to write. Split the file, or keep YAML.`,
    );
  }
  const indent = checkedIndent(options.indent);
  if (options.layout === "preserve" && document.store === "json" && document.memo !== undefined) {
    const text = renderPreserved(document, document.memo as JsonMemo, { indent, onSplice: options.onSplice });
    if (text !== undefined) return text;
  }
  const { metadata } = document;
  if (metadata === undefined) return renderSopsLayout(root, indent);
  const block: Entry = { kind: "entry", key: "sops", value: metadata, start: -1, end: -1 };
  return renderSopsLayout({ ...root, items: [...root.items, block] }, indent);
}

/** `--indent` of sops, where -1 stands for the default, a tab. */
function checkedIndent(indent: number | undefined): number | undefined {
  if (indent === undefined || indent === -1) return undefined;
  if (Number.isInteger(indent) && indent >= 0 && indent <= 100) return indent;
  throw new SopsError("invalid_option", "The indent width of JSON must be from 0 to 100 spaces, or -1 for a tab.");
}
