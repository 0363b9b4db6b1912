/** Checks of binary files in pieces, and of the ciphers in JavaScript that they need where the runtime has none for pieces. */
import { decrypt, decryptStream, encrypt, encryptStream, generateIdentity } from "isosops";
// All runtimes check what those without node:crypto use.
import { createGcm } from "../node_modules/@isosops/core/dist/cipher/gcm.js";
import { createSha512, loadSha512 } from "../node_modules/@isosops/core/dist/native/portable.js";
import { assert, assertBytes, assertEqual, assertFails } from "./assert.js";

/** What is encrypted at a time, in bytes (core/src/long-value/blocks.ts). */
const block = 48 * 16_384;
/** The longest is decrypted in pieces: files up to 4 MiB are read as a whole (core/src/long-value/find.ts). */
const long = 5 * block + 17;
const lengths = [0, 1, block - 1, block, block + 1, long];

/** @param {import("./checks.js").Vectors} vectors */
export function* listStreamChecks({ good }) {
  yield ["binary, streamed: what is encrypted in pieces is decrypted whole, and the other way round", checkRoundTrips];
  const binary = good.filter(({ format }) => format === "binary");
  yield ["binary, streamed: what sops encrypted", () => checkVectors(binary)];
  yield ["binary, streamed: of a changed file nothing comes out", checkChanged];
  yield ["AES-256-GCM in JavaScript, in pieces: as Web Crypto does it whole", checkGcm];
  yield ["SHA-512 in JavaScript, in pieces: as Web Crypto does it whole", checkSha512];
}

async function checkRoundTrips() {
  const { identity, recipient } = await generateIdentity();
  const options = { format: "binary", identities: [identity] };
  for (const length of lengths) {
    const plain = bytesOf(length);
    const inPieces = await collect(streamOf(plain).pipeThrough(encryptStream({ recipients: [recipient] })));
    assertBytes((await decrypt(inPieces, options)).bytes, plain, `${length} bytes, encrypted in pieces`);
    const { text } = await encrypt(plain, { format: "binary", recipients: [recipient] });
    const whole = new TextEncoder().encode(text);
    assertBytes(await decryptInPieces(whole, [identity]), plain, `${length} bytes, decrypted in pieces`);
  }
}

async function checkVectors(vectors) {
  assert(vectors.length > 5, "too few vectors");
  for (const { name, identities, encrypted, decrypted } of vectors) {
    const plain = await decryptInPieces(new TextEncoder().encode(encrypted), identities);
    const shown = Array.from(plain, (byte) => String.fromCharCode(byte)).join("");
    assertEqual(shown, decrypted, name);
  }
}

async function checkChanged() {
  const { identity, recipient } = await generateIdentity();
  const file = await collect(streamOf(bytesOf(long)).pipeThrough(encryptStream({ recipients: [recipient] })));
  const changed = file.slice();
  changed[block + 5000] = changed[block + 5000] === 65 ? 66 : 65;
  await assertFails("value_authentication", () => decryptInPieces(changed, [identity]));
  const { identity: stranger } = await generateIdentity();
  await assertFails("no_matching_identity", () => decryptInPieces(file, [stranger]));
}

async function checkGcm() {
  const rawKey = bytesOf(32);
  const key = await crypto.subtle.importKey("raw", rawKey, "AES-GCM", false, ["encrypt"]);
  const gcm = createGcm(rawKey);
  const additionalData = bytesOf(37);
  // 12 bytes are the counter as they are, others are hashed. Deno has no others than 16; sops has 32.
  for (const iv of [bytesOf(12), bytesOf(16)]) {
    for (const length of [0, 15, 16, 100_001]) {
      const plain = bytesOf(length);
      const expected = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plain));
      const sealing = gcm.pieces(iv, additionalData);
      const sealed = concat([...cut(plain, 4096)].map((piece) => sealing.seal(piece)));
      assertBytes(concat([sealed, sealing.tag()]), expected, `${length} bytes, IV of ${iv.length}, sealed`);

      const ciphertext = expected.slice(0, length);
      const tag = expected.slice(length);
      const opening = gcm.pieces(iv, additionalData);
      const opened = concat([...cut(ciphertext, 48)].map((piece) => opening.open(piece)));
      assertBytes(opened, plain, `${length} bytes, IV of ${iv.length}, opened`);
      assert(opening.isRight(tag), "the tag is right, and was refused");
      tag[15] ^= 1;
      const again = gcm.pieces(iv, additionalData);
      for (const piece of cut(ciphertext, 4096)) again.open(piece);
      assert(!again.isRight(tag), "the tag is wrong, and was accepted");
    }
  }
}

async function checkSha512() {
  const hashes = [createSha512, await loadSha512()];
  for (const length of [0, 111, 112, 128, 100_001]) {
    const message = bytesOf(length);
    const expected = new Uint8Array(await crypto.subtle.digest("SHA-512", message));
    for (const create of hashes) {
      const hash = create();
      const buffer = new Uint8Array(1000);
      for (const piece of cut(message, 1000)) {
        buffer.set(piece);
        hash.update(buffer.subarray(0, piece.length));
        // The bytes may be used again.
        buffer.fill(0);
      }
      assertBytes(await hash.digest(), expected, `${length} bytes`);
    }
  }
}

async function decryptInPieces(file, identities) {
  const { readable } = await decryptStream(() => streamOf(file), { identities });
  return collect(readable);
}

/** A stream of pieces of odd sizes. */
function streamOf(bytes) {
  let at = 0;
  let size = 1;
  return new ReadableStream({
    pull(controller) {
      if (at === bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at = Math.min(bytes.length, at + size);
      size = (size * 7) % 300_007 || 1;
    },
  });
}

async function collect(stream) {
  const pieces = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) pieces.push(next.value);
  return concat(pieces);
}

function* cut(bytes, length) {
  for (let from = 0; from < bytes.length; from += length) yield bytes.slice(from, from + length);
}

function concat(pieces) {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

function bytesOf(length) {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 7 + (i >> 8)) & 255;
  return bytes;
}
