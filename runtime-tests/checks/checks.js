/**
 * The checks that every runtime has to pass, over the built packages. Nothing here exists in one runtime only, so the
 * same module runs in Node, Deno, Bun, a page and a worker.
 */
import * as age from "@isosops/age";
import { decrypt as decryptWith, encrypt as encryptWith } from "@isosops/core";
import { json } from "@isosops/formats/json";
import { yaml } from "@isosops/formats/yaml";
import { decrypt, encrypt, generateIdentity, identityToRecipient } from "isosops";
import { ageSource, ageWrapper } from "isosops/age";
import { listAgeChecks } from "./age-checks.js";
import { assert, assertBytes, assertEqual, assertFails, show } from "./assert.js";
import { listAwsChecks } from "./aws-checks.js";
import { listAzureChecks } from "./azure-checks.js";
import { listGcpChecks } from "./gcp-checks.js";
import { listHuaweiChecks } from "./huawei-checks.js";
import { listKeyServiceChecks } from "./keyservice-checks.js";
import { runAll } from "./outcome.js";
import { listPgpChecks } from "./pgp-checks.js";
import { listStreamChecks } from "./stream-checks.js";
import { listVaultChecks } from "./vault-checks.js";

/**
 * @typedef {object} Vectors what `../vectors.js` gathers from `test-vectors/`
 * @property {import("../age-vectors.js").AgeVectors} age
 * @property {Parameters<typeof listPgpChecks>[0]} pgp
 * @property {Record<string, { identity: string, recipient: string }>} keys
 * @property {{ name: string, format: import("isosops").Format, identities: string[], encrypted: string, decrypted: string }[]} good
 * @property {{ name: string, format: import("isosops").Format, operation: "encrypt" | "decrypt", options: object,
 *   recipients: string[], identities: string[], text: string, code: string }[]} broken
 */

/**
 * @param {{ vectors: Vectors, log?: (line: string) => void }} options
 * @returns {Promise<import("./outcome.js").Outcome>}
 */
export function runChecks({ vectors, log }) {
  return runAll(listChecks(vectors), log);
}

function* listChecks(vectors) {
  yield* Object.entries(keyChecks);
  yield* Object.entries(roundTripChecks);
  yield* Object.entries(ruleChecks);
  yield* Object.entries(errorChecks);
  yield* Object.entries(ageChecks);
  yield* listAgeChecks(vectors.age);
  yield* listStreamChecks(vectors);
  yield* listPgpChecks(vectors.pgp);
  yield* listAwsChecks();
  yield* listAzureChecks();
  yield* listGcpChecks();
  yield* listHuaweiChecks();
  yield* listVaultChecks();
  yield* listKeyServiceChecks();
  for (const vector of vectors.good) yield [`vector ${vector.name}`, () => checkGood(vector)];
  for (const vector of vectors.broken) yield [`broken vector ${vector.name}`, () => checkBroken(vector, vectors.keys)];
  yield ["there are vectors", () => assert(vectors.good.length > 20 && vectors.broken.length > 20, "too few vectors")];
}

/** Encrypts, looks that what is to be hidden is, decrypts, and wants the source back byte for byte. */
async function roundTrip(source, format, options = {}, secrets = []) {
  const { identity, recipient } = await generateIdentity();
  const locked = await encrypt(source, { format, recipients: [recipient], ...options });
  // What is encrypted, and recipients, may hold short words by chance.
  const readable = locked.text.replace(/ENC\[[^\]]*\]|-----BEGIN AGE[\s\S]*?-----END AGE|\bage1\w+/g, "");
  for (const secret of secrets)
    assert(!readable.includes(secret), `${show(secret)} is still to be read in ${show(locked.text)}`);
  const plain = await decrypt(locked.text, { format, identities: [identity] });
  assertEqual(plain.text, source, "decrypted text");
  return { locked, plain, identity, recipient };
}

const yamlSource = `# Who may log in.

user: app
password:   "hunter2"   # rotate me
"odd key": 'it''s'

ports: [80, 443]
nested:
  deep:
    - name: first
      token: s3cr3t
    - name: second
      token: 'fourth'
folded_unencrypted: >-
  folded
  text
`;

