import { loadSha512 } from "#native";
import { cipherInPieces, parseEncryptedValue, prefix } from "../cipher/value.js";
import { decrypt } from "../decrypt.js";
import { SopsError } from "../errors.js";
import type { RecoverOptions } from "../keysource.js";
import { createMac } from "../mac.js";
import type { Metadata } from "../metadata.js";
import { parseSource } from "../parse-source.js";
import type { Store } from "../store.js";
import { toText } from "../text.js";
import { checkMac, unlock } from "../unseal.js";
import type { Warning } from "../warning.js";
import { blockLength, blocksOf, fromBase64, type Pieces, toBase64 } from "./blocks.js";
import { findLongValue, type LongValue } from "./find.js";
import { onlyLeaf } from "./only-leaf.js";

/** Options of {@link openInPieces}. */
export interface OpenInPiecesOptions extends RecoverOptions {
  /** A store of single values (BINARY). */
  readonly store: Store;
  readonly ignoreMac?: boolean | undefined;
  /** Used in error messages. */
  readonly filename?: string | undefined;
}

/** A decrypted file of one value. */
export interface OpenedInPieces {
  readonly plaintext: AsyncIterable<Uint8Array>;
  readonly metadata: Metadata;
  readonly warnings: readonly Warning[];
}

/**
 * Decrypts a file of one value in pieces, as `decrypt` does. Memory does not depend on the size of the file, but for a
 * digest for each MiB.
 *
 * The file is read three times: to find its IV, tag and `sops` block, which are at its end; to check tag and MAC; and,
 * once both are right, to decrypt it. No plaintext comes out that was not authenticated: each block must have the digest
 * that it had when the tag was checked.
 *
 * @param read - Reads the file from its start, each time that it is called.
 * @throws {SopsError} The errors of `decrypt`; `too_large` for a file above 4 MiB that is not written as sops writes it. The
 * iteration throws `value_authentication` if the file has changed since it was checked.
 */
export async function openInPieces(
  read: () => Pieces | Promise<Pieces>,
  options: OpenInPiecesOptions,
): Promise<OpenedInPieces> {
  const { store, ignoreMac, filename, signal } = options;
  const found = await findLongValue(await read());
  if (found instanceof Uint8Array) {
    const { bytes, metadata, warnings } = await decrypt(found, options);
    return { plaintext: once(bytes), metadata, warnings };
  }
  const marker = new TextDecoder().decode(toBase64(globalThis.crypto.getRandomValues(new Uint8Array(24))));
  const text = `${toText(found.before, filename)}${marker}${toText(found.after, filename)}`;
  const document = await parseSource(store, text, { filename });
  const { metadata, rule, cipher, dataKey, warnings } = await unlock(document, options);
  const { leaf, additionalData } = onlyLeaf(document, rule);
  if (typeof leaf.text !== "string" || !leaf.text.startsWith(`${prefix}${marker},`)) throw malformed("data");
  const { iv, tag, type } = parseEncryptedValue(leaf.text);
  if (type !== "str" && type !== "bytes") throw malformed("type");
  if (tag.length !== 16) throw malformed("tag");
  if (iv.length === 0) throw malformed("iv");
  leaf.text = "";
  // Whether the value is that of a binary file.
  store.plain!.render(document);

  const createHash = await loadSha512();
  const digestOf = async (block: Uint8Array): Promise<string> => {
    const hash = createHash();
    hash.update(block);
    return String(await hash.digest());
  };
  const digests: string[] = [];
  const blockCount = Math.ceil(found.length / encodedBlock);
  const mac = createMac(metadata.macOnlyEncrypted, createHash());
  const checking = cipherInPieces(dataKey, iv, additionalData);
  for await (const block of blocksOf(partOf(await read(), found), encodedBlock)) {
    signal?.throwIfAborted();
    digests.push(await digestOf(block));
    mac.add(checking.open(decode(block, digests.length === blockCount)));
  }
  if (!checking.isRight(tag)) {
    throw new SopsError(
      "value_authentication",
      "The value does not decrypt: it was changed after it was encrypted. Restore the file from a copy.",
    );
  }
  if (ignoreMac !== true) await checkMac(cipher, metadata, await mac.digest(), document, filename);

  async function* plaintext(): AsyncGenerator<Uint8Array, void, undefined> {
    const decipher = cipherInPieces(dataKey, iv, additionalData);
    let count = 0;
    for await (const block of blocksOf(partOf(await read(), found as LongValue), encodedBlock)) {
      signal?.throwIfAborted();
      if ((await digestOf(block)) !== digests[count++]) throw changed();
      yield decipher.open(decode(block, count === blockCount));
    }
    if (count < digests.length) throw changed();
  }
  return { plaintext: plaintext(), metadata, warnings: warnings.list };
}

const encodedBlock = (blockLength / 3) * 4;

function decode(block: Uint8Array, isLast: boolean): Uint8Array {
  const bytes = fromBase64(block);
  if (bytes === undefined || !(isLast || bytes.length === blockLength)) throw malformed("data");
  return bytes;
}

/** The base64 of the value. */
async function* partOf(pieces: Pieces, { start, length }: LongValue): AsyncGenerator<Uint8Array, void, undefined> {
  const end = start + length;
  let at = 0;
  for await (const piece of pieces) {
    yield piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += piece.length;
    if (at >= end) return;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

function malformed(part: string): SopsError {
  return new SopsError(
    "malformed_value",
    `The \`${part}\` of the encrypted value is not as sops writes it. It was truncated or edited by hand: restore it from a copy.`,
  );
}

function changed(): SopsError {
  return new SopsError(
    "value_authentication",
    "The file was changed while it was read. What came out before was right, but it is not all. Do the same again.",
  );
}
