import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { encryptFlags, findSops, readKey, runSops } from "../../../test-vectors/tools.js";
import { createGcm } from "../../core/src/cipher/gcm.js";
import { findNativeGcm } from "../../core/src/native/node.js";
import { decrypt, decryptStream, encrypt, encryptStream, SopsError } from "./index.js";

const { identity, recipient } = readKey("first");
const identities = [identity];
const recipients = [recipient];
const mebibyte = 2 ** 20;

/** A stream of pieces of odd sizes. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
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

async function collect(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream as unknown as AsyncIterable<Uint8Array>) pieces.push(piece);
  return Buffer.concat(pieces);
}

const encrypted = (plain: Uint8Array): Promise<Buffer> =>
  collect(streamOf(plain).pipeThrough(encryptStream({ recipients })));
const decrypted = async (file: Uint8Array): Promise<Buffer> =>
  collect((await decryptStream(() => streamOf(file), { identities })).readable);

async function errorOf(work: Promise<unknown>): Promise<SopsError> {
  const error = await work.then(
    () => new Error("no error"),
    (reason: unknown) => reason,
  );
  if (error instanceof SopsError) return error;
  throw error;
}

const block = 48 * 16_384;

test.each([
  0,
  1,
  2,
  3,
  48,
  block - 1,
  block,
  block + 1,
  4 * block - 1,
  4 * block,
  4 * block + 17,
  5 * mebibyte,
  7 * block - 2,
])("%i bytes: what the streams write, decrypt reads, and the other way round", async (length) => {
  const plain = randomBytes(length);
  const file = await encrypted(plain);
  expect(plain.equals((await decrypt(file, { format: "binary", identities })).bytes)).toBe(true);
  const { bytes } = await encrypt(plain, { format: "binary", recipients });
  expect(plain.equals(await decrypted(bytes))).toBe(true);
  expect(plain.equals(await decrypted(file))).toBe(true);
  // The same text but for what is random.
  const shape = (text: string) => text.replace(/(data|iv|tag):[^,]+|"(enc|mac|lastmodified)": "[^"]*"/g, "$1$2");
  expect(shape(file.toString())).toBe(shape(Buffer.from(bytes).toString()));
});

const binaries = findSops();
const skipped = binaries.length === 0 ? " (skipped: no sops; set SOPS_BIN, or run test-vectors/install.js)" : "";

test.skipIf(binaries.length === 0)(`sops reads what we write, and we read what sops writes${skipped}`, async () => {
  for (const sops of binaries) {
    for (const length of [0, 1, 6 * mebibyte + 5]) {
      const plain = randomBytes(length);
      const ours = { text: await encrypted(plain), format: "binary" as const, identities };
      const { bytes, exit, message } = await runSops(sops, ["--decrypt"], ours);
      expect([exit, message]).toEqual([0, ""]);
      expect(plain.equals(bytes)).toBe(true);
      const theirs = await runSops(sops, encryptFlags({}, recipients), { text: plain, format: "binary" });
      expect(plain.equals(await decrypted(theirs.bytes))).toBe(true);
    }
  }
});

const large = randomBytes(6 * mebibyte);

test("nothing comes out of a file that was changed anywhere", async () => {
  const file = await encrypted(large);
  const text = file.toString();
  const flip = (at: number) => {
    const copy = Buffer.from(file);
    copy[at] = copy[at] === 65 ? 66 : 65;
    return copy;
  };
  const changes: [string, Uint8Array][] = [
    ["value_authentication", flip(100)],
    ["value_authentication", flip(7_000_000)],
    ["value_authentication", flip(text.indexOf(",iv:") + 8)],
    ["value_authentication", flip(text.indexOf(",tag:") + 8)],
    ["mac_mismatch", flip(text.indexOf('"mac": "ENC[AES256_GCM,data:') + 40)],
    ["mac_mismatch", Buffer.from(text.replace(/"lastmodified": "\d+/, '"lastmodified": "2001'))],
    ["mac_missing", Buffer.from(text.replace(/"mac": "[^"]*"/, '"mac": ""'))],
    ["malformed_value", Buffer.from(text.replace(/(data:.{2000000})./, "$1="))],
    ["malformed_value", Buffer.from(text.replace(/(data:.{2000000})../, "$1\\n"))],
    ["malformed_value", Buffer.from(text.replace(",type:str", ",type:int"))],
    ["syntax", file.subarray(0, file.length - 200)],
    ["syntax", file.subarray(0, 7_000_000)],
    ["too_large", Buffer.from(text.replace("ENC[", "ENC_["))],
    ["too_large", large],
    ["unsupported", Buffer.from(text.replace('"sops": {', '"other": "plain",\n\t"sops": {'))],
    ["unsupported", Buffer.from(text.replace('"data": "ENC', '"secret": "ENC'))],
  ];
  for (const [code, changed] of changes) {
    const error = await errorOf(decryptStream(() => streamOf(changed), { identities }));
    expect([error.code, error.message.length < 600]).toEqual([code, true]);
  }
  const wrongKey = [readKey("second").identity];
  expect((await errorOf(decryptStream(() => streamOf(file), { identities: wrongKey }))).code).toBe(
    "no_matching_identity",
  );
});

test("of a file that changes after it was checked, nothing of the changed part comes out", async () => {
  const file = await encrypted(large);
  const changed = Buffer.from(file);
  changed[7_000_000] = changed[7_000_000] === 65 ? 66 : 65;
  for (const last of [changed, file.subarray(0, 7_000_000)]) {
    let reads = 0;
    const read = () => streamOf(++reads < 3 ? file : last);
    const { readable } = await decryptStream(read, { identities });
    const pieces: Uint8Array[] = [];
    const error = await errorOf(readable.pipeTo(new WritableStream({ write: (piece) => void pieces.push(piece) })));
    expect([reads, error.code]).toEqual([3, "value_authentication"]);
    const out = Buffer.concat(pieces);
    expect(out.length).toBeGreaterThan(0);
    expect(out.equals(large.subarray(0, out.length))).toBe(true);
  }
});

test("mistakes end both sides of the stream, with an error that says what is wrong", async () => {
  const piped = (options: object, stream = streamOf(large)) =>
    errorOf(collect(stream.pipeThrough(encryptStream(options as never))));
  expect((await piped({ recipients: [] })).code).toBe("no_recipients");
  expect((await piped({ recipients: ["age1x"] })).code).toBe("invalid_recipient");
  expect((await piped({ recipients, format: "yaml" })).code).toBe("invalid_option");
  const text = new ReadableStream({ pull: (controller) => controller.enqueue("text") });
  expect((await piped({ recipients }, text as never)).code).toBe("invalid_option");
  expect((await errorOf(decryptStream(streamOf(large) as never, { identities }))).code).toBe("invalid_option");
  const aborted = encryptStream({ recipients, signal: AbortSignal.abort(new Error("enough")) });
  await expect(collect(streamOf(large).pipeThrough(aborted))).rejects.toThrow("enough");
});

test("a reader that leaves ends the source", async () => {
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(mebibyte)),
    cancel() {
      cancelled = true;
    },
  });
  const reader = endless.pipeThrough(encryptStream({ recipients })).getReader();
  await reader.read();
  await reader.cancel();
  await expect.poll(() => cancelled, { timeout: 20_000 }).toBe(true);
});

test("AES-GCM in pieces, native and in JavaScript, is AES-GCM", () => {
  const [key, additional] = [randomBytes(32), new TextEncoder().encode("data:")];
  for (const ivLength of [12, 32]) {
    for (const lengths of [[0], [5], [16], [32, 48, 1], [1600, 160, 16]]) {
      const iv = randomBytes(ivLength);
      const pieces = lengths.map((length) => randomBytes(length));
      const plain = Buffer.concat(pieces);
      const expected = Buffer.from(findNativeGcm()!.seal(key, iv, additional, plain));
      const [ciphertext, tag] = [expected.subarray(0, -16), expected.subarray(-16)];
      for (const start of [
        createGcm(key).pieces,
        (...rest: [Uint8Array, Uint8Array]) => findNativeGcm()!.pieces(key, ...rest),
      ]) {
        const sealing = start(iv, additional);
        const sealed = Buffer.concat(pieces.map((piece) => sealing.seal(Buffer.from(piece))));
        expect(sealed.equals(ciphertext)).toBe(true);
        expect(Buffer.from(sealing.tag()).equals(tag)).toBe(true);
        for (const given of [tag, randomBytes(16), tag.subarray(0, 12)]) {
          const opening = start(iv, additional);
          let at = 0;
          const opened = lengths.map((length) => {
            at += length;
            return opening.open(Buffer.from(ciphertext.subarray(at - length, at)));
          });
          expect(Buffer.concat(opened).equals(plain)).toBe(true);
          expect(opening.isRight(given)).toBe(given === tag);
        }
      }
    }
  }
});
