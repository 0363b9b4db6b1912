/** XML 1.0: an extension that sops does not support. A store for `@isosops/core`. */
import { type Document, type RenderOptions, SopsError, type Store } from "@isosops/core";
import { parseXml, type XmlMemo } from "./parse.js";
import { renderPreserved } from "./preserve.js";
import { renderXmlLayout } from "./sops-layout.js";
import { xmlStrayText } from "./stray-text.js";

/** The XML store (www.w3.org/TR/xml). */
export const xml: Store = {
  name: "xml",
  isExtension: true,
  repeatsKeys: true,
  // The metadata is in the root element, not next to it.
  isReserved: () => false,
  parse: parseXml,
  strayText: xmlStrayText,
  render(document: Document, { layout, indent, onSplice }: RenderOptions): string {
    if (document.branches.length !== 1) {
      throw new SopsError(
        document.branches.length === 0 ? "empty" : "unsupported",
        `An XML file holds one document, and there are ${document.branches.length} to write.`,
      );
    }
    const memo = document.store === "xml" ? (document.memo as XmlMemo | undefined) : undefined;
    if (layout === "preserve" && memo !== undefined) {
      const text = renderPreserved(document, memo, onSplice);
      if (text !== undefined) return text;
    }
    return renderXmlLayout(document, memo, indent);
  },
};
