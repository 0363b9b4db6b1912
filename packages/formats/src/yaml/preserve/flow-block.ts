/** The `sops` block of a document in a flow mapping. */
import type { Mapping } from "@isosops/core";
import { isBreak } from "../go-yaml/characters.js";
import { skipToContent, startOfBreak } from "../go-yaml/lines.js";
import type { BranchMemo } from "../tree/memo.js";
import { toJson } from "./json-text.js";
import type { Splice } from "./splice.js";

/**
 * Inserts, replaces or removes the block of a flow mapping: JSON within its braces, which is also YAML. If the whole file is
 * JSON, it stays JSON. If not, the name of the block has a line of its own, by which helm-secrets recognizes YAML.
 */
export function spliceFlowBlock(
  splice: Splice,
  branch: Mapping,
  memo: BranchMemo,
  metadata: Mapping | undefined,
): void {
  const { source, edits, eol } = splice;
  const [first] = memo.blocks;
  const text = metadata === undefined ? undefined : toJson(metadata);
  if (first === undefined) {
    if (text === undefined) return;
    const close = memo.rootEnd - 1;
    const last = branch.items.findLast((item) => item.kind === "entry");
    if (splice.isJson) {
      edits.add(close, close, `${last === undefined ? "" : ", "}"sops": ${text}`);
      return;
    }
    const comma = last === undefined || source[skipToContent(source, last.end)] === ",";
    // A comma after the block records that there was one, or nothing, before it.
    edits.add(close, close, `${comma ? "" : ","}${eol}sops:${eol}${text}${comma ? "," : ""}`);
    return;
  }
  if (text !== undefined) {
    // Keep the key, quoted or not, and its line, which programs look for.
    const colon = source.indexOf(":", first.start);
    const gap = isBreak(source.charCodeAt(colon + 1)) ? eol : " ";
    edits.add(colon, first.end, `:${gap}${text}`);
    return;
  }
  let { start, end } = first;
  const above = startOfBreak(source, start);
  if (above < start) start = above;
  if (source.charCodeAt(end) === 0x2c) end++;
  else if (above < first.start && source[above - 1] === ",") start = above - 1;
  else if (source.slice(start - 2, start) === ", ") start -= 2;
  edits.add(start, end, "");
}
