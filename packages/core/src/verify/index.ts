import type { Document } from "../store.js";
import type { Mapping, Node, Place } from "../tree.js";
import { type Block, type BlockOptions, verifyBlock } from "./block.js";
import { type Findings, placeOfNode } from "./finding.js";
import { verifyValues } from "./values.js";

export { keyTypes } from "../metadata.js";
export { shellWord } from "../shell-word.js";
export type { Block, BlockOptions, KeyCheck, PlacedKey } from "./block.js";
export type { Findings } from "./finding.js";
export { createFindings } from "./finding.js";
export type { Finding, FindingLevel, FindingRule, Region } from "./finding-rules.js";
export { findingRules } from "./finding-rules.js";
export { describeRule, findCiphertexts } from "./values.js";

/**
 * Look at an encrypted document without any key: its block, and whether every value and comment is what the block's
 * rule says. What only the data key tells is not looked at: whether values belong together, and whether the MAC fits.
 *
 * `document.metadata` must be there.
 */
export async function verifyDocument(document: Document, options: BlockOptions, findings: Findings): Promise<Block> {
  const block = verifyBlock(document.metadata!, options, findings);
  verifyBlocks(document, findings);
  if (block.rule !== undefined) await verifyValues(document, block.rule, findings, options.filename);
  return block;
}

/** Say where text stands that no rule can select: what `Store.strayText` gives. */
export function verifyStrayText(places: readonly Place[], findings: Findings): void {
  for (const place of places) {
    findings.add("stray-text", {
      message:
        "Text is in plain text here that belongs to no key, value or comment, so that the file's rule says nothing of it and sops passes it over. Take it out; if it holds a secret, change the secret.",
      place,
    });
  }
}

/** Every document of a file has the same block: sops writes it so, and reads the first. */
function verifyBlocks({ branches, blocks = [], metadata }: Document, findings: Findings): void {
  for (const [index, block] of blocks.entries()) {
    const number = index + 1;
    if (block === undefined) {
      findings.add("missing-block", {
        message: `Document ${number} of the file has no \`sops\` block: it was added by hand, or cut. Encrypt the whole file anew from a decrypted copy.`,
        place: branches[index],
      });
    } else if (block !== metadata && !isSame(block, metadata!)) {
      findings.add("different-blocks", {
        message: `The \`sops\` block of document ${number} is not that of the first document, which is the one that counts: the documents come from different files. Encrypt them as one file from decrypted copies.`,
        place: placeOfNode(block),
      });
    }
  }
}

function isSame(one: Node, other: Node): boolean {
  if (one.kind === "leaf" || other.kind === "leaf") {
    return one.kind === "leaf" && other.kind === "leaf" && one.text === other.text;
  }
  if (one.kind !== other.kind) return false;
  const items = (node: Mapping | Exclude<Node, { kind: "leaf" }>) =>
    node.items.filter((item) => item.kind !== "comment");
  const [left, right] = [items(one), items(other)];
  return (
    left.length === right.length &&
    left.every((item, index) => {
      const beside = right[index]!;
      if (item.kind === "entry")
        return beside.kind === "entry" && item.key === beside.key && isSame(item.value, beside.value);
      return beside.kind !== "entry" && isSame(item as Node, beside as Node);
    })
  );
}
