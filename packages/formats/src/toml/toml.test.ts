import {
  comment,
  type Document,
  entry,
  type Leaf,
  leaf,
  lookup,
  type Mapping,
  mapping,
  type Node,
  type Sequence,
  sequence,
} from "@isosops/core";
import fc from "fast-check";
import { parse as judge, TomlDate } from "smol-toml";
import { describe, expect, it } from "vitest";
import { decrypt, encrypt } from "../../../isosops/dist/index.js";
import { errorOf, identity, leaves, recipient, roundTrip, runs } from "../../test/extension.js";
import { toml } from "./index.js";

/** What a tree holds, in the form in which smol-toml gives it. */
function values(node: Node): unknown {
  if (node.kind === "mapping") {
    return Object.fromEntries(
      node.items.flatMap((item) => (item.kind === "entry" ? [[item.key, values(item.value)]] : [])),
    );
  }
  if (node.kind === "sequence") return node.items.flatMap((item) => (item.kind === "comment" ? [] : [values(item)]));
  if (node.type === "int") return BigInt(node.text as string);
  if (node.type === "float") return Number((node.text as string).replace("Inf", "Infinity"));
  if (node.type === "bool") return node.text === "True";
  if (node.type === "time") return new Date(node.text as string).toISOString();
  return node.style === 4 ? `local ${(node.text as string).replace("T", " ")}` : node.text;
}

function judged(source: string): unknown {
  const plain = (value: unknown): unknown => {
    if (value instanceof TomlDate) {
      if (value.isDateTime() && !value.isLocal()) return new Date(value.getTime()).toISOString();
      const written = value.toISOString().replace("T", " ");
      return `local ${written.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "")}`;
    }
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
    return value;
  };
  return plain(judge(source, { integersAsBigInt: true }));
}

const strings = fc.oneof(
  fc.constantFrom('""', "''", '"a\\tb\\"\\\\"', "'C:\\x'", '"é ☃"', '"\\u0007"', '""""""', "''''''"),
  fc.constantFrom(
    '"""\nfirst\n  second "two" ""\n"""',
    "'''\nraw \\n\n'''",
    '"""\n\n\nx"""',
    "'''it's'''",
    '"""a\\\\b"""',
  ),
  fc
    .string({ unit: fc.constantFrom("a", " ", "#", "=", "é", "[", "]", "{", ",", "'", "ENC[") })
    .map((text) => JSON.stringify(text)),
);
const scalars = fc.oneof(
  strings,
  fc.constantFrom(
    "0",
    "-0",
    "+7",
    "1_000",
    "0xff",
    "0xDEAD_BEEF",
    "0x00ff",
    "0o755",
    "0b1101_0110",
    "9223372036854775807",
  ),
  fc.constantFrom(
    "1.0",
    "-0.0",
    "1e3",
    "6.626e-34",
    "1_0.5",
    "5e+22",
    "inf",
    "-inf",
    "+inf",
    "nan",
    "-nan",
    "+nan",
    "+1.5",
  ),
  fc.constantFrom("true", "false"),
  fc.constantFrom("1979-05-27T07:32:00Z", "1979-05-27 07:32:00.5-07:00", "1979-05-27t07:32:00.123456789012z"),
  fc.constantFrom("1979-05-27T07:32:00", "1979-05-27 07:32:00", "1979-05-27", "07:32:00", "07:32:00.25"),
);
const gap = fc.constantFrom("", " ", "\n", "\n  # in a list\n", " # behind\n");
const blank = fc.constantFrom("", " ", "\t");
const { value } = fc.letrec<{ value: string; list: string; table: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 3, withCrossShrink: true }, scalars, tie("list"), tie("table")),
  list: fc
    .tuple(fc.array(fc.tuple(gap, tie("value"), gap), { maxLength: 3 }), gap, fc.boolean())
    .map(
      ([items, end, comma]) =>
        `[${items.map((item) => item.join("")).join(",")}${comma && items.length > 0 ? "," : ""}${end}]`,
    ),
  table: fc
    .array(fc.tuple(blank, tie("value"), blank), { maxLength: 3 })
    .map(
      (items) =>
        `{${items.map(([before, inner, behind], i) => `${before}k${i}=${before}${inner.includes("\n") ? "1" : inner}${behind}`).join(",")}}`,
    ),
}));
const keyNames = fc.constantFrom("a", "b-c", '"q u"', "'l.x'", "_", "3", "x.y", "x.z", 'x."w"', "secret_unencrypted");
const pairs = fc
  .uniqueArray(fc.tuple(keyNames, value, fc.constantFrom("", " # note", " #")), {
    selector: ([key]) => key,
    maxLength: 5,
  })
  .map((all) => all.map(([key, written, note]) => `${key} = ${written}${note}`));
