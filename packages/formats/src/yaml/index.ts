/** YAML as sops reads and writes it: a store for `@isosops/core`. */
import { type Document, entry, mapping, type RenderOptions, type Store } from "@isosops/core";
import { yamlTexts } from "./edit.js";
import { parse, storeName, type YamlMemo } from "./parse.js";
import { renderPreserved } from "./preserve.js";
import { renderSopsLayout, renderYamlValue } from "./sops-layout.js";

/** As sops indents (stores/yaml/store.go, `IndentDefault`). */
const defaultIndent = 4;

/** The YAML store. */
export const yaml: Store = {
  name: storeName,
  commentSign: "#",
  parse,
  editor: { texts: yamlTexts },
  renderValue: renderYamlValue,
  render(document: Document, options: RenderOptions): string {
    if (options.layout === "preserve" && document.store === storeName && document.memo !== undefined) {
      const text = renderPreserved(document, document.memo as YamlMemo, options);
      if (text !== undefined) return text;
    }
    const { metadata } = document;
    const branches =
      metadata === undefined
        ? document.branches
        : document.branches.map((branch) => mapping([...branch.items, entry("sops", metadata)]));
    return renderSopsLayout(branches, options.indent ?? defaultIndent);
  },
};
