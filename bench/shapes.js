// Files of any size: settings as people write them, and awkward ones of each shape, since settings hardly show what is quadratic.
import { settings } from "./settings.js";

/** Pieces until there are so many characters. */
function fill(size, piece) {
  const pieces = [];
  let length = 0;
  for (let i = 0; length < size; i++) {
    const next = piece(i);
    pieces.push(next);
    length += next.length;
  }
  return pieces.join("");
}

const times = (size, text) => text.repeat(Math.ceil(size / text.length));
const list = (size, item) => fill(size, (i) => (i === 0 ? item(i) : `, ${item(i)}`));

/**
 * By format: the name of a shape, and its text of some size in characters.
 *
 * @type {Record<string, Record<string, (size: number) => string>>}
 */
export const shapes = {
  yaml: {
    "one long plain value": (size) => `a: ${times(size, "word ")}end\n`,
    "one long value in double quotes": (size) => `a: "${times(size, "word ")}"\n`,
    "one long line in a literal": (size) => `a: |\n  ${times(size, "word ")}\n`,
    "a literal of many lines": (size) => `a: |\n${times(size, "  line of text\n")}`,
    "a literal of many empty lines": (size) => `a: |\n  x\n${times(size, "\n")}  y\n`,
    "a folded text of many lines": (size) => `a: >\n${times(size, "  line of text\n")}`,
    "a plain value over many lines": (size) => `a:\n${times(size, "  line of text\n")}`,
    "double quotes over many lines": (size) => `a: "\n${times(size, "  line of text\n")}"\n`,
    "single quotes over many lines": (size) => `a: '\n${times(size, "  line of text\n")}'\n`,
    escapes: (size) => `a: "${times(size, '\\n\\u00e9\\"')}"\n`,
    "quotes within quotes": (size) => `a: '${times(size, "''")}'\n`,
    "colons and number signs": (size) => `a: ${times(size, "a:b#c ")}end\n`,
    "short values": (size) => fill(size, (i) => `k${i}: v\n`),
    "a list": (size) => `a:\n${fill(size, (i) => `- v${i}\n`)}`,
    "a list of mappings": (size) => `a:\n${fill(size, (i) => `- a: v${i}\n  b: v\n`)}`,
    "comments above a key": (size) => `${times(size, "# a comment\n")}a: b\n`,
    "comments at the end": (size) => `a: b\n${times(size, "# a comment\n")}`,
    "comments between keys": (size) => fill(size, (i) => `# about ${i}\nk${i}: v\n`),
    "comments behind values": (size) => fill(size, (i) => `k${i}: v # why\n`),
    "comments in a list": (size) => `a:\n${fill(size, (i) => `  # about\n  - v${i}\n`)}`,
    "comments in flow": (size) => `a: [\n${fill(size, (i) => `  v${i}, # why\n`)}]\n`,
    "comments above and below": (size) => fill(size, (i) => `k${i}:\n  # head\n  x: 1\n  # foot\n\n`),
    "blank lines": (size) => `a: b\n${times(size, "\n")}c: d\n`,
    "lines of blanks": (size) => `a: b\n${times(size, `${" ".repeat(20)}\n`)}c: d\n`,
    "blanks before a comment": (size) => `a: b${times(size, " ")}# c\n`,
    "anchors, each with an alias": (size) => fill(size, (i) => `k${i}: &a${i} v\nl${i}: *a${i}\n`),
    "one anchor of many aliases": (size) => `a: &a v\n${fill(size, (i) => `k${i}: *a\n`)}`,
    "merge keys": (size) => `b: &b {x: 1}\n${fill(size, (i) => `k${i}:\n  <<: *b\n`)}`,
    "a flow list": (size) => `a: [${list(size, (i) => `v${i}`)}]\n`,
    "a flow mapping": (size) => `a: {${list(size, (i) => `k${i}: v`)}}\n`,
    "flow lists in a flow list": (size) => `a: [${list(size, () => "[a, b]")}]\n`,
    "explicit keys": (size) => fill(size, (i) => `? k${i}\n: v\n`),
    tags: (size) => fill(size, (i) => `k${i}: !t v\n`),
    documents: (size) => fill(size, (i) => `---\na: ${i}\n`),
    "line ends of Windows": (size) => fill(size, (i) => `k${i}: v\r\n`),
  },
  json: {
    "one long string": (size) => `{"a": "${times(size, "word ")}"}`,
    escapes: (size) => `{"a": "${times(size, '\\n\\u00e9\\"')}"}`,
    "halves of surrogate pairs": (size) => `{"a": "${times(size, "\\ud800")}"}`,
    "strings with escapes": (size) => `{"a": [${list(size, () => '"\\n\\u00e9"')}]}`,
    "a list on one line": (size) => `{"a": [${list(size, (i) => `"v${i}"`)}]}`,
    "a list over many lines": (size) => `{"a": [\n${list(size, (i) => `"v${i}"\n`)}]}`,
    "an object": (size) => `{${list(size, (i) => `"k${i}": "v"`)}}`,
    "an object without blanks": (size) => `{${fill(size, (i) => `"k${i}":"v",`)}"z":"v"}`,
    "the same key": (size) => `{${list(size, () => '"a": "v"')}}`,
    numbers: (size) => `{"a": [${list(size, (i) => `${i}.50e3`)}]}`,
    "empty objects": (size) => `{"a": [${list(size, () => "{}")}]}`,
    blanks: (size) => `{"a": ${times(size, " ")}1}`,
    "blank lines": (size) => `{"a": ${times(size, "\n")}1}`,
  },
  dotenv: {
    "one long value": (size) => `A=${times(size, "word ")}\n`,
    "line breaks in a value": (size) => `A=${times(size, "x\\n")}\n`,
    "equals signs": (size) => `A=${times(size, "=")}\n`,
    "short values": (size) => fill(size, (i) => `K${i}=v\n`),
    "the same key": (size) => times(size, "A=1\n"),
    comments: (size) => `${times(size, "# c\n")}A=1\n`,
    "comments between keys": (size) => fill(size, (i) => `# c\nK${i}=v\n`),
    "blank lines": (size) => `A=1\n${times(size, "\n")}B=1\n`,
    "no line break at the end": (size) => `${fill(size, (i) => `K${i}=v\n`)}Z=1`,
    "line ends of Windows": (size) => fill(size, (i) => `K${i}=v\r\n`),
  },
  ini: {
    "one long value": (size) => `[a]\nk = ${times(size, "word ")}\n`,
    "blanks in a value": (size) => `[a]\nk = a${times(size, " ")}b\n`,
    "blanks before and behind a value": (size) => `[a]\nk =${times(size / 2, " ")}a${times(size / 2, " ")}\n`,
    "quotes in a value": (size) => `[a]\nk = ${times(size, '"a"')}\n`,
    "number signs": (size) => `[a]\nk = ${times(size, "#")}\n`,
    "a value in triple quotes of many lines": (size) => `[a]\nk = """${times(size, "line of text\n")}"""\n`,
    "a value in back quotes of many lines": (size) => `[a]\nk = \`${times(size, "line of text\n")}\`\n`,
    "a value continued by backslashes": (size) => `[a]\nk = ${times(size, "line \\\n")}end\n`,
    "values in triple quotes": (size) => `[a]\n${fill(size, (i) => `k${i} = """a\nb"""\n`)}`,
    "keys of one section": (size) => `[a]\n${fill(size, (i) => `k${i} = v\n`)}`,
    "keys in quotes": (size) => `[a]\n${fill(size, (i) => `"k${i}" = v\n`)}`,
    "the same key": (size) => `[a]\n${fill(size, (i) => `k = v${i}\n`)}`,
    sections: (size) => fill(size, (i) => `[s${i}]\nk = v\n`),
    "empty sections": (size) => fill(size, (i) => `[s${i}]\n`),
    "the same section": (size) => fill(size, (i) => `[s]\nk${i} = v\n`),
    "brackets in a section's name": (size) => `[${times(size, "]")}\nk = v\n`,
    "comments above a key": (size) => `[a]\n${times(size, "; c\n")}k = v\n`,
    "comments with blank lines between": (size) => `[a]\n${times(size, "; c\n\n")}k = v\n`,
    "comments between keys": (size) => `[a]\n${fill(size, (i) => `; c\nk${i} = v\n`)}`,
    "comments behind values": (size) => `[a]\n${fill(size, (i) => `k${i} = v ; c\n`)}`,
    "comments of sections": (size) => fill(size, (i) => `; c\n[s${i}] ; d\nk = v\n`),
    "comments at the end": (size) => `[a]\nk = v\n${times(size, "; c\n")}`,
    "blank lines": (size) => `[a]\nk = v\n${times(size, "\n")}l = v\n`,
    "line ends of Windows": (size) => `[a]\r\n${fill(size, (i) => `k${i} = v\r\n`)}`,
  },
  toml: {
    "one long string": (size) => `a = "${times(size, "word ")}"\n`,
    escapes: (size) => `a = "${times(size, '\\n\\u00e9\\"')}"\n`,
    "a string over many lines": (size) => `a = """\n${times(size, "line of text\n")}"""\n`,
    "a literal over many lines": (size) => `a = '''\n${times(size, "line of text\n")}'''\n`,
    "short values": (size) => fill(size, (i) => `k${i} = 1\n`),
    "dotted keys": (size) => fill(size, (i) => `a.b.k${i} = 1\n`),
    tables: (size) => fill(size, (i) => `[t${i}]\nk = "v"\n`),
    "tables in a table": (size) => fill(size, (i) => `[a.t${i}]\nk = "v"\n`),
    "an array of tables": (size) => fill(size, (i) => `[[t]]\nk = ${i}\n`),
    "an array": (size) => `a = [${list(size, (i) => String(i))}]\n`,
    "inline tables": (size) => `a = [${list(size, (i) => `{k = ${i}}`)}]\n`,
    comments: (size) => `${times(size, "# a comment\n")}a = 1\n`,
    "comments behind values": (size) => fill(size, (i) => `k${i} = 1 # why\n`),
    "blank lines": (size) => `a = 1\n${times(size, "\n")}b = 1\n`,
  },
  xml: {
    "one long text": (size) => `<a><b>${times(size, "word ")}</b></a>`,
    "character references": (size) => `<a><b>${times(size, "&amp;&#233;")}</b></a>`,
    "a long CDATA section": (size) => `<a><b><![CDATA[${times(size, "word ")}]]></b></a>`,
    "one long attribute": (size) => `<a b="${times(size, "word ")}"/>`,
    attributes: (size) => `<a ${fill(size, (i) => `k${i}="v" `)}/>`,
    elements: (size) => `<a>\n${fill(size, (i) => `<k${i}>v</k${i}>\n`)}</a>`,
    "the same element": (size) => `<a>${times(size, "<k>v</k>")}</a>`,
    "mixed content": (size) => `<a>${times(size, "text <b>v</b> ")}</a>`,
    comments: (size) => `<a>${times(size, "<!-- c -->\n")}<b>v</b></a>`,
    "processing instructions": (size) => `<a>${times(size, "<?p x?>\n")}<b>v</b></a>`,
    "blank lines": (size) => `<a>${times(size, "\n")}<b>v</b></a>`,
  },
  binary: {
    text: (size) => times(size, "line of text\n"),
    "one long line": (size) => times(size, "word "),
    "control characters": (size) => times(size, "\0\x01\x1b\n"),
    "characters of four bytes": (size) => times(size, "\u{1f600}"),
  },
};