const headers = fc.uniqueArray(fc.constantFrom("t", "t.u", "t.u.v", "s", "[l]", "[m.n]", "o . 'p'", "t.x"), {
  maxLength: 6,
});
const documents = fc
  .tuple(
    pairs,
    headers.chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc.tuple(fc.constant(`[${name}]`), pairs, fc.constantFrom([], ["# above"], ["", "# x", ""])),
        ),
      ),
    ),
    fc.constantFrom("\n", "\r\n"),
    fc.constantFrom("", "\n", "\n\n", "\n# end", "\n# end\n"),
    fc.constantFrom("", "\ufeff", "# first\n\n"),
  )
  .map(([top, sections, newline, end, start]) => {
    const lines = [...top, ...sections.flatMap(([header, own, above]) => [...above, header, ...own])];
    return (start + lines.join("\n") + end).replaceAll("\n", newline);
  });

describe("TOML", () => {
  it("has the values smol-toml has, and refuses what it refuses, for generated documents", () => {
    let valid = 0;
    fc.assert(
      fc.property(documents, (source) => {
        let expected: unknown;
        try {
          // It takes no byte-order mark, and of line breaks in strings it keeps none as CRLF.
          expected = judged(source.replace("\ufeff", "").replaceAll("\r\n", "\n"));
        } catch {
          expect(errorOf(() => toml.parse(source)).name).toBe("SopsError");
          return;
        }
        valid++;
        expect(values(toml.parse(source.replaceAll("\r\n", "\n")).branches[0]!)).toEqual(expected);
      }),
      { numRuns: runs(2000) },
    );
    expect(valid).toBeGreaterThan(runs(2000) / 3);
  });

  it("comes back byte for byte, and keeps all but values and comments, for generated documents", async () => {
    await fc.assert(
      fc.asyncProperty(
        documents,
        fc.constantFrom({}, { encryptedRegex: "^[at]" }, { encryptedCommentRegex: "above|note" }),
        async (source, rule) => {
          try {
            toml.parse(source);
          } catch {
            return;
          }
          await roundTrip(toml, source, rule);
        },
      ),
      { numRuns: runs(300) },
    );
  });

  it("has the same values in the layout of its own, in the same order, for generated documents", async () => {
    await fc.assert(
      fc.asyncProperty(documents, async (source) => {
        let document: Document;
        try {
          document = toml.parse(source);
        } catch {
          return;
        }
        const text = toml.render(document, { layout: "sops" });
        const again = toml.parse(text);
        expect(values(again.branches[0]!)).toEqual(values(document.branches[0]!));
        const order = ({ branches }: Document) =>
          leaves(branches[0]!).flatMap((part) => (part.kind === "leaf" ? [part.text] : []));
        expect(order(again)).toEqual(order(document));
        const locked = await encrypt(source, { format: toml, recipients: [recipient], layout: "sops" });
        const plain = await decrypt(locked.text, { format: toml, identities: [identity], layout: "sops" });
        expect(values(toml.parse(plain.text!).branches[0]!)).toEqual(values(document.branches[0]!));
        expect(plain.text).not.toContain("#ENC[AES256");
      }),
      { numRuns: runs(300) },
    );
  });

  it.each([
    ["nothing", ""],
    ["a comment", "# only\n"],
    ["an empty line", "\n"],
    ["no line break at the end", "a = 1"],
    ["a header at the end", "[a]"],
    ["all string kinds", "a = \"x\"\nb = 'x'\nc = \"\"\"\nx\"\"\"\nd = '''x'''\n"],
    ["local dates and times", "a = 1979-05-27\nb = [07:32:00, 1979-05-27 07:32:00]\nc = '1979-05-27'\n"],
    [
      "spellings",
      "a = 0x00FF\nb = 1_000\nc = +inf\nd = -nan\ne = 1e06\nf = 0o0755\ng = 0xdead_beef\nh = 1979-05-27 00:32:00.10-07:00\nj = 1_0_0_0\nk = +1_0.0_0e+0_1\n",
    ],
    ["tables out of order", "[a.b]\nx = 1\n[c]\ny = 2\n[a]\nz = 3\n[a.d]\nw = 4\n"],
    ["a table named sops below the top", "[a.sops]\nx = 1\n"],
    ["line ends as Windows has them", '[a]\r\nb = """\r\nx\r\ny"""\r\n\r\n# c\r\n'],
  ])("gives back %s", async (_, source) => {
    const { locked } = await roundTrip(toml, source);
    expect(judge(locked)).toHaveProperty("sops.age");
  });

  it("gives back the value of an int in a form that has no plaintext", async () => {
    const { text } = await encrypt("a = 0xDEADbeef\n", { format: toml, recipients: [recipient] });
    expect((await decrypt(text, { format: toml, identities: [identity] })).text).toBe("a = 3735928559\n");
  });

  it("comes back typed, a date or time without an offset among them", async () => {
    const { locked, data } = await roundTrip(
      toml,
      "a = 1979-05-27\nb = 1979-05-27T07:32:00Z\nc = 9223372036854775807\n",
    );
    expect(data).toEqual({ a: "1979-05-27", b: new Date("1979-05-27T07:32:00Z"), c: 9223372036854775807n });
    expect(locked).toMatch(/^a = "\\u0045NC\[.*type:str\]"\nb = "ENC\[.*type:time\]"\nc = "ENC\[.*type:int\]"\n/);
  });

  it("takes comments as marks of what follows them", async () => {
    const rule = { encryptedCommentRegex: "secret" };
    const source =
      "a = 1 # secret\nb = 2\nl = [ 1, # secret\n 2 ]\n# secret\n[t]\nx = 1\n[t.u]\ny = 1\n# of u: secret\n\n[v]\nz = 1\n# secret\n[[w]]\nq = 1\n[[w]]\nq = 2\n";
    const { locked } = await roundTrip(toml, source, rule);
    const plain = [...locked.slice(0, locked.indexOf("[sops]")).matchAll(/^\W*(\w+ = \d| \d \])/gm)].map(
      ([line]) => line,
    );
    expect(plain).toEqual(["b = 2", " 2 ]", "z = 1", "q = 2"]);
  });

  it("writes of its block only what has changed there", async () => {
    const { locked } = await roundTrip(toml, "a = 1\n");
    const document = toml.parse(locked);
    const mac = lookup(document.metadata!, "mac") as Leaf;
    const before = mac.text as string;
    Object.assign(mac, { text: "ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]", changed: true });
    expect(toml.render(document, { layout: "preserve" })).toBe(locked.replace(before, mac.text as string));
  });

  it("keeps the MAC over everything: a value taken out or moved is an error", async () => {
    const { locked } = await roundTrip(toml, "a_unencrypted = 1\nb = 2\n[t]\nc_unencrypted = 3\n");
    const refused = (text: string) => expect(decrypt(text, { format: toml, identities: [identity] })).rejects.toThrow();
    await refused(locked.replace("a_unencrypted = 1\n", ""));
    await refused(locked.replace("= 3", "= 4"));
    await refused(locked.replace(/^b/m, "d"));
  });

  it("converts, and says what TOML cannot hold", async () => {
    const yaml =
      "a: {x: 1, y: [1, {z: 2}]}\nb: 1.0\n# about c\nc:\n  - n: 1\n  # second\n  - n: 2\nd: 2024-02-29\ne: |\n  two\n  lines\n";
    const { text } = await encrypt(yaml, { format: "yaml", outputFormat: "toml", recipients: [recipient] });
    const plain = await decrypt(text, { format: "toml", identities: [identity], layout: "sops" });
    expect(plain.text).toBe(
      'a.x = 1\na.y = [1, { z = 2 }]\nb = 1.0\n# about c\nd = 2024-02-29T00:00:00Z\ne = """\ntwo\nlines\n"""\n'.replace(
        "# about c\n",
        "# about c\nc = [\n  { n = 1 },\n  # second\n  { n = 2 },\n]\n",
      ),
    );
    expect(judge(plain.text)).toMatchObject({ a: { x: 1, y: [1, { z: 2 }] }, c: [{ n: 1 }, { n: 2 }] });
    const back = await decrypt(text, { format: "toml", identities: [identity], outputFormat: "json" });
    expect(JSON.parse(back.text)).toMatchObject({ a: { x: 1, y: [1, { z: 2 }] }, b: 1, c: [{ n: 1 }, { n: 2 }] });
    await expect(
      encrypt("a: null\n", { format: "yaml", outputFormat: "toml", recipients: [recipient] }),
    ).rejects.toThrow(expect.objectContaining({ code: "unwritable", message: expect.stringMatching(/at a is null/) }));
    const twice: Mapping = mapping([entry("a", leaf("int", "1")), entry("a", leaf("int", "2"))]);
    expect(() => toml.render(handmade(twice), { layout: "sops" })).toThrow(/at a is repeated/);
  });

  it("is reformatted if a list item has become a comment", () => {
    const document = toml.parse("a = ['x',  'y']\n");
    const list = (document.branches[0]!.items[0] as { value: Sequence }).value;
    const { start, end } = list.items[0] as Leaf;
    list.items[0] = { ...comment(" note"), start, end };
    expect(toml.render(document, { layout: "preserve" })).toBe('a = [\n  # note\n  "y",\n]\n');
  });

  it("writes comments where they are read again", () => {
    const tree = mapping([
      entry("list", sequence([comment(" one"), leaf("int", "1"), comment(" last")])),
      entry("t", mapping([entry("x", leaf("int", "1")), comment(" tail of t")])),
      entry("u", mapping([entry("v", mapping([comment(" of v")])), comment(" tail of u")])),
    ]);
    const text = toml.render(handmade(tree), { layout: "sops" });
    expect(text).toBe(
      "list = [\n  # one\n  1,\n  # last\n]\n\n[t]\nx = 1\n# tail of t\n\n[u]\n# tail of u\n\n[u.v]\n# of v\n".replace(
        "[u]\n# tail of u\n\n[u.v]",
        "[u]\n\n# tail of u\n[u.v]",
      ),
    );
  });
});

