/** What is converted, each from its format to every other: one thing that may go wrong a row. */
import type { Format } from "../differential/sops.js";

export const sources: Readonly<Partial<Record<Format, Readonly<Record<string, string>>>>> = {
  yaml: {
    "the bounds of 64-bit integers": "a: 9223372036854775807\nb: -9223372036854775808\nc: 9007199254740993\n",
    "integers in other spellings": "a: 0x1f\nb: 0o17\nc: 017\nd: 1_000\ne: +5\n",
    "a number beyond 64 bits": "a: 123456789012345678901234567890\n",
    floats: "a: 1.0\nb: 1e3\nc: 0.1\nd: 1e21\ne: 1e-7\nf: 123456.0\ng: 1234567.0\nh: 1.5e+300\n",
    "minus zero": "a: -0.0\n",
    infinity: "a: .inf\n",
    "minus infinity": "a: -.inf\n",
    "not a number": "a: .nan\n",
    bools: "a: true\nb: FALSE\n",
    null: "a: null\n",
    "nothing behind the colon": "a:\n",
    "a date": "a: 2024-02-29\n",
    "times with offsets and fractions":
      "a: 2024-02-29T12:30:00Z\nb: 2024-02-29T12:30:00.123456789+05:30\nc: 2001-12-14 21:59:43.10 -5\n",
    "strings that look like other types": "a: 'true'\nb: '1'\nc: '2024-02-29'\nd: 'null'\ne: '1.0'\nf: '~'\n",
    "strings of several lines": 'a: |\n  one\n  two\nb: "\\n"\nc: "x\\\\ny"\n',
    "odd strings": 'a: ""\nb: " x "\nc: "<&>"\nd: "a=b;c#d"\ne: "\\u2028\\0\\x1b"\nf: "`\\"\'"\ng: "\\U0001f600"\n',
    "binary values": "a: !!binary aGVsbG8=\nb: !!binary /w==\n",
    "mappings and lists": "a: {b: {c: d}}\ne: [f, [g]]\n",
    "empty collections": "a: {}\nb: []\n",
    "sections of values":
      "one:\n  a: 1\n  b: true\n  c: 2024-02-29\n  d: 1.5\n  e: text\ntwo:\n  a: 9223372036854775807\n",
    "a section with a null": "one:\n  a: null\n",
    "a section in a section": "one:\n  a: {b: c}\n",
    comments: "# head\na: 1 # behind\n# foot\n",
    "comments in sections": "# head\none:\n  # inner\n  a: b # behind\n  # last\n",
    "comments in lists": "a:\n  # first\n  - b # behind\n",
    "several documents": "a: 1\n---\nb: 2\n",
    "odd keys": '"": a\n" b ": c\n"d=e": f\n',
    "keys that other formats read otherwise": '"#a": b\n"c d": e\n"f:g": h\n',
    "a key of ENV's metadata": "sops_a: b\n",
    "keys of a section that INI reads otherwise": 'one:\n  "-": a\n  "#b": c\n  "d=e": f\n',
    "a key that is a number for JavaScript": '"2": a\n"1": b\n__proto__: c\n',
    "aliases and merge keys": "a: &a {x: 1}\nb: *a\nc:\n  <<: *a\n",
    "what binary files are made of": "data: text\n",
    "data that is not a string": "data: 1\n",
    "no value at all": "{}\n",
  },
  json: {
    "the bounds of 64-bit integers": '{"a": 9223372036854775807, "b": -9223372036854775808, "c": 9007199254740993}',
    "numbers beyond": '{"a": 9223372036854775808, "b": 12345678901234567890, "c": 1e400}',
    floats: '{"a": 1.0, "b": 1e3, "c": -0.0, "d": 1e21, "e": 1E-7}',
    "a string that looks like a time": '{"a": "2024-02-29T00:00:00Z"}',
    "the same key twice": '{"a": 1, "a": 2}',
    "bools and null": '{"a": true, "b": false, "c": null}',
    "escapes and half a surrogate pair": '{"a": "\\u00e9\\/\\n\\u0000", "b": "\\ud800"}',
    "sections of values": '{"one": {"a": 1, "b": "x"}, "two": {}}',
    "a section twice": '{"one": {"a": 1}, "one": {"b": 2}}',
    "a list": '{"a": [1, "b", [null]]}',
    "what binary files are made of": '{"data": "text\\n"}',
  },
  dotenv: {
    "values and comments": "# head\nA=1\nB=\nC=true\nD=a=b # c\n\nE=x\\ny\n",
    "values in quotes": "A=\"x\"\nB='y'\n",
    "what binary files are made of": "data=text\n",
    "the same key twice": "A=1\nA=2\n",
    "line ends of Windows": "A=1\r\nB=2\r\n",
  },
  ini: {
    "values and comments": "; head\na = 1\n\n[one]\n; inner\nb = true\nc = x ; behind\n",
    "values in quotes": '[one]\na = "x"\nb = \'y\'\nc = `z#`\nd = """m\nn"""\n',
    "no section": "a = 1\n",
    "an empty section": "[one]\n[two]\na = 1\n",
  },
  binary: {
    text: "line\nline\n",
    "what looks like JSON": '{"a": 1}\n',
    "what looks like a time": "2024-02-29",
    nothing: "",
    "control characters": "\0\x1b\r\n\u2028",
  },
};