for (const format of Object.keys(shapes)) shapes[format].settings = (size) => settings(Math.round(size / 40), format);

/** As many times `text` in each other as the size is a part of the largest one, which has as many as the formats allow. */
const deep = (size, largest, text) => text.repeat(Math.round((990 * size) / largest));
const copies = (largest, item) => Array.from({ length: Math.ceil(largest / 2000) }, (_, i) => item(i));

/**
 * What stands in itself, a tenth as deep as may be and as deep as may be. Not for the layout of sops: the indentation alone
 * grows by the square there.
 *
 * @type {Record<string, Record<string, (size: number, largest: number) => string>>}
 */
export const deepShapes = {
  yaml: {
    "flow lists in each other": (size, largest) =>
      `a: [${copies(largest, () => `${deep(size, largest, "[")}v${deep(size, largest, "]")}`).join(", ")}]\n`,
    "mappings in each other": (size, largest) =>
      copies(largest, (i) => `k${i}: ${deep(size, largest, "{a: ")}v${deep(size, largest, "}")}\n`).join(""),
  },
  json: {
    "lists in each other": (size, largest) =>
      `{"a": [${copies(largest, () => `${deep(size, largest, "[")}"v"${deep(size, largest, "]")}`).join(",")}]}`,
    "objects in each other": (size, largest) =>
      `{"a": [${copies(largest, () => `${deep(size, largest, '{"a":')}"v"${deep(size, largest, "}")}`).join(",")}]}`,
  },
};