function handmade(branch: Mapping): Document {
  return { store: "", source: "", branches: [branch], metadata: undefined, memo: undefined };
}

/** Takes what TOML 1.1 allows, and numbers and dates that are none. */
const laxJudge = new Set(["a = { b = 'secret'\n}", "a = 1e999", "a = 1979-02-30"]);

describe("an error in TOML", () => {
  it.each([
    ['a = "secret', 1, 5],
    ["a = secret", 1, 5],
    ["secret", 1, 7],
    ["a = 1\n[b\nsecret = 1", 2, 3],
    ["a = [1,\n 'secret' 2]", 2, 11],
    ["a = { b = 'secret'\n}", 1, 19],
    ["a = 'secret' secret", 1, 14],
    ['a = "secret\\q"', 1, 12],
    ["a = 'secret'\na = 2", 2, 1],
    ["[a]\nx = 'secret'\n[a]", 3, 1],
    ["a = 99999999999999999999 # secret", 1, 5],
    ["a = 1e999", 1, 5],
    ["a = 1979-02-30", 1, 5],
    ["# secret\u0007", 1, 9],
    ["\n\n= 'secret'", 3, 1],
    ['"""secret""" = 1', 1, 1],
  ])("of %j names its place and shows no value", (source, line, column) => {
    const error = errorOf(() => toml.parse(source, { filename: "x.toml" }));
    expect(error).toMatchObject({ name: "SopsError", code: "syntax", line, column });
    expect(error.message).toContain(`TOML file x.toml, line ${line}, column ${column}: `);
    expect(error.message).not.toContain("secret");
    if (!laxJudge.has(source)) expect(() => judge(source)).toThrow();
  });

  it("shows the line", () => {
    expect(errorOf(() => toml.parse("[server]\npassword = hunter2\n")).message).toContain("\n  2 | password =***\n");
  });

  it("is one for a `sops` that is not a table", () => {
    expect(errorOf(() => toml.parse("sops = 1"))).toMatchObject({ code: "metadata", line: 1 });
  });

  it.each([
    ["[".repeat(100_000), "syntax"],
    [`a = ${"[".repeat(100_000)}`, "unsupported"],
    [`a = ${"{a=".repeat(100_000)}`, "unsupported"],
    [`[${"a.".repeat(100_000)}a]`, "unsupported"],
    [`${"a.".repeat(100_000)}a = 1`, "unsupported"],
    [Array.from({ length: 2000 }, (_, i) => `[[${"a.".repeat(i)}a]]\n`).join(""), "unsupported"],
  ])("comes of nesting without end", (source, code) => {
    expect(errorOf(() => toml.parse(source))).toMatchObject({ name: "SopsError", code });
  });
});

it("a large TOML file of any shape is fast", () => {
  const many = 100_000;
  const list = (line: (i: number) => string) => Array.from({ length: many }, (_, i) => line(i)).join("");
  for (const source of [
    list((i) => `k${i} = 'v'\n`),
    list((i) => `# ${i}\n`),
    list((i) => `[a${i}.b]\nx = 1\n`) + list((i) => `[a${i}]\n`),
    list(() => "[[a]]\nx = 1\n"),
    `a = [\n${list((i) => `${i}, # c\n`)}]\n`,
    `a = "${"x\\n".repeat(many)}"\n`,
    `a = """${'""\n\\\n'.repeat(many)}"""\n`,
    `a = "${"x".repeat(10 * many)}"\n`,
    `a = ${"1".repeat(3)}.${"1".repeat(3000)}\n`,
    `a${" ".repeat(many)}= 1 ${" ".repeat(many)}\n`,
  ]) {
    const start = performance.now();
    expect(toml.render(toml.parse(source), { layout: "preserve" })).toBe(source);
    expect(performance.now() - start).toBeLessThan(10_000);
  }
});
