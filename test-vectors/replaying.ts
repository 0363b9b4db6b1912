/**
 * Replays an encryption of sops: encrypts the source of a file again, with the data key, the wrapped keys, the IVs and the
 * time that sops used.
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
  /** The values and comments that are encrypted, as `selected` gives them. */
  readonly places: readonly Place[];
}

/** A value or comment that a rule selects. */
interface Place {
  readonly text: string | Uint8Array;
  readonly additionalData: string;
}

/** Of a file that `store` reads. */
export async function drawnIn(text: string, store: Store, keySource: KeySource): Promise<Drawn> {
  const document = store.parse(text);
  const metadata = readMetadata(document.metadata!, store.singleValue !== true);
  const ivs: Uint8Array[] = [];
  const places = await selected(document, metadata.rule);
  for (const { text } of places) ivs.push(parseEncryptedValue(text as string).iv);
  ivs.push(parseEncryptedValue(metadata.mac).iv);
  return { metadata, ivs, places, dataKey: await unwrapDataKey(metadata, { keySources: [keySource] }) };
}

/**
 * Whether what was drawn is in the order in which the document is encrypted. Where sops writes a comment elsewhere, or not
 * at all, it is not.
 */
export async function isInOrder({ places, metadata }: Drawn, document: Document): Promise<boolean> {
  const wanted = await selected(document, metadata.rule);
  return (
    wanted.length === places.length &&
    wanted.every(({ text, additionalData }, index) => {
      const drawn = places[index]!;
      const { length } = parseEncryptedValue(drawn.text as string).data;
      return additionalData === drawn.additionalData && length === Buffer.byteLength(text);
    })
  );
}

/** The values and comments that a rule selects, but for empty ones, in the order in which they are encrypted. */
async function selected({ branches }: Pick<Document, "branches">, rule: Rule): Promise<Place[]> {
  const places: Place[] = [];
  const note = ({ text }: { text: string | Uint8Array }, encrypted: boolean, additionalData: string) => {
    if (encrypted && text.length > 0) places.push({ text, additionalData });
    return undefined;
  };
  walk(branches, await compileRule(rule), { leaf: note, comment: note });
  return places;
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
    const { text } = await encrypt(source, {
      ...how,
      wrappers: [wrapper],
      rule,
      macOnlyEncrypted,
      layout: "sops",
      allowLoss: true,
    });
    return text;
  } finally {
    random.mockRestore();
    vi.useRealTimers();
  }
}
