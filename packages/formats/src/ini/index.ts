/** INI as sops reads and writes it: a store for `@isosops/core`. */
import {
  type Document,
  type Mapping,
  mapping,
  type Node,
  placeOf,
  type RenderOptions,
  SopsError,
  type Store,
  showPath,
} from "@isosops/core";
import { renderJsonValue } from "../json/sops-layout.js";
import { iniEditor } from "./edit.js";
import { type IniMemo, parseIni } from "./parse.js";
import { renderPreserved } from "./preserve.js";
import { metadataSection, renderSopsLayout } from "./sops-layout.js";
import { iniStrayText } from "./stray-text.js";

/** The INI store (stores/ini/store.go). */
export const ini: Store = {
  name: "ini",
  parse: parseIni,
  strayText: iniStrayText,
  loadEditor: async () => iniEditor,
  renderValue,
  render(document: Document, { layout, onSplice }: RenderOptions): string {
    const [root] = document.branches;
    if (root === undefined) throw new SopsError("empty", "There is no document to write as INI.");
    if (document.branches.length > 1) {
      throw new SopsError(
        "unsupported",
        `An INI file holds one document, and there are ${document.branches.length} to write. Split the file, or keep YAML.`,
      );
    }
    const memo = document.store === "ini" ? (document.memo as IniMemo | undefined) : undefined;
    if (layout === "preserve" && memo !== undefined) {
      const text = renderPreserved(document, memo, onSplice);
      if (text !== undefined) return text;
      refuseLoss(document.source, root);
    }
    const { metadata } = document;
    const all = metadata === undefined ? root : mapping([...root.items, metadataSection(metadata)]);
    return renderSopsLayout(all, memo?.dropped ?? new Set());
  },
};

/**
 * Checks that no text that sops ignores is lost, or left in plain text.
 *
 * @throws {SopsError} `unsupported`.
 */
function refuseLoss(source: string, root: Mapping): void {
  for (const section of root.items) {
    if (section.kind !== "entry" || section.value.kind !== "mapping") continue;
    for (const item of section.value.items) {
      if (item.kind !== "entry" || !item.carried?.some(({ kind, leaf }) => kind !== "comment" || leaf.changed))
        continue;
      const path = [section.key, item.key];
      const { line } = placeOf(source, item.value.start);
      throw new SopsError(
        "unsupported",
        `The value at ${showPath(path)} (line ${line}) is next to text that sops ignores, and cannot be written without moving it. Put comments above the key, and nothing else after the value.`,
        { path, line },
      );
    }
  }
}

/** sops writes single values as JSON (stores/ini/store.go, `encodeValue`). */
function renderValue(value: Node): string {
  if (value.kind === "leaf") return renderJsonValue(value);
  throw new SopsError("unsupported", "An INI file cannot hold lists. Use another output format, such as JSON.");
}
