// What a value costs: the value cipher against one-shot @noble/ciphers and one-shot node:crypto, and its base64 against
// @scure/base. All in this process, in turn, round after round; the ratio is that of the medians.
//
// "Alone" means that the other gets its bytes ready made and gives bytes, while the value cipher draws its IV, encodes
// UTF-8, writes and reads base64 and the ENC[...] form. "The same work" has node:crypto and Buffer do all that too.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { pathToFileURL } from "node:url";
import { gcm } from "@noble/ciphers/aes.js";
import { base64 } from "@scure/base";
import { decodeBase64, encodeBase64 } from "../packages/core/dist/cipher/base64.js";
import { createValueCipher } from "../packages/core/dist/cipher/value.js";

const rounds = 15;
const valueCount = 200;

const key = new Uint8Array(randomBytes(32));
const iv = new Uint8Array(randomBytes(32));
const utf8 = new TextEncoder();

function median(numbers) {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1];
}

/** Microseconds that one call of each takes, the median of the rounds, after one round to warm up. */
function measure(contestants, calls) {
  const times = contestants.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    contestants.forEach((run, which) => {
      const start = performance.now();
      for (let i = 0; i < calls; i++) run(i % valueCount);
      if (round > 0) times[which].push(((performance.now() - start) / calls) * 1000);
    });
  }
  return times.map(median);
}

function sealNode(plaintext, additionalData) {
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(additionalData);
  return [cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
}

function openNode(ciphertext, additionalData, tag) {
  const decipher = createDecipheriv("aes-256-gcm", key, iv);
  decipher.setAAD(additionalData);
  decipher.setAuthTag(tag);
  return [decipher.update(ciphertext), decipher.final()];
}

function sealNodeText(plaintext, additionalData) {
  const iv = randomBytes(32);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(Buffer.from(additionalData));
  const data = cipher.update(plaintext, "utf8", "base64") + cipher.final("base64");
  const tag = cipher.getAuthTag().toString("base64");
  return `ENC[AES256_GCM,data:${data},iv:${iv.toString("base64")},tag:${tag},type:str]`;
}

const form = /^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]/;

function openNodeText(text, additionalData) {
  const [, data, iv, tag] = form.exec(text);
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64"));
  decipher.setAAD(Buffer.from(additionalData));
  decipher.setAuthTag(Buffer.from(tag, "base64"));
  return decipher.update(data, "base64", "utf8") + decipher.final("utf8");
}

/** Ratios above 1: so many times faster than the other. */
export async function cipherBench() {
  const results = [];
  const compare = (what, other, ours, theirs) => {
    const ratio = theirs / ours;
    const name = `${what}, ${other}`;
    const text = `${name}: ${ratio.toFixed(1)} times as fast (${ours.toFixed(2)} us against ${theirs.toFixed(2)} us)`;
    results.push({ name, ratio, text });
  };

  const cipher = createValueCipher(key);
  for (const [size, calls] of [
    [21, 3000],
    [200, 2000],
    [2000, 1000],
    [100_000, 20],
  ]) {
    const plaintexts = Array.from({ length: valueCount }, (_, i) => `${i}`.padStart(4, "0").padEnd(size, "a value, "));
    const paths = plaintexts.map((_, i) => `stringData:key-${i}:`);
    const plainBytes = plaintexts.map((text) => utf8.encode(text));
    const pathBytes = paths.map((path) => utf8.encode(path));
    const values = plaintexts.map((text, i) => cipher.encrypt(text, "str", paths[i]));
    const sealed = plainBytes.map((bytes, i) => gcm(key, iv, pathBytes[i]).encrypt(bytes));
    const nodeSealed = plainBytes.map((bytes, i) => sealNode(bytes, pathBytes[i]));

    const encryption = measure(
      [
        (i) => cipher.encrypt(plaintexts[i], "str", paths[i]),
        (i) => gcm(key, iv, pathBytes[i]).encrypt(plainBytes[i]),
        (i) => sealNode(plainBytes[i], pathBytes[i]),
        (i) => sealNodeText(plaintexts[i], paths[i]),
      ],
      calls,
    );
    const decryption = measure(
      [
        (i) => cipher.decrypt(values[i], paths[i]),
        (i) => gcm(key, iv, pathBytes[i]).decrypt(sealed[i]),
        (i) => openNode(nodeSealed[i][0], pathBytes[i], nodeSealed[i][2]),
        (i) => openNodeText(values[i], paths[i]),
      ],
      calls,
    );
    for (const [what, [ours, noble, native, nativeText]] of [
      [`encrypt ${size} bytes`, encryption],
      [`decrypt ${size} bytes`, decryption],
    ]) {
      compare(what, "one-shot @noble/ciphers alone", ours, noble);
      compare(what, "one-shot node:crypto alone", ours, native);
      compare(what, "one-shot node:crypto, the same work", ours, nativeText);
    }
  }

  // The three parts of a value of 21 bytes.
  const parts = [21, 32, 16].map((length) => new Uint8Array(randomBytes(length)));
  const encoded = parts.map((part) => base64.encode(part));
  const out = new Uint8Array(256);
  const decoder = new TextDecoder();
  const views = Array.from({ length: 256 }, (_, length) => out.subarray(0, length));
  const [write, scureWrite] = measure(
    [
      () => {
        let at = 0;
        for (const part of parts) at = encodeBase64(part, part.length, out, at);
        return decoder.decode(views[at]);
      },
      () => {
        let text = "";
        for (const part of parts) text += base64.encode(part);
        return text;
      },
    ],
    5000,
  );
  const [read, scureRead] = measure(
    [
      () => {
        let at = 0;
        for (const part of encoded) at = decodeBase64(part, 0, part.length, out, at);
        return at;
      },
      () => {
        let length = 0;
        for (const part of encoded) length += base64.decode(part).length;
        return length;
      },
    ],
    5000,
  );
  compare("base64 of 21 + 32 + 16 bytes, write", "@scure/base", write, scureWrite);
  compare("base64 of 21 + 32 + 16 bytes, read", "@scure/base", read, scureRead);
  return results;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const { text } of await cipherBench()) console.log(text);
}
