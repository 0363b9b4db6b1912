/**
 * Makes a change to a YAML file by editing only the lines that change, in the style of what is around them.
 *
 * To sops, an alias is a value of its own, so a change to its anchored node must not change it. Such aliases are replaced by
 * what they stand for, on one line.
 */
import {
  type Change,
  changedCollection,
  type Document,
  type EditedText,
  type Editor,
  type Mapping,
  type Node,
  valueAt,
} from "@isosops/core";
import { editText } from "../../shared/edit-text.js";
import type { Edit } from "../../shared/splice.js";
import { compose } from "../go-yaml/compose.js";
import { withoutAuthorsStyle } from "../preserve/ciphertext.js";
import { aliasText, flowText } from "../preserve/flow-text.js";
import type { AliasMemo, YamlMemo } from "../tree/memo.js";
import { blockInsertion, blockRemoval } from "./block.js";
import type { Candidate } from "./candidate.js";
import { flowInsertion, flowRemoval } from "./flow.js";
import { replacements } from "./replace.js";
import { findTarget, type Target } from "./target.js";

export const yamlEditor: Editor = {
  texts: yamlTexts,
  inPlace: ({ source }, leaf) => withoutAuthorsStyle(source, leaf),
};

/** See `Editor.texts`: the texts of a YAML file with the change, the preferred one first. */
function* yamlTexts(document: Document, change: Change): Iterable<EditedText> {
  const { source } = document;
  const { aliases, root } = document.memo as YamlMemo;
  const through = aliases.find(({ node }) => change.parents.includes(node as Mapping));
  if (through !== undefined) {
    yield editText(source, [], [...expansions(source, aliases, change), aliasWithChange(through, change)]);
    return;
  }
  const target = findTarget(document, root ?? compose(source).documents[0]!.root, change);
  if (target === undefined) return;
  const expanded = expansions(source, aliases, change);
  for (const { edits, fresh } of candidates(target, change)) {
    const isGone = ({ start, end }: Edit) => edits.some((edit) => edit.start <= start && end <= edit.end);
    yield editText(source, edits, [...expanded.filter((edit) => !isGone(edit)), ...fresh]);
  }
}

/** Edits that replace the aliases of what changes by what they stand for. */
function expansions(source: string, aliases: readonly AliasMemo[], { kind, parents, indices }: Change): Edit[] {
  if (aliases.length === 0) return [];
  const changing = new Set<Node>(parents);
  if (kind !== "insert") addAll(changing, valueAt(parents.at(-1)!, indices.at(-1)!));
  return aliases
    .filter(({ node, original }) => original !== undefined && changing.has(original) && !changing.has(node))
    .map(({ start, end, node }) => ({ start, end, text: aliasText(source, end, node) }));
}

function addAll(nodes: Set<Node>, node: Node): void {
  nodes.add(node);
  if (node.kind === "leaf") return;
  for (const item of node.items) if (item.kind !== "comment") addAll(nodes, item.kind === "entry" ? item.value : item);
}

/** An edit that replaces an alias by what it stands for, with the change. */
function aliasWithChange({ node, start, end }: AliasMemo, change: Change): Edit {
  const depth = change.parents.indexOf(node as Mapping);
  const changed = changedCollection({
    ...change,
    parents: change.parents.slice(depth),
    indices: change.indices.slice(depth),
  });
  return { start, end, text: flowText(changed) };
}

function candidates(target: Target, change: Change): Candidate[] {
  const { collection } = target;
  if (change.kind === "insert") return collection.flow ? flowInsertion(target, change) : blockInsertion(target, change);
  if (change.kind === "replace")
    return replacements(target, valueAt(target.tree, change.indices.at(-1)!), change.value!);
  return collection.flow ? flowRemoval(target) : blockRemoval(target, change);
}
