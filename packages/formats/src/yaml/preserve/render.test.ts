import { type Comment, type Document, entry, type Leaf, leaf, lookup, mapping, type Node } from "@isosops/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { yaml } from "../index.js";

const metadata = mapping([
  entry("mac", leaf("str", "ENC[AES256_GCM,data:m,iv:i,tag:t,type:str]")),
  entry("version", leaf("str", "3.13.3")),
]);
const block = "sops:\n    mac: ENC[AES256_GCM,data:m,iv:i,tag:t,type:str]\n    version: 3.13.3\n";

type Was = Pick<Leaf, "type" | "text" | "spelling"> | Pick<Comment, "text">;

/** What encryption does to the tree, the ciphertext being only a number. */
function encrypt(document: Document, selected: (key: string | undefined) => boolean = () => true): Was[] {
  const was: Was[] = [];
  const visit = (node: Node | Comment, key: string | undefined): void => {
    if (node.kind === "comment") {
      if (!selected(undefined)) return;
      was.push({ text: node.text });
      node.text = `ENC[AES256_GCM,data:${was.length},iv:i,tag:t,type:comment]`;
      node.changed = true;
    } else if (node.kind === "leaf") {
      if (node.type === "null" || node.text === "" || !selected(key)) return;
      was.push({ type: node.type, text: node.text, spelling: node.spelling });
      node.text = `ENC[AES256_GCM,data:${was.length},iv:i,tag:t,type:${node.type}]`;
      node.type = "str";
      node.spelling = undefined;
      node.changed = true;
    } else for (const item of node.items) item.kind === "entry" ? visit(item.value, item.key) : visit(item, key);
  };
  for (const branch of document.branches) visit(branch, undefined);
  document.metadata = metadata;
  return was;
}

