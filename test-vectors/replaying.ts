/**
 * What sops wrote, written again: with the data key, the wrapped keys, the IVs and the time of a file by sops, we encrypt
 * its source anew.
 */
import { vi } from "vitest";
import { parseEncryptedValue } from "../packages/core/dist/cipher/value.js";
import { unwrapDataKey } from "../packages/core/dist/data-key.js";
import {
  compileRule,
  type Document,
  encrypt,
  type KeySource,
  type KeyWrapper,
  type Metadata,
  type Rule,
  readMetadata,
  type Store,
  walk,
} from "../packages/core/dist/index.js";

/** What was random in a file, or depended on the day. */
export interface Drawn {
  readonly metadata: Metadata;
  readonly dataKey: Uint8Array;
  /** Of the values and comments as they are walked, and of the MAC. */
  readonly ivs: readonly Uint8Array[];
  /** How many values and comments are encrypted. */
  readonly count: number;
}

/** Of a file that `store` reads. */
export async function drawnIn(text: string, store: Store, keySource: KeySource): Promise<Drawn> {
  const document = store.parse(text);
  const metadata = readMetadata(document.metadata!, store.singleValue !== true);
  const ivs: Uint8Array[] = [];
  for (const encrypted of await selected(document, metadata.rule)) ivs.push(parseEncryptedValue(encrypted).iv);
  const count = ivs.length;
  ivs.push(parseEncryptedValue(metadata.mac).iv);
  return { metadata, ivs, count, dataKey: await unwrapDataKey(metadata, [keySource]) };
}

/** The texts, not empty, of the values and comments that a rule selects, in the order in which they are encrypted. */
export async function selected({ branches }: Pick<Document, "branches">, rule: Rule): Promise<string[]> {
  const texts: string[] = [];
  const note = ({ text }: { text: string | Uint8Array }, encrypted: boolean) => {
    if (encrypted && text.length > 0) texts.push(text as string);
    return undefined;
  };
  walk(branches, await compileRule(rule), { leaf: note, comment: note });
  return texts;
}

/** Our file in the layout of sops, with what sops drew. */
export async function encryptAgain(
  source: string | Uint8Array,
  { metadata, dataKey, ivs }: Drawn,
  how: { store: Store; outputStore?: Store; indent?: number },
): Promise<string> {
  const wrapper: KeyWrapper = { type: "age", wrap: async () => [...metadata.keyGroups[0]!] };
  const real = globalThis.crypto.getRandomValues.bind(globalThis.crypto);
  const left = Buffer.concat(ivs);
  let hasKey = false;
  let used = 0;
  // A data key is drawn first, and IVs wherever many are drawn at once.
  const random = vi.spyOn(globalThis.crypto, "getRandomValues").mockImplementation((array) => {
    const bytes = real(array as unknown as Uint8Array<ArrayBuffer>);
    if (!hasKey) bytes.set(dataKey);
    else if (bytes.length >= 256) {
      bytes.set(left.subarray(used, used + bytes.length));
      used += bytes.length;
    }
    hasKey = true;
    return array;
  });
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(metadata.lastModified) });
  try {
    const { rule, macOnlyEncrypted } = metadata;
    const { text } = await encrypt(source, { ...how, wrappers: [wrapper], rule, macOnlyEncrypted, layout: "sops" });
    return text;
  } finally {
    random.mockRestore();
    vi.useRealTimers();
  }
}