const jsonSource = `{
  "user": "app",
  "password": "hunter2",
  "10": "integer-like keys stay in their place",
  "2": [1, 1.0, 1e3, 12345678901234567, true, null, {"token": "s3cr3t"}],
  "empty": "",   "html": "<b>&amp;</b>"
}
`;

const keyChecks = {
  async "a generated identity has the recipient it says"() {
    const { identity, recipient } = await generateIdentity();
    assert(/^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/.test(identity), "not an age identity");
    assert(/^age1[02-9ac-hj-np-z]{58}$/.test(recipient), `not an age recipient: ${recipient}`);
    assertEqual(await identityToRecipient(identity), recipient, "recipient");
  },
  async "two generated identities differ"() {
    const [first, second] = [await generateIdentity(), await generateIdentity()];
    assert(first.identity !== second.identity, "the same identity twice");
  },
  async "two of three key groups open a file, and one does not"() {
    const keys = [await generateIdentity(), await generateIdentity(), await generateIdentity()];
    const options = { format: "yaml", keyGroups: keys.map(({ recipient }) => [recipient]), shamirThreshold: 2 };
    const { text } = await encrypt("password: hunter2\n", options);
    for (const left of keys) {
      const identities = keys.filter((key) => key !== left).map(({ identity }) => identity);
      assertEqual((await decrypt(text, { format: "yaml", identities })).text, "password: hunter2\n", "decrypted text");
      await assertFails("no_matching_identity", () => decrypt(text, { format: "yaml", identities: [left.identity] }));
    }
  },
};