function decrypt(document: Document, was: readonly Was[]): void {
  const visit = (node: Node | Comment): void => {
    if (node.kind === "mapping" || node.kind === "sequence") {
      for (const item of node.items) visit(item.kind === "entry" ? item.value : item);
      return;
    }
    const number = /^ENC\[AES256_GCM,data:(\d+),/.exec(node.text as string)?.[1];
    if (number === undefined) return;
    Object.assign(node, was[Number(number) - 1], { changed: true });
  };
  document.branches.forEach(visit);
  document.metadata = undefined;
}

const preserve = { layout: "preserve" } as const;

function encrypted(source: string, selected?: (key: string | undefined) => boolean): { text: string; was: Was[] } {
  const document = yaml.parse(source);
  const was = encrypt(document, selected);
  return { text: yaml.render(document, preserve), was };
}

function thereAndBack(source: string, selected?: (key: string | undefined) => boolean): string {
  const { text, was } = encrypted(source, selected);
  const document = yaml.parse(text);
  decrypt(document, was);
  return yaml.render(document, preserve);
}

/** The keys to all comments and values, in order: what additional data and the MAC depend on. */
function paths(document: Document): string[] {
  const found: string[] = [];
  const visit = (node: Node | Comment, path: string): void => {
    if (node.kind === "comment") {
      // A comment that go-yaml has lost can turn up when a key follows; it is nobody's and was never encrypted.
      if (node.changed || node.text.startsWith("ENC[")) found.push(`${path}#`);
    } else if (node.kind === "leaf") found.push(path);
    else
      for (const item of node.items)
        item.kind === "entry" ? visit(item.value, `${path}${item.key}:`) : visit(item, path);
  };
  for (const branch of document.branches) visit(branch, "");
  return found;
}

const enc = (number: number, type = "str"): string => `ENC[AES256_GCM,data:${number},iv:i,tag:t,type:${type}]`;

describe("ciphertexts in the author's style", () => {
  test.each([
    ["a: b\n", `a: ${enc(1)}\n`],
    ["a:   'b'   \n", `a:   '${enc(1)}'   \n`],
    ['a: "b"\n', `a: "${enc(1)}"\n`],
    ["a: 0x1f\n", `a: ${enc(1, "int")}\n`],
    ["a:\n  b\n", `a:\n  ${enc(1)}\n`],
    ["a: |\n  b\n   c\n\n", `a: |\n  ${enc(1)}\n\n`],
    ["a: |2-\n    b\n", `a: |2-\n  ${enc(1)}\n`],
    ["a: >+\n  b\n\n\nc:\n", `a: >+\n  ${enc(1)}\n\n\nc:\n`],
    ["a: [b, 'c', 1]\n", `a: ["${enc(1).slice(0, -1)}\\x5d", '${enc(2)}', "${enc(3, "int")}"]\n`],
    ["a: !t b\n", `a: !t ${enc(1)}\n`],
    ["a: &x b\n", `a: &x ${enc(1)}\n`],
    ["a: !!int &x 5\n", `a: &x ${enc(1, "int")}\n`],
    ["- ? x\n  : z\n".replace("- ", "a:\n- "), `a:\n- ? x\n  : ${enc(1)}\n`],
    // No string to helm, or none that PyYAML reads.
    ["a: y\n", `a: "${enc(1).slice(0, -1)}\\u005d"\n`],
    ["a: [12:30, x\ty]\n", `a: ["${enc(1).slice(0, -1)}\\u005d", "${enc(2).slice(0, -1)}\\u005d"]\n`],
    ["a: !!str y\n", `a: !!str ${enc(1)}\n`],
  ])("%j", (source, text) => {
    expect(encrypted(source, (key) => key !== undefined).text).toBe(text + block);
  });

  test("comments stay comment lines", () => {
    // sops has the comment behind a value before that value.
    expect(encrypted("# a\nb: c # d\n").text).toBe(
      `#${enc(1, "comment")}\nb: ${enc(3)} #${enc(2, "comment")}\n${block}`,
    );
  });
});

describe("there and back", () => {
  test.each([
    "a: b",
    "a: b\n\n\n",
    "a: b\r\nc: 'd'\r\n",
    "\ufeffa: b\n",
    "a: b # c\n# d\n",
    "a:\n  b: c\n  # d\n",
    "a:\n  b: c\n\n  # d\n",
    "a:\n  b:\n    c: d\n  # e\n\n\n",
    "a:\n- b\n# c\n",
    "a:\n- b\n# c\n---\nd:\n- e\n# f\n",
    "{}\n",
    "{}",
    "{a: b, c: [d]}\n",
    "{a: b, }\n",
    "{\n  a: b, # c\n  d: e # f\n}\n",
    "--- {a: b}\n...\n---\nc: d\n",
    "---\n---\na: b\n",
    "---",
    "a: |\n  b",
    "a: |+\n  b\n  ",
    "# x\na: >\n  b",
    "a: |-\n  b",
    "a: |+\n  b\n\n\n",
    "a: |\r\n  b\r\n  c\r\n",
    "a: >-\n  b\n\n  c\n",
    "a: |\n\n  b\n\n\n  c\nd: e\n",
    "a: 'it''s'\nb: \"x\\ty\\n\"\n",
    "a: 1_000\nb: 1.0\nc: TRUE\nd: 2024-02-29\ne: .INF\nf: 1e3\ng: +5\n",
    "  a: b\n  c: d\n",
    "a: !t b\nc: !!str 123\n",
    "a: !!str 123 # x\n",
    "a: [b, [c, {d: e}], 'f', \"g\", 1, true]\n",
    "a: ''\nb: ~\nc:\n",
    "? a\n: b\n",
    "a: |  # x\n  b\n",
    "a: &x b\nc: d\n",
    "%YAML 1.1\n---\na: b\n...\n",
    "a: [-x, ---x, \u2003y]\n",
    "a: |+ # c\n\n\nb: 1\n",
    "a: |\x85  b\x85  c\x85d: 1\n",
    "a: ---\nb: ...\n",
    "a: 100000000000000000000\nb: 9223372036854775808.0\n",
  ])("%j", (source) => {
    expect(thereAndBack(source)).toBe(source);
    expect(thereAndBack(source, (key) => key === "a")).toBe(source);
    expect(thereAndBack(source, () => false)).toBe(source);
  });
});

test("a literal that ends the file without a line break keeps its value: the block goes to the top", () => {
  expect(encrypted("# x\na: |\n  b", () => false).text).toBe(`${block}# x\na: |\n  b`);
  expect(encrypted("a: |-\n  b", () => false).text).toBe(`a: |-\n  b\n${block.trimEnd()}`);
});

test.each([
  // A byte-order mark that is a value, at the end of a file, is no beginning of a document.
  "a: \ufeff",
  "\ufeffa: \ufeff",
  "a:\n  - \ufeff",
  // An anchor or a tag of a document that has nothing else.
  "  &a   # b\n",
  "        &a   # b",
  "        &a   # b\n",
  "# a\n&b\n# c\n",
  "--- &a # b\n",
  "a: b\n---\n &c # d\n",
])("a block goes where it can be read: %j", (source) => {
  const { text } = encrypted(source);
  const found = yaml.parse(text).metadata!;
  expect([found, metadata].map(plainly)).toEqual([plainly(metadata), plainly(metadata)]);
  expect(yaml.parse(thereAndBack(source)).branches.map(plainly)).toEqual(yaml.parse(source).branches.map(plainly));

  function plainly(node: Node): unknown {
    if (node.kind === "leaf") return node.text;
    return node.items.flatMap((item) => {
      if (item.kind === "comment") return [];
      return [item.kind === "entry" ? [item.key, plainly(item.value)] : plainly(item)];
    });
  }
});

describe("aliases", () => {
  const source = "a: &x {p: q, r: s}\nb: *x\n<<: *x\nc: &y z\nd: *y\n";
  test("stay while nothing they repeat is encrypted", () => {
    const text = encrypted(source, (key) => key === "none").text;
    expect(text).toBe(source + block);
  });

  test("become what they stood for where something is", () => {
    const { text } = encrypted(source, (key) => key === "d");
    expect(text).toBe(source.replace("*y", `"${enc(1)}"`) + block);
  });

  test("and keep the order of values", () => {
    const document = yaml.parse(source);
    const before = paths(document);
    encrypt(document);
    expect(paths(yaml.parse(yaml.render(document, preserve)))).toEqual(before);
  });
});

describe("values that cannot stand as the ciphertext stood", () => {
  const rendered = (source: string, type: Leaf["type"], text: string): string => {
    const document = yaml.parse(source);
    decrypt(document, [{ type, text, spelling: undefined }]);
    return yaml.render(document, preserve);
  };
  test.each([
    [`a: ${enc(1)}\n`, "str", "12", 'a: "12"\n'],
    [`a: ${enc(1)}\n`, "int", "12", "a: 12\n"],
    [`a: ${enc(1)}\n`, "bool", "True", "a: true\n"],
    [`a: ${enc(1)}\n`, "float", "+Inf", "a: .inf\n"],
    [`a: ${enc(1)}\n`, "str", "true", 'a: "true"\n'],
    [`a: ${enc(1)}\n`, "str", "x: y", "a: 'x: y'\n"],
    [`a: ${enc(1)}\n`, "str", "x\ny\n", "a: |\n    x\n    y\n"],
    [`a: ${enc(1)} # c\n`, "str", "x\ny\n", 'a: "x\\ny\\n" # c\n'],
    [`a:\n  b: ${enc(1)}\n`, "str", "x\ny", "a:\n  b: |-\n    x\n    y\n"],
    [`a: ["${enc(1)}"]\n`, "int", "12", "a: [12]\n"],
    [`a: ["${enc(1).slice(0, -1)}\\x5d"]\n`, "str", "a, b", "a: ['a, b']\n"],
    [`a: '${enc(1)}'\n`, "str", "x\ny", 'a: "x\\ny"\n'],
    [`a: |\n  ${enc(1)}\nb: 1\n`, "str", "x", "a: |-\n  x\nb: 1\n"],
    [`a: |\n  ${enc(1)}\nb: 1\n`, "str", "x\r\n", 'a: "x\\r\\n"\nb: 1\n'],
    [`a: ${enc(1)}\n`, "str", "\u0007", 'a: "\\a"\n'],
    [`a: !!str ${enc(1)}\n`, "str", "12", "a: !!str 12\n"],
  ] as const)("%j holding a %s %j", (source, type, text, expected) => {
    expect(rendered(source, type, text)).toBe(expected);
  });

  test("an item that decrypts to a comment becomes a comment line", () => {
    const document = yaml.parse(`a:\n    - ${enc(1, "comment")}\n    - b\n`);
    const list = (document.branches[0]!.items[0] as { value: Extract<Node, { kind: "sequence" }> }).value;
    const item = list.items[0] as Leaf;
    list.items[0] = { kind: "comment", text: " c", inline: false, changed: true, start: item.start, end: item.end };
    expect(yaml.render(document, preserve)).toBe("a:\n    # c\n    - b\n");
  });
});

test("a comment that sops has put behind its key stays when the block goes", () => {
  const document = yaml.parse("a: 1\n#\nsops: # c\n    mac: x\n    version: y\n---\nb: 1\nsops:\n    mac: x\n");
  document.metadata = undefined;
  expect(yaml.render(document, preserve)).toBe("a: 1\n#\n# c\n---\nb: 1\n");
});

test("a comment at the top does not get lost in a block above it", () => {
  const document = yaml.parse(" # c\na: |\n b");
  document.metadata = metadata;
  expect(yaml.parse(yaml.render(document, preserve)).branches[0]!.items[0]).toMatchObject({
    kind: "comment",
    text: " c",
  });
});

test("a float that would be refused as an integer is written as a float", () => {
  const document = yaml.parse(`a: "${enc(1, "float")}"\n`);
  decrypt(document, [{ type: "float", text: "9223372036854776000", spelling: undefined }]);
  const text = yaml.render(document, preserve);
  expect(text).toBe("a: 9.223372036854776e+18\n");
  expect(lookup(yaml.parse(text).branches[0]!, "a")).toMatchObject({ type: "float", text: "9223372036854776000" });
});

test("a sops block is replaced where it stands", () => {
  const source = "a: 1\nsops:\n  mac: old\n  # c\n  version: x\n# below\nb: 2\n";
  const document = yaml.parse(source);
  document.metadata = metadata;
  expect(yaml.render(document, preserve)).toBe(`a: 1\n${block}# below\nb: 2\n`);
});

// Documents as people write them, from parts whose bytes must all come back.
const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/);
const scalar = fc.oneof(
  word,
  fc.constantFrom(
    "1",
    "0x1F",
    "1.50",
    "true",
    "FALSE",
    "null",
    "~",
    "",
    "2024-02-29",
    "''",
    '""',
    "é 漢 😀",
    "a: b".replace(": ", ":"),
  ),
  fc
    .string({ maxLength: 12, unit: fc.constantFrom(..."ab '#:-é,[]{}\t") })
    .map((text) => `'${text.replaceAll("'", "''")}'`),
  fc.string({ maxLength: 12, unit: fc.constantFrom(...'ab "\\#:-é') }).map((text) => JSON.stringify(text)),
);
const comment = fc.string({ maxLength: 8, unit: fc.constantFrom(..."ab #:-'é") }).map((text) => `#${text}`);
const trailing = fc.option(comment, { nil: undefined, freq: 4 }).map((text) => (text === undefined ? "" : ` ${text}`));
const flow = fc
  .array(
    fc.oneof(
      word,
      word.map((text) => `'${text}'`),
      word.map((text) => `{k: ${text}, l: [${text}]}`),
    ),
    { maxLength: 4 },
  )
  .map((items) => `[${items.join(", ")}]`);
