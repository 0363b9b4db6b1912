import { SopsError } from "isosops";

/** Of nobody: for the files of this folder. */
export const identity = "AGE-SECRET-KEY-12NXUD2YDL52027CFVC55X9PKWVZ58WPGVDQPD27EANUASQFP35YSLLYV7M";
export const recipient = "age16v5gx0x9c45a9g7efu222cetq4yz9tlea3rsy25nzj6vxu9uu5yq2ww50c";

export const formats = ["yaml", "json", "dotenv", "ini", "binary", "toml", "xml"];

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function toText(bytes) {
  return decoder.decode(bytes);
}

export function toBytes(text) {
  return new TextEncoder().encode(text);
}

/** What a function gives; undefined where it says in the right way that it cannot. Other errors are findings. */
export async function orTyped(work, isTyped = (error) => error instanceof SopsError) {
  try {
    return await work();
  } catch (error) {
    if (!isTyped(error)) throw error;
    return undefined;
  }
}

export function check(isRight, message) {
  if (!isRight) throw Object.assign(new Error(message), { name: "Wrong" });
}

/** A plain file of each format with something of everything. */
export const samples = {
  yaml: [
    "# a\nb: c\nd:\n  - 1\n  - {e: f, g: [h, 'i']} # j\n  # k\nl: &m |\n  n\n  o\np: *m\nq_unencrypted: 2001-02-03\n",
    '---\na: "\\x41\\u00e9"\n---\nb: >-\n  c\n\n  d\n...\n',
    "{\"a\": [1.0, -0.0, .inf, 0x1F, 1e3, null, true, ~], 'b': !!str 1, ? c : d}\n",
    "a: !!binary aGVsbG8=\r\nb:\r\n- - c\r\n  - d: e\r\n\t\r\n",
  ],
  json: [
    '{"a": "b", "c": [1, 2.50, -0, 1e3, null, true, {}, []], "\\u00e9": {"d": "\\ud83d\\ude00\\/"}}\n',
    '{\n\t"a": {"a": 1, "a": 2}\n}',
  ],
  dotenv: ["# a\nB=c\nD='e # f'\nG=h\\ni\n\nJ=\n", "A=b\r\nC=d=e\r\n"],
  ini: ['; a\n[b]\nc = d ; e\nf: "g"\nh = `i`\n[b.j]\nk = l\\\nm\n# n\n', "a=b\n[c]\n[c]\nd='''e'''\n"],
  binary: ["\u0000\u0001hello", "plain text\n"],
  toml: [
    'a = "b" # c\n[d.e]\nf = [1, 2.5, true, 1979-05-27T07:32:00Z]\ng = { h = \'i\', j = """k\nl""" }\n[[m]]\nn = 0x1f\n',
  ],
  xml: ['<?xml version="1.0"?>\n<!-- a -->\n<b c="d"><e>f</e><e>g &amp; &#65;</e><h/><![CDATA[i]]></b>\n'],
};
