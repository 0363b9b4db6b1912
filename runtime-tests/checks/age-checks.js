/** The checks of age's kinds of keys: the whole test kit, whole and streamed, and what age made for SSH keys. */
import * as age from "@isosops/age";

/** @param {import("../age-vectors.js").AgeVectors} vectors */
export function* listAgeChecks({ kit, ssh }) {
  yield ["the age test kit is there", () => assert(kit.length > 140 && ssh.length > 8, "too few vectors")];
  for (const vector of kit) yield [`age test kit: ${vector.name}`, () => checkKit(vector)];
  for (const vector of ssh) yield [`age with the SSH key ${vector.name}`, () => checkSsh(vector)];
  yield ["age: keys of all kinds, made and used", checkKinds];
  yield ["age: a key of Web Crypto that cannot be read", checkCryptoKey];
}

const codes = {
  "no match": "no_match",
  "HMAC failure": "header_mac",
  "header failure": "header",
  "payload failure": "payload",
  "armor failure": "armor",
};

const unused = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

async function checkKit({ name, expect, payload, identities, passphrases, armored, file }) {
  const bytes = fromBase64(file);
  const given = [...identities, ...passphrases.map((passphrase) => age.passphraseIdentity(passphrase))];
  if (given.length === 0) given.push(unused);
  // The kit has no kind of its own for other versions of the format.
  const code = name === "version_unsupported" ? "unsupported" : codes[expect];
  const input = armored ? latin1(bytes) : bytes;
  const whole = await outcome(() => age.decrypt(input, given));
  if (expect === "success") assert((await sha256(whole.value)) === payload, `not the payload: ${whole.error}`);
  else assert(whole.error?.code === code, `expected ${code}, got ${whole.error ?? "a payload"}`);

  const pieces = [];
  const streamed = await outcome(async () => {
    // In pieces smaller than a chunk every chunk is read before the next one can fail.
    const source = new ReadableStream({
      start(controller) {
        for (const piece of cut(bytes, 32_768)) controller.enqueue(piece);
        controller.close();
      },
    });
    const reader = source.pipeThrough(age.decryptStream(given)).getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) pieces.push(next.value);
  });
  // A stream takes what does not start as armor for binary.
  const streamCode = name === "armor_garbage_leading" ? "header" : code;
  assert(streamed.error?.code === streamCode, `streamed: expected ${streamCode}, got ${streamed.error}`);
  const got = concat(pieces);
  if (payload === undefined) assert(got.length === 0, "streamed: unexpected plaintext");
  else assert((await sha256(got)) === payload, "streamed: not the payload");
}

async function checkSsh({ name, key, publicKey, plaintext, file }) {
  let isAsked = false;
  const passphrase = () => {
    isAsked = true;
    return "correct horse";
  };
  const options = { passphrase, publicKey };
  const identity = age.parseIdentity(key, options);
  const opened = await outcome(() => age.decrypt(fromBase64(file), [identity]));
  if (opened.error?.code === "unsupported") {
    // Triple DES is to be had from node:crypto alone, and that is said before anybody types a passphrase.
    assert(name === "rsa-des3" && !isAsked, `${isAsked ? "asked, then refused" : "refused"}: ${opened.error}`);
    return;
  }
  assert(opened.error === undefined && latin1(opened.value) === plaintext, `not the plaintext: ${opened.error}`);
  const recipient = await age.identityToRecipient(key, options);
  if (publicKey !== undefined) assert(publicKey.startsWith(recipient), "not the public key");
  const ours = await age.encrypt(new TextEncoder().encode(plaintext), [recipient]);
  assert(latin1(await age.decrypt(ours, [identity])) === plaintext, "not our plaintext");
}

async function checkCryptoKey() {
  let key;
  try {
    key = await age.generateCryptoKey();
  } catch (error) {
    // Not all runtimes have X25519.
    assert(error.code === "unsupported", "another error than that there is no X25519");
    return;
  }
  assert(!key.privateKey.extractable, "the key is extractable");
  const file = await age.encrypt(new TextEncoder().encode("some text"), [key.recipient]);
  assert(latin1(await age.decrypt(file, [age.cryptoKeyIdentity(key.privateKey)])) === "some text", "not the plaintext");
}

async function checkKinds() {
  const plaintext = new TextEncoder().encode("some text");
  const hybrid = await age.generateHybridIdentity();
  const files = [
    [[hybrid.recipient], hybrid.identity],
    [[age.passphraseRecipient("some words", { workFactor: 12 })], age.passphraseIdentity("some words")],
  ];
  for (const [recipients, identity] of files) {
    const file = await age.encrypt(plaintext, recipients);
    assert(latin1(await age.decrypt(file, [identity])) === "some text", "not the plaintext");
    assert((await age.inspect(file)).postQuantum === "yes", "not post-quantum");
  }
  // Those of age-plugin-tagtest.
  const tag = "age1tag1qwe0kafsjrar4txm6heqnhpfuggzr0gvznz7fvygxrlq90u5mq2pysxtw6h";
  const { stanzaTypes } = await age.inspect(await age.encrypt(plaintext, [tag]));
  assert(stanzaTypes.join() === "p256tag", "not a tagged recipient");
}

function assert(condition, message) {
  if (!condition) throw new Error(message);
}

async function outcome(run) {
  try {
    return { value: await run() };
  } catch (error) {
    if (!(error instanceof age.AgeError)) throw error;
    return { error };
  }
}

async function sha256(bytes) {
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function latin1(bytes) {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function* cut(bytes, length) {
  for (let from = 0; from < bytes.length; from += length) yield bytes.subarray(from, from + length);
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
