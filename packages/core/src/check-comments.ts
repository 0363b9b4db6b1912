import { isEncryptedValue } from "./cipher/value.js";
import { SopsError } from "./errors.js";
import type { CompiledRule } from "./rule.js";
import type { Document, Store } from "./store.js";
import { type Visitor, walk } from "./walk.js";

/**
 * See that a converted file still has the comments its rule goes by: another format may have none, or not in all places, and
 * then the rule selects other values. Throws `SopsError` (`unwritable`).
 */
export function checkComments(store: Store, text: string, rule: CompiledRule): void {
  const visitor: Visitor = {
    leaf(value, encrypted) {
      const isEncrypted = typeof value.text === "string" && isEncryptedValue(value.text);
      if (value.text.length === 0 || encrypted === isEncrypted) return undefined;
      throw new SopsError(
        "unwritable",
        `In ${store.name}, comments that the rule goes by are lost or moved, so that nobody could decrypt the file. Give a rule that goes by keys, or keep the format.`,
      );
    },
    comment() {},
  };
  let written: Document;
  try {
    written = store.parse(text);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    // Sops writes it all the same.
    return;
  }
  walk(written.branches, rule, visitor);
}