const roundTripChecks = {
  async "YAML comes back byte for byte"() {
    const { locked, plain } = await roundTrip(yamlSource, "yaml", { encryptedRegex: "^(password|token)$" }, [
      "hunter2",
      "s3cr3t",
    ]);
    assert(locked.text.startsWith("# Who may log in.\n\nuser: app\npassword:   "), "the layout is lost");
    assert(locked.text.includes("# rotate me\n"), "the comment is lost");
    assertEqual(plain.data.password, "hunter2", "data.password");
    assertEqual(plain.data.ports[1], 443, "data.ports[1]");
    assertEqual(plain.data.nested.deep[1].token, "fourth", "data.nested.deep[1].token");
    assertEqual(plain.data.folded_unencrypted, "folded text", "a folded value");
  },
  async "YAML with CRLF comes back byte for byte"() {
    await roundTrip("user: app\r\npassword: hunter2\r\n", "yaml", { encryptedRegex: "^password$" }, ["hunter2"]);
  },
  async "JSON comes back byte for byte"() {
    const { plain } = await roundTrip(jsonSource, "json", {}, ["hunter2", "s3cr3t"]);
    assertEqual(plain.data.password, "hunter2", "data.password");
    assertEqual(plain.data[2][3], 12345678901234567n, "an integer beyond 2 ** 53");
  },
  async "TOML comes back byte for byte"() {
    const source =
      '# app\ntitle = \'app\' # name\nport = 0xff\nday = 1979-05-27\n\n[db."main"]\npassword = """\nhunter2\n"""\nhosts = [\n  \'a\', # first\n]\n';
    const { plain, locked } = await roundTrip(source, "toml", {}, ["hunter2", "0xff", "1979"]);
    assert(locked.text.includes("\n[sops]\n"), "the metadata is no table");
    assertEqual(
      JSON.stringify(plain.data),
      '{"title":"app","port":255,"day":"1979-05-27","db":{"main":{"password":"hunter2\\n","hosts":["a"]}}}',
      "data",
    );
  },
  async "XML comes back byte for byte"() {
    const source =
      '<?xml version="1.0"?>\n<config version="1">\n  <!-- app -->\n  <password>hunter2 &gt; &amp;</password>\n  <host/>\n  <user>one</user>\n  <user><![CDATA[<two>]]></user>\n</config>\n';
    const { plain, locked } = await roundTrip(source, "xml", {}, ["hunter2", "<two>"]);
    assert(locked.text.includes("\n  <sops>\n"), "the metadata is no element");
    assertEqual(
      JSON.stringify(plain.data),
      '{"config":{"@version":"1","password":"hunter2 > &","host":"","user":["one","<two>"]}}',
      "data",
    );
  },
  async "unicode comes back byte for byte"() {
    const text = "grüße: żółć 🐘 \u{1F468}\u200D\u{1F469} 日本語\n";
    const { plain } = await roundTrip(text, "yaml", {}, ["żółć", "🐘", "日本語"]);
    assertEqual(plain.data.grüße, "żółć 🐘 \u{1F468}\u200D\u{1F469} 日本語", "value");
    await roundTrip('{"\u00e9\\ud83d\\ude00": "\u{1F418} é"}\n', "json", {}, ["\u{1F418}"]);
  },
  async "keys named __proto__ and constructor are keys"() {
    const sources = {
      json: '{"__proto__": {"polluted": "yes"}, "constructor": "c", "toString": "t"}\n',
      yaml: "__proto__:\n  polluted: yes-indeed\nconstructor: c\n",
    };
    for (const [format, source] of Object.entries(sources)) {
      const { plain } = await roundTrip(source, format);
      assert(Object.hasOwn(plain.data, "__proto__"), "__proto__ is no key of its own");
      assertEqual(Object.getPrototypeOf(plain.data), Object.prototype, "prototype");
      assertEqual({}.polluted, undefined, "Object.prototype");
      assertEqual(plain.data.constructor, "c", "constructor");
    }
  },
  async "values have the types they were written with"() {
    const source =
      "int: 0x10\nbig: 9223372036854775807\nfloat: 1.50\nbool: true\nnothing: null\ntime: 2024-02-29\nstr: '1'\nlist: [1, a]\nempty: {}\n";
    const { plain } = await roundTrip(source, "yaml");
    const { data } = plain;
    assertEqual(data.int, 16, "int");
    assertEqual(data.big, 9223372036854775807n, "big");
    assertEqual(data.float, 1.5, "float");
    assertEqual(data.bool, true, "bool");
    assertEqual(data.nothing, null, "null");
    assert(data.time instanceof Date, "time is no Date");
    assertEqual(data.time.toISOString(), "2024-02-29T00:00:00.000Z", "time");
    assertEqual(data.str, "1", "str");
    assertEqual(JSON.stringify([data.list, data.empty]), '[[1,"a"],{}]', "collections");
  },
  async "several documents"() {
    const { plain } = await roundTrip("a: one\n---\na: two\n", "yaml", {}, ["one", "two"]);
    assertEqual(plain.documents.length, 2, "documents");
    assertEqual(plain.documents[1].a, "two", "second document");
  },
  async "a file of 5,000 leaves in YAML"() {
    let source = "";
    for (let i = 0; i < 1000; i++)
      source += `group${i}:\n  id: ${i}\n  name: name-${i}\n  on: ${i % 2 === 0}\n  rate: ${i}.5\n  note: "n ${i}"\n`;
    const { plain, locked } = await roundTrip(source, "yaml");
    assertEqual(locked.text.match(/ENC\[/g).length, 5001, "encrypted values and the MAC");
    assertEqual(plain.data.group999.note, "n 999", "last value");
  },
  async "a file of 5,000 leaves in JSON"() {
    const object = {};
    for (let i = 0; i < 1000; i++) object[`group${i}`] = [i, `name-${i}`, i % 2 === 0, i + 0.5, { note: `n ${i}` }];
    const { plain } = await roundTrip(JSON.stringify(object), "json");
    assertEqual(JSON.stringify(plain.data), JSON.stringify(object), "data");
  },
  async "a value of a megabyte"() {
    const value = "0123456789abcdef".repeat(65_536);
    const { plain } = await roundTrip(`{"value": "${value}"}`, "json");
    assertEqual(plain.data.value.length, value.length, "length");
  },
  async "each of several recipients can decrypt, a missing one cannot"() {
    const [first, second, third] = [await generateIdentity(), await generateIdentity(), await generateIdentity()];
    const { text } = await encrypt("a: one\n", { format: "yaml", recipients: [first.recipient, second.recipient] });
    for (const { identity } of [first, second]) {
      assertEqual(
        (await decrypt(text, { format: "yaml", identities: [third.identity, identity] })).text,
        "a: one\n",
        "text",
      );
    }
    await assertFails("no_matching_identity", () => decrypt(text, { format: "yaml", identities: [third.identity] }));
  },
  async "one format and one key type through the smaller packages"() {
    const { identity, recipient } = await generateIdentity();
    for (const [store, source] of [
      [yaml, "a: one\n"],
      [json, '{"a": "one"}'],
    ]) {
      const { text } = await encryptWith(source, { store, wrappers: [ageWrapper([recipient])] });
      assertEqual((await decryptWith(text, { store, keySources: [ageSource([identity])] })).text, source, "text");
    }
  },
  async "YAML in, JSON out"() {
    const { identity, recipient } = await generateIdentity();
    const { text } = await encrypt("a: one\nb: [1, true]\n", {
      format: "yaml",
      outputFormat: "json",
      recipients: [recipient],
    });
    const { data } = await decrypt(text, { format: "json", identities: [identity] });
    assertEqual(JSON.stringify(data), '{"a":"one","b":[1,true]}', "data");
  },
};

/** Encrypts by a rule and gives the names of the encrypted keys. */
async function encryptedKeys(source, rule) {
  const { locked } = await roundTrip(source, "yaml", rule);
  return [...locked.text.matchAll(/^ *([\w.-]+): ENC\[/gm)]
    .map((match) => match[1])
    .filter((key) => key !== "mac")
    .join(" ");
}

const ruleSource = "plain: a\nkey_secret: b\nKEY2: c\nouter:\n  inner: d\n  free_unencrypted: e\n";

const ruleChecks = {
  async "no rule: all but what ends in _unencrypted"() {
    assertEqual(await encryptedKeys(ruleSource, {}), "plain key_secret KEY2 inner", "keys");
  },
  async unencryptedSuffix() {
    assertEqual(
      await encryptedKeys(ruleSource, { unencryptedSuffix: "_secret" }),
      "plain KEY2 inner free_unencrypted",
      "keys",
    );
  },
  async encryptedSuffix() {
    assertEqual(await encryptedKeys(ruleSource, { encryptedSuffix: "_secret" }), "key_secret", "keys");
  },
  async "encryptedRegex, a simple one"() {
    assertEqual(
      await encryptedKeys(ruleSource, { encryptedRegex: "^(plain|outer)$" }),
      "plain inner free_unencrypted",
      "keys",
    );
  },
  async unencryptedRegex() {
    assertEqual(await encryptedKeys(ruleSource, { unencryptedRegex: "^outer$" }), "plain key_secret KEY2", "keys");
  },
  async "a pattern that JavaScript has not: flags, named group, POSIX and Unicode classes"() {
    assertEqual(await encryptedKeys(ruleSource, { encryptedRegex: "(?i)^key" }), "key_secret KEY2", "(?i)");
    assertEqual(
      await encryptedKeys(ruleSource, { encryptedRegex: "^(?P<all>[[:upper:]]+[[:digit:]])$" }),
      "KEY2",
      "[[:upper:]]",
    );
    assertEqual(
      await encryptedKeys(ruleSource, { encryptedRegex: "\\A\\pL+\\z" }),
      "plain inner free_unencrypted",
      "\\pL",
    );
  },
  async "a pattern that would take for ever by backtracking"() {
    await roundTrip(`${"a".repeat(1000)}b: one\n`, "yaml", { encryptedRegex: "^(a+)+$" });
  },
  async encryptedCommentRegex() {
    const source = "# secret\na: one\nb: two\n";
    assertEqual(await encryptedKeys(source, { encryptedCommentRegex: "secret" }), "a", "keys");
  },
  async unencryptedCommentRegex() {
    const source = "# public\na: one\nb: two\n";
    assertEqual(await encryptedKeys(source, { unencryptedCommentRegex: "public" }), "b", "keys");
  },
  async "macOnlyEncrypted lets plain values change"() {
    const { locked, identity } = await roundTrip("a: one\nb: two\n", "yaml", {
      encryptedRegex: "^b$",
      macOnlyEncrypted: true,
    });
    const changed = locked.text.replace("a: one", "a: another");
    assertEqual(
      (await decrypt(changed, { format: "yaml", identities: [identity] })).text,
      "a: another\nb: two\n",
      "text",
    );
  },
};

const errorChecks = {
  async "a wrong key"() {
    const { locked } = await roundTrip(yamlSource, "yaml");
    const { identity } = await generateIdentity();
    await assertFails("no_matching_identity", () => decrypt(locked.text, { format: "yaml", identities: [identity] }));
    await assertFails("no_identities", () => decrypt(locked.text, { format: "yaml", identities: [] }));
    await assertFails("invalid_identity", () =>
      decrypt(locked.text, { format: "yaml", identities: ["AGE-SECRET-KEY-1QQ"] }),
    );
  },
  async "a plain value that was changed"() {
    const { locked, identity } = await roundTrip("a: one\nb: two\n", "yaml", { encryptedRegex: "^b$" });
    const changed = locked.text.replace("a: one", "a: another");
    await assertFails("mac_mismatch", () => decrypt(changed, { format: "yaml", identities: [identity] }));
    const plain = await decrypt(changed, { format: "yaml", identities: [identity], ignoreMac: true });
    assertEqual(plain.text, "a: another\nb: two\n", "text, the MAC ignored");
  },
  async "an encrypted value that was taken out"() {
    const { locked, identity } = await roundTrip('{"a": "one", "b": "two"}', "json");
    const changed = locked.text.replace(/"b": "ENC[^"]*",?/, '"b": "",');
    await assertFails("mac_mismatch", () => decrypt(changed, { format: "json", identities: [identity] }));
  },
  async "an encrypted value that was damaged, and its path"() {
    const { locked, identity } = await roundTrip("outer:\n  b: two-and-more\n", "yaml");
    const damaged = locked.text.replace(/(data:)(.)/, (_, data, first) => data + (first === "A" ? "B" : "A"));
    const error = await assertFails("value_authentication", () =>
      decrypt(damaged, { format: "yaml", identities: [identity] }),
    );
    assertEqual(error.path?.join("/"), "outer/b", "path");
    const broken = locked.text.replace(",tag:", ",gat:");
    await assertFails("malformed_value", () => decrypt(broken, { format: "yaml", identities: [identity] }));
  },
  async "a file that is encrypted, or is not"() {
    const { locked, identity, recipient } = await roundTrip("a: one\n", "yaml");
    await assertFails("already_encrypted", () => encrypt(locked.text, { format: "yaml", recipients: [recipient] }));
    await assertFails("not_encrypted", () => decrypt("a: one\n", { format: "yaml", identities: [identity] }));
  },
  async "a syntax error and its place"() {
    const { recipient } = await generateIdentity();
    const error = await assertFails("syntax", () =>
      encrypt('{\n  "a": 1,\n  b\n}', { format: "json", recipients: [recipient] }),
    );
    assertEqual(error.line, 3, "line");
    await assertFails("syntax", () => encrypt('a: "open\n', { format: "yaml", recipients: [recipient] }));
  },
  async "no recipient, a wrong one, two rules, an invalid pattern"() {
    const { recipient } = await generateIdentity();
    const common = { format: "yaml", recipients: [recipient] };
    await assertFails("no_recipients", () => encrypt("a: one\n", { ...common, recipients: [] }));
    await assertFails("invalid_recipient", () => encrypt("a: one\n", { ...common, recipients: [`${recipient}q`] }));
    await assertFails("invalid_rule", () =>
      encrypt("a: one\n", { ...common, encryptedSuffix: "a", encryptedRegex: "a" }),
    );
    await assertFails("invalid_rule", () => encrypt("a: one\n", { ...common, encryptedRegex: "(?=a)" }));
  },
};

function bytesOf(length) {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 7 + (i >> 8)) & 255;
  return bytes;
}

async function pipe(bytes, pieceLength, transform) {
  const source = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += pieceLength) controller.enqueue(bytes.subarray(at, at + pieceLength));
      controller.close();
    },
  });
  const pieces = [];
  let length = 0;
  const reader = source.pipeThrough(transform).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    pieces.push(next.value);
    length += next.value.length;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function assertAgeFails(code, run) {
  let error;
  try {
    await run();
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof age.AgeError)) throw error ?? new Error(`expected an error ${code}, got none`);
  assertEqual(error.code, code, `code of "${error.message}"`);
}

