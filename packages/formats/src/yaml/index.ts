/** YAML as sops reads and writes it: a store for `@isosops/core`. */
import {
  type Document,
  entry,
  leaf,
  type Mapping,
  mapping,
  type Node,
  type RenderOptions,
  SopsError,
  type Store,
} from "@isosops/core";
import { checkComments } from "./check-comments.js";
import { yamlTexts } from "./edit.js";
import { parse, storeName, type YamlMemo } from "./parse.js";
import { commentPlaces, renderPreserved } from "./preserve.js";
import { renderSopsLayout, renderYamlValue } from "./sops-layout.js";

/** As sops indents (stores/yaml/store.go, `IndentDefault`). */
const defaultIndent = 4;

/** The YAML store. */
export const yaml: Store = {
  name: storeName,
  commentSign: "#",
  parse,
  editor: { texts: yamlTexts },
  renderValue(value: Node): string {
    if (value.kind !== "leaf") checkComments(value);
    return renderYamlValue(value);
  },
  render(document: Document, options: RenderOptions): string {
    for (const branch of document.branches) checkComments(branch);
    if (options.layout === "preserve" && document.store === storeName && document.memo !== undefined) {
      const text = renderPreserved(document, document.memo as YamlMemo, options);
      if (text !== undefined) return text;
    }
    return renderAnew(document, options);
  },
};

/** A document laid out as sops does it, whose comments stay comments where they can. */
function renderAnew({ branches, metadata }: Document, { layout, indent = defaultIndent }: RenderOptions): string {
  if (metadata === undefined) return renderSopsLayout(branches, indent);
  const block = entry("sops", metadata);
  const write = (some: readonly Mapping[]) =>
    renderSopsLayout(
      some.map((branch) => mapping([...branch.items, block])),
      indent,
    );
  const text = write(branches);
  if (layout !== "preserve") return text;
  const { changed } = commentPlaces(branches, new Map());
  if (changed.length === 0) return text;
  let written: Document;
  try {
    written = parse(text);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    // Of another format, with keys that stand twice. Sops writes it all the same.
    return text;
  }
  const { encrypted } = commentPlaces(written.branches, new Map());
  // One at the end of a list may be found below it. As an item, as sops writes it, it cannot.
  return changed.every((place) => encrypted.has(place)) ? text : write(branches.map((branch) => withItems(branch)));
}

function withItems<Kind extends Node>(node: Kind): Kind {
  if (node.kind === "leaf") return node;
  const items = node.items.map((item) => {
    if (item.kind === "entry") return { ...item, value: withItems(item.value) };
    if (item.kind !== "comment") return withItems(item);
    return node.kind === "sequence" && item.changed ? leaf("str", item.text) : item;
  });
  return { ...node, items };
}
