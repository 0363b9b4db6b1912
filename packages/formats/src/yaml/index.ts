/** YAML as sops reads and writes it: a store for `@isosops/core`. */
import type { Document, Node, RenderOptions, Store } from "@isosops/core";
import { renderYamlValue } from "./go-yaml/emit.js";
import { reformat } from "./preserve/reformat.js";
import { renderPreserved } from "./preserve/render.js";
import { refuseControlCharacters } from "./tree/control-characters.js";
import { storeName, type YamlMemo } from "./tree/memo.js";
import { parse } from "./tree/parse.js";
import { yamlStrayText } from "./tree/stray-text.js";

/** The YAML store. */
export const yaml: Store = {
  name: storeName,
  commentSign: "#",
  parse,
  strayText: yamlStrayText,
  *aliases({ memo }) {
    for (const { start, end, node, original } of (memo as YamlMemo).aliases) {
      if (original !== undefined) yield { start, end, node, original };
    }
  },
  loadEditor: async () => (await import("./on-demand.js")).yamlEditor,
  renderValue(value: Node): string {
    if (value.kind !== "leaf") refuseControlCharacters(value);
    return renderYamlValue(value);
  },
  render(document: Document, options: RenderOptions): string {
    for (const branch of document.branches) refuseControlCharacters(branch);
    if (options.layout === "preserve" && document.store === storeName && document.memo !== undefined) {
      const text = renderPreserved(document, document.memo as YamlMemo, options);
      if (text !== undefined) return text;
    }
    return reformat(document, options);
  },
};
