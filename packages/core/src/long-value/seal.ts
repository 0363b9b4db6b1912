import { loadSha512 } from "#native";
import { longestMessage } from "../cipher/gcm.js";
import {
  beforeIv,
  beforeTag,
  beforeType,
  cipherInPieces,
  createValueCipher,
  ivLength,
  prefix,
} from "../cipher/value.js";
import { generateDataKey, wrapDataKey } from "../data-key.js";
import { SopsError } from "../errors.js";
import type { KeyOptions, KeyWrapper } from "../keysource.js";
import { createMac } from "../mac.js";
import { fieldMap, sopsVersion, writeMetadata } from "../metadata.js";
import { compileRule } from "../rule.js";
import { stamp } from "../seal.js";
import type { Store } from "../store.js";
import { blockLength, blocksOf, type Pieces, toBase64 } from "./blocks.js";
import { onlyLeaf } from "./only-leaf.js";

/** Options of {@link sealInPieces}. */
export interface SealInPiecesOptions extends KeyOptions {
  /** A store of single values (BINARY). */
  readonly store: Store;
  readonly keyGroups?: readonly (readonly KeyWrapper[])[] | undefined;
  readonly shamirThreshold?: number | undefined;
  readonly indent?: number | undefined;
}

/**
 * Encrypts a file of one value in pieces, as `encrypt` does. Memory does not depend on the size of the file.
 *
 * @returns The encrypted file. It is complete only when the iteration ends without an error.
 * @throws {SopsError} `no_recipients`, and the errors of the wrappers; `too_large` above 64 GiB, the limit of AES-GCM.
 */
export async function* sealInPieces(
  plaintext: Pieces,
  options: SealInPiecesOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { store, indent, signal, shamirThreshold, keyGroups: wrappers = [] } = options;
  const dataKey = generateDataKey();
  const keyGroups = await wrapDataKey(dataKey, wrappers, shamirThreshold, { signal });
  const mac = createMac(false, (await loadSha512())());
  const document = store.plain!.parse(new Uint8Array(0));
  const { leaf, additionalData } = onlyLeaf(document, await compileRule({}));
  const iv = globalThis.crypto.getRandomValues(new Uint8Array(ivLength));
  const cipher = cipherInPieces(dataKey, iv, additionalData);
  const marker = ascii(toBase64(globalThis.crypto.getRandomValues(new Uint8Array(24))));
  const render = (): string => store.render(document, { layout: "sops", indent });
  leaf.text = `${prefix}${marker}`;
  const before = cut(render(), marker)[0];

  let length = 0;
  for await (const block of blocksOf(plaintext, blockLength)) {
    signal?.throwIfAborted();
    if (length === 0) yield new TextEncoder().encode(before);
    length += block.length;
    if (length > longestMessage) throw tooLong();
    mac.add(block);
    yield toBase64(cipher.seal(block));
  }
  // The empty string stays as it is, unencrypted (aes/cipher.go, `isEmpty`).
  leaf.text = "";
  if (length > 0) {
    const [ivText, tag] = [iv, cipher.tag()].map((bytes) => ascii(toBase64(bytes)));
    leaf.text = `${prefix}${marker}${beforeIv}${ivText}${beforeTag}${tag}${beforeType}str]`;
  }
  document.metadata = writeMetadata({
    ...stamp(createValueCipher(dataKey), await mac.digest()),
    rule: {},
    macOnlyEncrypted: false,
    version: sopsVersion,
    keyGroups,
    shamirThreshold: shamirThreshold ?? (keyGroups.length > 1 ? keyGroups.length : undefined),
    unknown: fieldMap(),
  });
  yield new TextEncoder().encode(length === 0 ? render() : cut(render(), marker)[1]);
}

function cut(text: string, marker: string): [before: string, after: string] {
  const at = text.indexOf(marker);
  return [text.slice(0, at), text.slice(at + marker.length)];
}

function ascii(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function tooLong(): SopsError {
  return new SopsError(
    "too_large",
    "The file is longer than 64 GiB, the limit of AES-GCM, with which sops encrypts. Split it, or encrypt it with age (`isosops age`).",
  );
}