const literal = fc
  .tuple(
    fc.constantFrom("|", "|-", ">-"),
    fc.array(fc.stringMatching(/^[a-z]{1,5}( [a-z#:']{1,4})?$/), { minLength: 1, maxLength: 3 }),
  )
  .map(([sign, lines]) => ({ sign, lines: sign === ">-" ? lines.slice(0, 1) : lines }));

const { documentLines } = fc.letrec<{ documentLines: string[] }>((tie) => ({
  documentLines: fc
    .array(
      fc.tuple(
        fc.array(fc.oneof(comment, fc.constant("")), { maxLength: 2 }),
        fc.oneof(
          { depthSize: "small", withCrossShrink: true },
          fc.tuple(scalar, trailing).map(([value, end]) => [` ${value}${end}`]),
          fc.tuple(flow, trailing).map(([value, end]) => [` ${value}${end}`]),
          literal.map(({ sign, lines }) => [` ${sign}`, ...lines.map((line) => `   ${line}`)]),
          fc
            .tuple(fc.array(scalar, { minLength: 1, maxLength: 3 }), trailing)
            .map(([items, end]) => [end, ...items.map((item) => `  - ${item}`)]),
          fc
            .tuple(trailing, tie("documentLines"))
            .map(([end, lines]) => [end, ...lines.map((line) => (line === "" ? "" : `  ${line}`))]),
        ),
        fc.array(comment, { maxLength: 1 }),
      ),
      { minLength: 1, maxLength: 4, depthIdentifier: "document" },
    )
    .map((entries) =>
      entries.flatMap(([above, [first, ...rest], below], index) => [
        ...above,
        `k${index}:${first}`,
        ...rest,
        ...below.map((line) => `  ${line}`),
      ]),
    ),
}));
const document = fc
  .tuple(
    fc.array(documentLines, { minLength: 1, maxLength: 2 }),
    fc.constantFrom("\n", "\r\n"),
    fc.constantFrom("", "\n", "\n\n"),
  )
  .map(([documents, eol, end]) =>
    (documents.map((lines) => lines.join("\n")).join("\n---\n") + end).replaceAll("\n", eol),
  );

/**
 * Whether the author's layout was given up: in brackets, or where the text ends in a comment, an encrypted comment can
 * come to stand elsewhere for go-yaml, and then sops could not decrypt it.
 */
function fellBack(rendered: Document, text: string): boolean {
  return withoutComments(text) === withoutComments(yaml.render(rendered, { layout: "sops" }));
}

/** An encrypted comment may be an item, also of a list that has no other. */
function withoutComments(text: string): string {
  return text.replace(/^ *(?:- ENC\[.*type:comment\]|#.*|)\n/gm, "").replaceAll(": []\n", ":\n");
}

describe("generated documents", () => {
  test("come back byte for byte, with every value and comment at its path", () => {
    let encryptedLeaves = 0;
    let fallbacks = 0;
    fc.assert(
      fc.property(document, fc.integer({ min: 1, max: 5 }), (source, modulus) => {
        let seen = 0;
        const parsed = yaml.parse(source);
        const was = encrypt(parsed, () => seen++ % modulus === 0);
        const before = paths(parsed);
        const text = yaml.render(parsed, preserve);
        encryptedLeaves += was.length;
        if (fellBack(parsed, text)) {
          fallbacks++;
          return;
        }
        const document = yaml.parse(text);
        const sorted = (list: string[]): string[] => list.filter((path) => path.endsWith("#")).sort();
        expect(paths(document).filter((path) => !path.endsWith("#"))).toEqual(
          before.filter((path) => !path.endsWith("#")),
        );
        expect(sorted(paths(document))).toEqual(sorted(before));
        decrypt(document, was);
        expect(yaml.render(document, preserve)).toBe(source);
      }),
      { numRuns: 1000 },
    );
    expect(encryptedLeaves).toBeGreaterThan(2000);
    expect(fallbacks).toBeLessThan(50);
  });

  test("keep every byte outside the changed leaves and comments and the block", () => {
    fc.assert(
      fc.property(document, (source) => {
        const parsed = yaml.parse(source);
        encrypt(parsed);
        const text = yaml.render(parsed, preserve);
        if (fellBack(parsed, text)) return;
        // Without ciphertexts and blocks, what is left of the text is left of the source, in order.
        const rest = text.replace(/#?["']?ENC\[[^\]\\]*(?:\]|\\(?:x|u00)5d)["']?/g, "\0").split("\0");
        let at = 0;
        for (const piece of rest) {
          const kept = piece.replace(/sops:\r?\n {4}mac: $/, "").replace(/^\r?\n {4}version: 3\.13\.3(\r?\n)?/, "");
          const lines = kept.split(/\r?\n/).filter((line) => line.trim() !== "");
          for (const line of lines) {
            const found = source.indexOf(line, at);
            expect(found).toBeGreaterThanOrEqual(at);
            at = found + line.length;
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
