/** What the tests of the formats that sops lacks have in common. */
import type { Comment, Leaf, Mapping, Node, Sequence, Store } from "@isosops/core";
import { expect } from "vitest";
import { type Decrypted, decrypt, encrypt, type SelectionOptions } from "../../isosops/dist/index.js";

const tools: { readKey(name: string): { recipient: string; identity: string } } = await import(
  new URL("../../../test-vectors/tools.js", import.meta.url).href
);

export const { recipient, identity } = tools.readKey("first");

/** How many generated documents: `ISOSOPS_DOCUMENTS`, where that is set. */
export function runs(usual: number): number {
  return Number(process.env.ISOSOPS_DOCUMENTS ?? usual);
}

/** Encrypts, decrypts, and wants the source back, and in between everything but values, comments and the block. */
export async function roundTrip(
  store: Store,
  source: string,
  rule: SelectionOptions = {},
): Promise<Decrypted & { locked: string }> {
  const { name } = store;
  const { text: locked } = await encrypt(source, { format: store, recipients: [recipient], ...rule });
  expect(between(store, locked), `${name}: the bytes between the values`).toBe(between(store, source));
  const plain = await decrypt(locked, { format: store, identities: [identity] });
  expect(plain.text).toBe(source);
  return Object.assign(plain, { locked });
}

/** The text before the block, with a mark for every value that may be encrypted. */
function between(store: Store, text: string): string {
  const document = store.parse(text);
  const without =
    document.metadata === undefined ? text : store.render({ ...document, metadata: undefined }, { layout: "preserve" });
  const parts = leaves(store.parse(without).branches[0]!).sort((a, b) => a.start - b.start);
  let shown = "";
  let at = 0;
  for (const part of parts) {
    shown += `${without.slice(at, part.start)}<${part.kind}>`;
    at = part.end;
  }
  return shown + without.slice(at);
}

export function leaves(parent: Mapping | Sequence): (Leaf | Comment)[] {
  const found: (Leaf | Comment)[] = [];
  const visit = (node: Node | Comment): void => {
    if (node.kind === "leaf" || node.kind === "comment") found.push(node);
    else for (const item of node.items) visit(item.kind === "entry" ? item.value : item);
  };
  visit(parent);
  return found;
}

/** The error of a run, which must be one. */
export function errorOf(run: () => unknown): Error & { code?: string; line?: number; column?: number } {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("There was no error.");
}