/** Around the 64 KiB of a chunk. */
const lengths = [0, 1, 65_535, 65_536, 65_537, 200_000];

async function gather(pieces) {
  const parts = [];
  for await (const piece of pieces) parts.push(piece);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

const ageChecks = {
  async "age, whole: binary and armored"() {
    const { identity, recipient } = await generateIdentity();
    for (const length of lengths) {
      const plaintext = bytesOf(length);
      for (const armor of [false, true]) {
        const file = await age.encrypt(plaintext, [recipient], { armor });
        assertEqual(typeof file === "string", armor, "armored");
        assertBytes(await age.decrypt(file, [identity]), plaintext, `${length} bytes`);
      }
    }
  },
  async "age, streamed: binary and armored, in pieces of any size"() {
    const { identity, recipient } = await generateIdentity();
    for (const length of lengths) {
      const plaintext = bytesOf(length);
      for (const armor of [false, true]) {
        for (const pieceLength of [1000, 65_536, 1_000_000]) {
          const file = await pipe(plaintext, pieceLength, age.encryptStream([recipient], { armor }));
          assertBytes(await pipe(file, pieceLength + 1, age.decryptStream([identity])), plaintext, `${length} bytes`);
          if (pieceLength === 1000)
            assertBytes(await age.decrypt(file, [identity]), plaintext, `${length} bytes, whole`);
        }
      }
    }
  },
  async "age, as async iterables: binary and armored"() {
    const { identity, recipient } = await generateIdentity();
    for (const length of lengths) {
      const plaintext = bytesOf(length);
      for (const armor of [false, true]) {
        const pieces = [plaintext.subarray(0, 70_001), plaintext.subarray(70_001)];
        const file = await gather(age.encryptIterable(pieces, [recipient], { armor }));
        const halves = [file.subarray(0, file.length >> 1), file.subarray(file.length >> 1)];
        assertBytes(await gather(age.decryptIterable(halves, [identity])), plaintext, `${length} bytes`);
      }
    }
  },
  async "age: parts of a file, out of a Blob"() {
    const { identity, recipient } = await generateIdentity();
    const plaintext = bytesOf(200_000);
    const file = new Blob([await age.encrypt(plaintext, [recipient])]);
    const opened = await age.decryptReaderAt(file, [identity]);
    assertEqual(opened.size, plaintext.length, "size");
    for (const [offset, length] of [
      [0, 1],
      [65_530, 70_000],
      [199_990, 100],
    ])
      assertBytes(await opened.read(offset, length), plaintext.subarray(offset, offset + length), `from ${offset}`);
  },
  async "age: a wrong identity, a damaged and a truncated file"() {
    const { identity, recipient } = await generateIdentity();
    const { identity: stranger } = await generateIdentity();
    const file = await age.encrypt(bytesOf(70_000), [recipient]);
    const damaged = file.slice();
    damaged[damaged.length - 1] ^= 1;
    const truncated = file.subarray(0, file.length - 4464 - 16);
    await assertAgeFails("no_match", () => age.decrypt(file, [stranger]));
    for (const wrong of [damaged, truncated]) {
      await assertAgeFails("payload", () => age.decrypt(wrong, [identity]));
      await assertAgeFails("payload", () => pipe(wrong, 1000, age.decryptStream([identity])));
    }
  },
};

async function checkGood({ format, identities, encrypted, decrypted }) {
  const plain = await decrypt(encrypted, { format, identities, layout: "sops" });
  const shown =
    format === "binary" ? Array.from(plain.bytes, (byte) => String.fromCharCode(byte)).join("") : plain.text;
  assertEqual(shown, decrypted, "what sops decrypts it to");
  const kept = await decrypt(encrypted, { format, identities });
  assertEqual(showData(kept.documents), showData(plain.documents), "data in either layout");
}

/** JSON with what JSON has not. */
function showData(data) {
  return JSON.stringify(data, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
}

async function checkBroken({ format, operation, options, recipients, identities, text, code }, keys) {
  const identity = (name) => keys[name]?.identity ?? name;
  const recipient = (name) => keys[name]?.recipient ?? name;
  const error = await assertFails(code, () =>
    operation === "encrypt"
      ? encrypt(text, { format, ...options, recipients: recipients.map(recipient) })
      : decrypt(text, { format, identities: identities.map(identity) }),
  );
  for (const name of identities) assert(!error.message.includes(identity(name)), "the message shows an identity");
}