/** What sops converts and we refuse, in both directions unless one is named, and why. What is not needed fails the test. */
export interface Refusal {
  readonly to: readonly Format[];
  readonly operation?: "encrypt" | "decrypt";
  readonly rows: readonly `${Format}: ${string}`[];
  readonly reason: string;
}

export const refusals: readonly Refusal[] = [
  {
    to: ["dotenv"],
    rows: ["yaml: null", "yaml: nothing behind the colon", "json: bools and null"],
    reason: "sops writes null as the text <nil>, and reads that back as a string.",
  },
  {
    to: ["ini"],
    rows: ["yaml: a section with a null"],
    reason: "sops writes null as the text <nil>, and reads that back as a string.",
  },
  {
    to: ["ini"],
    rows: ["yaml: a section in a section", "yaml: aliases and merge keys"],
    reason: "sops writes a mapping in the spelling of Go, with ciphertexts that nothing decrypts.",
  },
  {
    to: ["json", "dotenv", "binary"],
    operation: "encrypt",
    rows: ["yaml: several documents"],
    reason: "sops drops all documents but the first without a word.",
  },
  {
    to: ["json", "dotenv"],
    operation: "decrypt",
    rows: ["yaml: several documents"],
    reason: "sops drops all documents but the first without a word.",
  },
  {
    to: ["dotenv"],
    rows: ["yaml: odd keys", "yaml: keys that other formats read otherwise"],
    reason: "sops writes keys that are read as other keys, or as comments.",
  },
  {
    to: ["dotenv"],
    operation: "decrypt",
    rows: ["yaml: a key of ENV's metadata"],
    reason: "sops writes a key that is read as metadata.",
  },
  {
    to: ["ini"],
    rows: ["yaml: keys of a section that INI reads otherwise"],
    reason: "sops writes keys that are read as other keys, or as comments.",
  },
  {
    to: ["dotenv"],
    operation: "decrypt",
    rows: ["yaml: binary values"],
    reason: "sops writes bytes that are not text, and reads them back as U+FFFD.",
  },
  {
    to: ["yaml"],
    rows: ["json: the same key twice", "json: a section twice", "dotenv: the same key twice"],
    reason: "sops writes a key twice, and cannot read that.",
  },
  {
    to: ["dotenv"],
    operation: "decrypt",
    rows: ["yaml: strings of several lines"],
    reason: "sops writes a backslash with an n behind it as it is, and reads that as a line break.",
  },
  {
    to: ["json"],
    operation: "decrypt",
    rows: ["yaml: binary values"],
    reason: "sops writes bytes that are not text as U+FFFD.",
  },
];
