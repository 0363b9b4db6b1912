/** ENV (dotenv) as sops reads and writes it: a store for `@isosops/core`. */
import { type Document, type RenderOptions, SopsError, type Store } from "@isosops/core";
import { envEditor } from "./edit.js";
import { type EnvMemo, metadataPrefix, parseEnv } from "./parse.js";
import { renderEnv, renderPreservedEnv } from "./render.js";
import { envStrayText } from "./stray-text.js";

/** The ENV store (stores/dotenv/store.go). */
export const env: Store = {
  name: "dotenv",
  commentSign: "#",
  isReserved: (key) => key.startsWith(metadataPrefix),
  parse: parseEnv,
  strayText: envStrayText,
  loadEditor: async () => envEditor,
  render(document: Document, { layout, onSplice }: RenderOptions): string {
    const [root] = document.branches;
    if (root === undefined) throw new SopsError("empty", "There is no document to write as ENV.");
    if (document.branches.length > 1) {
      throw new SopsError(
        "unsupported",
        `An ENV file holds one document, and there are ${document.branches.length} to write. Split the file, or keep YAML.`,
      );
    }
    if (layout === "preserve" && document.store === "dotenv" && document.memo !== undefined) {
      const text = renderPreservedEnv(document, document.memo as EnvMemo, onSplice);
      if (text !== undefined) return text;
    }
    return renderEnv(root, document.metadata);
  },
};
