import { SopsError } from "./errors.js";
import type { Document, RenderOptions, Store } from "./store.js";
import { limited } from "./too-large.js";
import type { Comment, Entry, Node } from "./tree.js";

/**
 * Renders a document: text, or bytes for plain files that are not text.
 *
 * @throws {SopsError} `unwritable` if the format cannot hold the values; `too_large`.
 */
export function write(store: Store, document: Document, options: RenderOptions): string | Uint8Array {
  try {
    if (options.layout === "sops" || document.store !== store.name)
      for (const branch of document.branches) dropUnread(branch);
    const { plain } = store;
    return limited(() =>
      plain !== undefined && document.metadata === undefined ? plain.render(document) : store.render(document, options),
    );
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== "unsupported") throw error;
    const { message, path } = error;
    throw new SopsError("unwritable", message, { ...(path === undefined ? {} : { path }), cause: error });
  }
}

/** Removes comments that sops ignores: it never writes them. */
function dropUnread(node: Node): void {
  if (node.kind === "leaf") return;
  if (node.items.some((item) => item.kind === "comment" && item.unread !== undefined)) {
    const { items }: { items: readonly (Entry | Comment | Node)[] } = node;
    node.items = items.filter((item) => item.kind !== "comment" || item.unread === undefined) as typeof node.items;
  }
  for (const item of node.items) {
    if (item.kind !== "comment") dropUnread(item.kind === "entry" ? item.value : item);
  }
}
