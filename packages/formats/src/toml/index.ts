/** TOML 1.0: an extension that sops does not support, shared with rops. A store for `@isosops/core`. */
import { type Document, type RenderOptions, SopsError, type Store } from "@isosops/core";
import { parseToml, type TomlMemo } from "./parse.js";
import { renderPreserved } from "./preserve.js";
import { renderTomlLayout } from "./sops-layout.js";
import { tomlStrayText } from "./stray-text.js";

/** The TOML store (toml.io/en/v1.0.0). */
export const toml: Store = {
  name: "toml",
  isExtension: true,
  parse: parseToml,
  strayText: tomlStrayText,
  render(document: Document, { layout, indent, onSplice }: RenderOptions): string {
    const [root] = document.branches;
    if (root === undefined) throw new SopsError("empty", "There is no document to write as TOML.");
    if (document.branches.length > 1) {
      throw new SopsError(
        "unsupported",
        `A TOML file holds one document, and there are ${document.branches.length} to write. Split the file, or keep YAML.`,
      );
    }
    const memo = document.store === "toml" ? (document.memo as TomlMemo | undefined) : undefined;
    if (layout === "preserve" && memo !== undefined) {
      const text = renderPreserved(document, memo, onSplice);
      if (text !== undefined) return text;
    }
    return renderTomlLayout(root, document.metadata, indent, memo !== undefined);
  },
};
