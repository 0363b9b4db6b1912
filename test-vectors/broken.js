/**
 * The broken vectors: each a small edit of a good one, or a text of its own, with the code our error must carry. And
 * the files with keys of a type we do not know. `make.js` writes them and asks sops what it says to them.
 */

/** Replaces what must be there, so that no edit is silently none. */
function replace(text, pattern, replacement) {
  if (!(pattern instanceof RegExp ? text.search(pattern) >= 0 : text.includes(pattern))) {
    throw new Error(`nothing to edit: ${pattern}`);
  }
  return text.replace(pattern, replacement);
}

/** Another letter of the base64 alphabet, at a place where all of its bits count. */
function flip(base64, at = 0) {
  return base64.slice(0, at) + (base64[at] === "A" ? "B" : "A") + base64.slice(at + 1);
}

function flipPart(text, part) {
  return replace(text, new RegExp(`(?<=[,[]${part}:)[A-Za-z0-9+/]+`), (base64) => flip(base64));
}

/** The encrypted values of a file, in order. */
function values(text) {
  return text.match(/ENC\[AES256_GCM,data:[^\]]*\]/g);
}

function swap(text, first, second) {
  return text.replace(first, "\u0000").replace(second, first).replace("\u0000", second);
}

const encrypt = { operation: "encrypt" };
const yaml = { format: "yaml" };
const json = { format: "json" };
const dotenv = { format: "dotenv" };
const ini = { format: "ini" };
const binary = { format: "binary" };
const anyMac = /ENC\[AES256_GCM,data:[^\]]*\](?=["']?,?\n[^\n]*(?:version|pgp|_suffix|_regex|mac_only))/;

export const brokenCases = [
  // Keys
  {
    name: "key-stranger",
    about: "an identity that the file was not encrypted for",
    from: "two-recipients",
    identities: ["stranger"],
    code: "no_matching_identity",
  },
  { name: "key-none", about: "no identity", from: "two-recipients", identities: [], code: "no_identities" },
  {
    name: "json-key-stranger",
    about: "an identity that the file was not encrypted for",
    from: "json-two-recipients",
    identities: ["stranger"],
    code: "no_matching_identity",
  },
  {
    name: "recipients-none",
    about: "encryption for nobody",
    ...encrypt,
    ...yaml,
    text: "a: one\n",
    recipients: [],
    code: "no_recipients",
  },
  {
    name: "recipient-invalid",
    about: "a recipient with a wrong checksum",
    ...encrypt,
    ...yaml,
    text: "a: one\n",
    recipients: ["age1nymsk7zgxp7kd58753v0sa9ag77u7f598wtl98u5cha5s2mgqufs43m0zq"],
    code: "invalid_recipient",
  },
  {
    name: "data-key-armor",
    about: "the first line of the wrapped data key's armor is gone",
    from: "two-recipients",
    identities: ["first"],
    edit: (text) => replace(text, /-----BEGIN AGE ENCRYPTED FILE-----/g, "-----BEGIN SOMETHING ELSE-----"),
    code: "data_key",
  },
  {
    name: "data-key-base64",
    about: "a character that is not base64 in the wrapped data key",
    from: "rule-everything",
    edit: (text) => replace(text, /(?<=-----BEGIN AGE ENCRYPTED FILE-----\n\s+\S{10})\S/, "*"),
    code: "data_key",
  },
  {
    name: "data-key-flipped",
    about: "the last line but one of the wrapped data key has another first letter: its header is as it was",
    from: "rule-everything",
    edit: (text) => replace(text, /\S+(?=\n\s+-----END AGE ENCRYPTED FILE-----)/, (line) => flip(line)),
    code: "data_key",
  },
  {
    name: "data-key-header",
    about: "the wrapped data key's stanza names another ephemeral key",
    from: "rule-everything",
    edit: (text) => replace(text, /(?<=-----BEGIN AGE ENCRYPTED FILE-----\n\s+)\S+/, (line) => flip(line, 52)),
    code: "data_key",
  },
  {
    name: "json-data-key-armor",
    about: "the wrapped data key is not an age file",
    from: "json-minified",
    edit: (text) => replace(text, /-----BEGIN AGE ENCRYPTED FILE-----[^"]*/, "nothing"),
    code: "data_key",
  },

  {
    name: "key-types-unknown",
    about: "a file whose only key is of a type that nobody knows",
    from: "rule-everything",
    edit: (text) =>
      replace(
        text,
        /^ {4}age:\n[\s\S]*?(?=^ {4}\w)/m,
        "    future_kms:\n        - enc: bm90IGEgd3JhcHBlZCBrZXk=\n          id: main\n",
      ),
    code: "unsupported_key_type",
  },

  // Values
  {
    name: "value-base64",
    about: "a character that is not base64 in a value",
    from: "two-recipients",
    edit: (text) => replace(text, /(?<=data:)./, "*"),
    code: "malformed_value",
  },
  {
    name: "json-value-base64",
    about: "a character that is not base64 in a value",
    from: "json-minified",
    edit: (text) => replace(text, /(?<=data:)./, "*"),
    code: "malformed_value",
  },
  {
    name: "value-no-tag",
    about: "a value without its tag",
    from: "two-recipients",
    edit: (text) => replace(text, /,tag:[^,]*/, ""),
    code: "malformed_value",
  },
  {
    name: "value-unknown-type",
    about: "a value of a type that does not exist",
    from: "two-recipients",
    edit: (text) => replace(text, "type:str]", "type:foo]"),
    code: "malformed_value",
  },
  {
    name: "value-other-type",
    about: "a string that now claims to be an int",
    from: "example-secret-data",
    edit: (text) => replace(text, "type:str]", "type:int]"),
    code: "malformed_value",
  },
  {
    name: "value-unknown-cipher",
    about: "a value that names another cipher",
    from: "two-recipients",
    edit: (text) => replace(text, "ENC[AES256_GCM,", "ENC[AES512_GCM,"),
    code: "malformed_value",
  },
  ...["data", "iv", "tag"].map((part) => ({
    name: `value-${part}-flipped`,
    about: `another letter in the ${part} of a value`,
    from: "two-recipients",
    edit: (text) => flipPart(text, part),
    code: "value_authentication",
  })),
  {
    name: "value-renamed",
    about: "an encrypted value under another key",
    from: "same-values",
    edit: (text) => replace(text, /^a:/, "z:"),
    code: "value_authentication",
  },
  {
    name: "value-moved-down",
    about: "an encrypted value moved into a mapping",
    from: "two-recipients",
    edit: (text) => replace(text, /^a: (.*)\n/, "c:\n    a: $1\n"),
    code: "value_authentication",
  },
  {
    name: "json-value-renamed",
    about: "an encrypted value under another key",
    from: "json-minified",
    edit: (text) => replace(text, '"a"', '"z"'),
    code: "value_authentication",
  },
  {
    name: "values-swapped",
    about: "two encrypted values have changed places",
    from: "same-values",
    edit: (text) => swap(text, values(text)[0], values(text)[1]),
    code: "value_authentication",
  },
  {
    name: "json-values-swapped",
    about: "two encrypted values have changed places",
    from: "example-settings",
    edit: (text) => swap(text, values(text)[0], values(text)[1]),
    code: "value_authentication",
  },
  {
    name: "value-from-other-file",
    about: "an encrypted value of another data key",
    from: "two-recipients",
    edit: (text) =>
      replace(
        text,
        values(text)[0],
        "ENC[AES256_GCM,data:1234,iv:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,tag:AAECAwQFBgcICQoLDA0ODw==,type:str]",
      ),
    code: "value_authentication",
  },
  {
    name: "value-plain-added",
    about: "a plain value in a file where every value is encrypted",
    from: "two-recipients",
    edit: (text) => replace(text, /^sops:/m, "added: plain\nsops:"),
    code: "malformed_value",
  },
  {
    name: "json-value-plain-added",
    about: "a plain value in a file where every value is encrypted",
    from: "json-minified",
    edit: (text) => replace(text, '"a"', '"added": "plain",\n\t"a"'),
    code: "malformed_value",
  },
  {
    name: "value-number-added",
    about: "a plain number in a file where every value is encrypted",
    from: "two-recipients",
    edit: (text) => replace(text, /^sops:/m, "added: 7\nsops:"),
    code: "malformed_value",
  },

  // MAC
  {
    name: "mac-value-edited",
    about: "a plain value was edited",
    from: "rule-encrypted-regex",
    edit: (text) => replace(text, "kind: Secret", "kind: Config"),
    code: "mac_mismatch",
  },
  {
    name: "mac-value-added",
    about: "a plain value was added",
    from: "rule-encrypted-regex",
    edit: (text) => replace(text, "kind: Secret\n", "kind: Secret\nrole: admin\n"),
    code: "mac_mismatch",
  },
  {
    name: "mac-value-removed",
    about: "an encrypted value was removed",
    from: "two-recipients",
    edit: (text) => replace(text, /^b: .*\n/m, ""),
    code: "mac_mismatch",
  },
  {
    name: "mac-elements-swapped",
    about: "two elements of a list have changed places: they share their additional data, so only the MAC tells",
    from: "many-entries",
    edit: (text) => swap(text, values(text)[3], values(text)[4]),
    code: "mac_mismatch",
  },
  {
    name: "mac-entries-swapped",
    about: "two entries have changed places",
    from: "two-recipients",
    edit: (text) => replace(text, /^(a: .*\n)(b: .*\n)/, "$2$1"),
    code: "mac_mismatch",
  },
  {
    name: "mac-renamed-unencrypted",
    about: "an encrypted value now stands under a key that the rule leaves alone",
    from: "two-recipients",
    edit: (text) => replace(text, /^a:/, "a_unencrypted:"),
    code: "mac_mismatch",
  },
  {
    name: "json-mac-value-edited",
    about: "a plain value was edited",
    from: "json-tabs",
    edit: (text) => replace(text, "1,", "3,"),
    code: "mac_mismatch",
  },
  {
    name: "mac-missing",
    about: "no mac in the sops block",
    from: "two-recipients",
    edit: (text) => replace(text, /^ +mac: .*\n/m, ""),
    code: "mac_missing",
  },
  {
    name: "json-mac-missing",
    about: "no mac in the sops block",
    from: "json-minified",
    edit: (text) => replace(text, /^\t\t"mac": .*\n/m, ""),
    code: "mac_missing",
  },
  {
    name: "mac-empty",
    about: "an empty mac",
    from: "two-recipients",
    edit: (text) => replace(text, /^( +mac:) .*\n/m, '$1 ""\n'),
    code: "mac_missing",
  },
  {
    name: "mac-flipped",
    about: "another letter in the mac",
    from: "two-recipients",
    edit: (text) => replace(text, /(?<=mac: ENC\[AES256_GCM,data:)\S+/, (rest) => flip(rest, 4)),
    code: "mac_mismatch",
  },
  {
    name: "mac-malformed",
    about: "a mac that is not of the form ENC[...]",
    from: "two-recipients",
    edit: (text) => replace(text, /(?<=mac: ).*/, "none"),
    code: "mac_mismatch",
  },
  {
    name: "mac-other-file",
    about: "the mac of another file",
    from: "two-recipients",
    edit: (text) =>
      replace(
        text,
        anyMac,
        "ENC[AES256_GCM,data:1234,iv:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=,tag:AAECAwQFBgcICQoLDA0ODw==,type:str]",
      ),
    code: "mac_mismatch",
  },
  {
    name: "mac-lastmodified-changed",
    about: "another time in lastmodified, with which the mac is bound",
    from: "two-recipients",
    edit: (text) => replace(text, /(?<=lastmodified: "?\d)\d/, "9"),
    code: "mac_mismatch",
  },

  // The sops block
  {
    name: "lastmodified-missing",
    about: "no lastmodified",
    from: "two-recipients",
    edit: (text) => replace(text, /^ +lastmodified: .*\n/m, ""),
    code: "metadata",
  },
  {
    name: "json-lastmodified-missing",
    about: "no lastmodified",
    from: "json-minified",
    edit: (text) => replace(text, /^\t\t"lastmodified": .*\n/m, ""),
    code: "metadata",
  },
  {
    name: "lastmodified-malformed",
    about: "a lastmodified that is not a time",
    from: "two-recipients",
    edit: (text) => replace(text, /(?<=lastmodified: ).*/, '"yesterday"'),
    code: "metadata",
  },
  {
    name: "metadata-string",
    about: "a sops entry that is a string",
    ...yaml,
    text: "a: one\nsops: two\n",
    code: "metadata",
  },
  {
    name: "metadata-empty",
    about: "an empty sops block",
    ...yaml,
    text: "a: one\nsops: {}\n",
    code: "metadata",
  },
  {
    name: "json-metadata-number",
    about: "a sops entry that is a number",
    ...json,
    text: '{"a":"one","sops":7}\n',
    code: "metadata",
  },
  {
    name: "metadata-two-rules",
    about: "two selection rules in the sops block",
    from: "two-recipients",
    edit: (text) =>
      replace(text, /^( +)lastmodified:/m, "$1encrypted_regex: ^x$\n$1encrypted_suffix: _y\n$1lastmodified:"),
    code: "invalid_rule",
  },
  {
    name: "metadata-age-entry",
    about: "an age entry without its wrapped data key",
    from: "rule-everything",
    edit: (text) => replace(text, /enc: \|\n[\s\S]*?-----END AGE ENCRYPTED FILE-----\n/, ""),
    code: "metadata",
  },
  { name: "not-encrypted", about: "a file without a sops block", ...yaml, text: "a: one\n", code: "not_encrypted" },
  {
    name: "json-not-encrypted",
    about: "a file without a sops block",
    ...json,
    text: '{"a":"one"}\n',
    code: "not_encrypted",
  },
  {
    name: "encrypted-twice",
    about: "an encrypted file, to be encrypted",
    ...encrypt,
    from: "two-recipients",
    code: "already_encrypted",
  },
  {
    name: "json-encrypted-twice",
    about: "an encrypted file, to be encrypted",
    ...encrypt,
    from: "json-minified",
    code: "already_encrypted",
  },
  {
    name: "has-sops-key",
    about: "a plain file with a key named sops, to be encrypted",
    ...encrypt,
    ...yaml,
    text: "a: one\nsops:\n  b: two\n",
    code: "already_encrypted",
  },

  // Texts
  {
    name: "truncated-block",
    about: "a file that ends in the middle of the wrapped data key",
    from: "two-recipients",
    edit: (text) => text.slice(0, text.indexOf("-----BEGIN AGE") + 100),
    code: "metadata",
  },
  {
    name: "truncated-value",
    about: "a file that ends in the middle of its first value",
    from: "two-recipients",
    edit: (text) => text.slice(0, 40),
    code: "not_encrypted",
  },
  {
    name: "truncated-quote",
    about: "a file that ends in the middle of a quoted scalar",
    from: "two-recipients",
    edit: (text) => text.slice(0, text.indexOf('lastmodified: "') + 20),
    code: "syntax",
  },
  {
    name: "json-truncated",
    about: "a file that ends in the middle of its sops block",
    from: "json-minified",
    edit: (text) => text.slice(0, text.indexOf('"mac"') + 30),
    code: "syntax",
  },
  {
    name: "json-truncated-value",
    about: "a file that ends in its first value",
    from: "json-minified",
    edit: (text) => text.slice(0, 30),
    code: "syntax",
  },
  {
    name: "json-trailing",
    about: "text behind the object",
    ...encrypt,
    ...json,
    text: '{"a":"one"} x\n',
    code: "syntax",
  },
  {
    name: "json-comma",
    about: "a comma behind the last entry",
    ...encrypt,
    ...json,
    text: '{"a":"one",}\n',
    code: "syntax",
  },
  {
    name: "json-comment",
    about: "a comment",
    ...encrypt,
    ...json,
    text: '{\n  // no\n  "a":"one"\n}\n',
    code: "syntax",
  },
  { name: "json-single-quotes", about: "single quotes", ...encrypt, ...json, text: "{'a':'one'}\n", code: "syntax" },
  {
    name: "json-number",
    about: "a number with a leading zero",
    ...encrypt,
    ...json,
    text: '{"a":01}\n',
    code: "syntax",
  },
  {
    name: "json-control",
    about: "a raw newline in a string",
    ...encrypt,
    ...json,
    text: '{"a":"on\ne"}\n',
    code: "syntax",
  },
  { name: "json-bom", about: "a byte-order mark", ...encrypt, ...json, text: '\ufeff{"a":"one"}\n', code: "syntax" },
  { name: "json-top-list", about: "a list at the top", ...encrypt, ...json, text: '["one"]\n', code: "unsupported" },
  { name: "json-top-string", about: "a string at the top", ...encrypt, ...json, text: '"one"\n', code: "unsupported" },
  { name: "json-blank", about: "an empty file", ...encrypt, ...json, text: "", code: "empty" },
  { name: "top-list", about: "a list at the top", ...encrypt, ...yaml, text: "- one\n- two\n", code: "unsupported" },
  { name: "top-scalar", about: "a scalar at the top", ...encrypt, ...yaml, text: "one\n", code: "unsupported" },
  {
    name: "top-list-second",
    about: "a list at the top of the second document",
    ...encrypt,
    ...yaml,
    text: "a: one\n---\n- two\n",
    code: "unsupported",
  },
  { name: "blank", about: "an empty file", ...encrypt, ...yaml, text: "", code: "empty" },
  { name: "key-int", about: "a key that is an int", ...encrypt, ...yaml, text: "a:\n  1: one\n", code: "unsupported" },
  { name: "key-float", about: "a key that is a float", ...encrypt, ...yaml, text: "1.5: one\n", code: "unsupported" },
  { name: "key-bool", about: "a key that is a bool", ...encrypt, ...yaml, text: "true: one\n", code: "unsupported" },
  { name: "key-null", about: "a key that is null", ...encrypt, ...yaml, text: "~: one\n", code: "unsupported" },
  {
    name: "key-mapping",
    about: "a key that is a mapping",
    ...encrypt,
    ...yaml,
    text: "? {a: b}\n: one\n",
    code: "unsupported",
  },
  {
    name: "int-too-large",
    about: "an int above int64",
    ...encrypt,
    ...yaml,
    text: "a: 9223372036854775808\n",
    code: "unsupported",
  },
  {
    name: "keys-duplicate",
    about: "duplicate keys",
    ...encrypt,
    ...yaml,
    text: "a: one\nb: two\na: three\n",
    code: "unsupported",
  },
  {
    name: "alias-unknown",
    about: "an alias without an anchor",
    ...encrypt,
    ...yaml,
    text: "a: *nowhere\n",
    code: "syntax",
  },
  { name: "tab-indent", about: "indented by a tab", ...encrypt, ...yaml, text: "a:\n\tb: one\n", code: "syntax" },
  {
    name: "bad-indent",
    about: "an entry indented too little",
    ...encrypt,
    ...yaml,
    text: "a:\n    b: one\n  c: two\n",
    code: "syntax",
  },
  {
    name: "flow-open",
    about: "a flow mapping without its end",
    ...encrypt,
    ...yaml,
    text: "a: {b: one\nc: two\n",
    code: "syntax",
  },
  {
    name: "quote-open",
    about: "a quoted scalar without its end",
    ...encrypt,
    ...yaml,
    text: 'a: "one\nb: two\n',
    code: "syntax",
  },
  {
    name: "two-scalars",
    about: "two colons in a plain line",
    ...encrypt,
    ...yaml,
    text: "a: one: two\n",
    code: "syntax",
  },
  {
    name: "alias-in-itself",
    about: "an anchor that holds its own alias",
    ...encrypt,
    ...yaml,
    text: "a: &a\n  b: *a\n",
    code: "unsupported",
  },

  // Options
  {
    name: "rule-invalid-regex",
    about: "a regular expression without its end",
    ...encrypt,
    ...yaml,
    text: "a: one\n",
    options: { encryptedRegex: "^(a" },
    code: "invalid_rule",
  },
  {
    name: "rule-look-ahead",
    about: "look-ahead, which RE2 does not know",
    ...encrypt,
    ...yaml,
    text: "a: one\n",
    options: { encryptedRegex: "^(?=a)" },
    code: "invalid_rule",
  },
  {
    name: "rule-two",
    about: "two selection rules",
    ...encrypt,
    ...yaml,
    text: "a: one\n",
    options: { encryptedRegex: "^a$", unencryptedSuffix: "_x" },
    code: "invalid_rule",
  },

  // ENV, INI and BINARY
  {
    name: "env-no-equals",
    about: "a line without `=`",
    ...encrypt,
    ...dotenv,
    text: "A=1\nexample-secret\n",
    code: "syntax",
  },
  {
    name: "env-crlf-blank",
    about: "a line that is empty but for a carriage return",
    ...encrypt,
    ...dotenv,
    text: "A=1\r\n\r\nB=2\r\n",
    code: "syntax",
  },
  {
    name: "env-has-sops-key",
    about: "a key that starts as those of the metadata do",
    ...encrypt,
    ...dotenv,
    text: "sops_x=1\n",
    code: "already_encrypted",
  },
  { name: "env-not-encrypted", about: "no metadata", ...dotenv, text: "A=1\n", code: "not_encrypted" },
  {
    name: "env-list-gap",
    about: "a list in the metadata without its first element",
    from: "env-basic",
    edit: (text) => text.replaceAll("age__list_0", "age__list_1"),
    code: "metadata",
  },
  {
    name: "env-metadata-twice",
    about: "a name that stands twice in the metadata",
    from: "env-basic",
    edit: (text) => replace(text, /^(sops_mac=.*\n)/m, "$1$1"),
    code: "metadata",
  },
  {
    name: "env-value-moved",
    about: "a value under another key",
    from: "env-basic",
    edit: (text) => replace(text, "TOKEN=", "TOKENS="),
    code: "value_authentication",
  },
  {
    name: "env-value-removed",
    about: "a value taken out",
    from: "env-basic",
    edit: (text) => replace(text, /^TOKEN=.*\n/m, ""),
    code: "mac_mismatch",
  },
  {
    name: "ini-no-delimiter",
    about: "a line without `=`",
    ...encrypt,
    ...ini,
    text: "[a]\nexample-secret\n",
    code: "syntax",
  },
  { name: "ini-no-key", about: "no key before `=`", ...encrypt, ...ini, text: "[a]\n= example\n", code: "syntax" },
  {
    name: "ini-section-open",
    about: "a section name without end",
    ...encrypt,
    ...ini,
    text: "[a\nk=v\n",
    code: "syntax",
  },
  {
    name: "ini-section-nameless",
    about: "a section without name",
    ...encrypt,
    ...ini,
    text: "[]\nk=v\n",
    code: "syntax",
  },
  {
    name: "ini-quote-open",
    about: "a quote that is not closed",
    ...encrypt,
    ...ini,
    text: '[a]\nk="""example\n',
    code: "syntax",
  },
  {
    name: "ini-has-sops-key",
    about: "a section `sops`",
    ...encrypt,
    ...ini,
    text: "[sops]\nk=v\n",
    code: "already_encrypted",
  },
  {
    name: "ini-sops-twice",
    about: "two sections of metadata",
    from: "ini-basic",
    edit: (text) => `${text}\n[sops]\nk = v\n`,
    code: "metadata",
  },
  {
    name: "ini-section-renamed",
    about: "values in another section",
    from: "ini-basic",
    edit: (text) => replace(text, "[api]", "[app]"),
    code: "value_authentication",
  },
  {
    name: "ini-value-plain",
    about: "a plain value added",
    from: "ini-basic",
    edit: (text) => replace(text, "[api]\n", "[api]\nadded = example\n"),
    code: "malformed_value",
  },
  {
    name: "binary-not-encrypted",
    about: "a JSON file without metadata",
    ...binary,
    text: '{"data": "x"}\n',
    code: "not_encrypted",
  },
  { name: "binary-no-json", about: "no JSON", ...binary, text: "example-secret", code: "syntax" },
  {
    name: "binary-flipped",
    about: "a ciphertext that was changed",
    from: "binary-text",
    edit: (text) => flipPart(text, "data"),
    code: "value_authentication",
  },
];

export const carriedCases = [
  {
    name: "unknown-key-type",
    about: "a list of keys of a type that no version of sops knows",
    from: "two-recipients",
    edit: (text) =>
      replace(
        text,
        /^sops:\n/m,
        'sops:\n    future_kms:\n        - address: https://keys.example.com/v1/main\n          created_at: "2030-01-01T00:00:00Z"\n          enc: bm90IGEgd3JhcHBlZCBrZXk=\n          rounds: 3\n',
      ),
  },
  {
    name: "json-unknown-key-type",
    about: "a list of keys of a type that no version of sops knows, in JSON",
    from: "json-minified",
    edit: (text) =>
      replace(
        text,
        '"sops": {\n',
        '"sops": {\n\t\t"future_kms": [\n\t\t\t{\n\t\t\t\t"address": "https://keys.example.com/v1/main",\n\t\t\t\t"enc": "bm90IGEgd3JhcHBlZCBrZXk=",\n\t\t\t\t"rounds": 3\n\t\t\t}\n\t\t],\n',
      ),
  },
  {
    name: "other-key-types",
    about: "keys of types that sops knows, but that cannot be asked here, beside age keys",
    from: "two-recipients",
    edit: (text) =>
      replace(
        text,
        /^sops:\n/m,
        'sops:\n    pgp:\n        - created_at: "2030-01-01T00:00:00Z"\n          enc: |-\n            -----BEGIN PGP MESSAGE-----\n\n            bm90IGEgd3JhcHBlZCBrZXk=\n            -----END PGP MESSAGE-----\n          fp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4\n',
      ),
  },
];
