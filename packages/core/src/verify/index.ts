export { conflictIn } from "../conflict.js";

import { sameData } from "../edit/same-tree.js";
import type { Document } from "../store.js";
import { type Place, placeOfNode } from "../tree.js";
import { type Block, type BlockOptions, verifyBlock } from "./block.js";
import type { Findings } from "./finding.js";
import { verifyValues } from "./values.js";

export { gitCommand } from "../git-command.js";
export { keyTypes } from "../metadata.js";
export { shellPath, shellWord } from "../shell-word.js";
export type { Block, BlockOptions, KeyCheck, PlacedKey } from "./block.js";
export type { Findings } from "./finding.js";
export { createFindings } from "./finding.js";
export type { Finding, FindingLevel, FindingRule, Region } from "./finding-rules.js";
export { findingRules } from "./finding-rules.js";
export { describeRule, findCiphertexts } from "./values.js";

/**
 * Checks an encrypted document without any key: its block, and whether every value and comment matches the rule.
 * Without the data key, it cannot tell whether the values belong together and the MAC matches.
 *
 * @param document - The document. `document.metadata` must be set.
 * @returns The contents of the block.
 */
export async function verifyDocument(document: Document, options: BlockOptions, findings: Findings): Promise<Block> {
  const block = verifyBlock(document.metadata!, options, findings);
  verifyBlocks(document, findings);
  if (block.rule !== undefined) await verifyValues(document, block.rule, findings, options.filename);
  return block;
}

/** Reports text that no rule can select: the result of `Store.strayText`. */
export function verifyStrayText(places: readonly Place[], findings: Findings): void {
  for (const place of places) {
    findings.add("stray-text", {
      message:
        "This text is plain and belongs to no key, value or comment, so the file's rule does not apply to it and sops ignores it. Remove it; if it contains a secret, change the secret.",
      place,
    });
  }
}

/** All documents of a file must have the same block: sops writes it to each, and reads the first. */
function verifyBlocks({ branches, blocks = [], metadata }: Document, findings: Findings): void {
  for (const [index, block] of blocks.entries()) {
    const number = index + 1;
    if (block === undefined) {
      findings.add("missing-block", {
        message: `Document ${number} of the file has no \`sops\` block: it was added by hand, or truncated. Encrypt the whole file again from a decrypted copy.`,
        place: branches[index],
      });
    } else if (block !== metadata && !sameData(block, metadata!, (one, other) => one.text === other.text)) {
      findings.add("different-blocks", {
        message: `The \`sops\` block of document ${number} differs from that of the first document, which is the one that counts: the documents come from different files. Encrypt them as one file from decrypted copies.`,
        place: placeOfNode(block),
      });
    }
  }
}
