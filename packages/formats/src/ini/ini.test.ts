import { type Comment, type Entry, entry, type Leaf, leaf, type Mapping, mapping } from "@isosops/core";
import { describe, expect, it } from "vitest";
import { ini } from "./index.js";
import type { IniMemo } from "./parse.js";

const locked = "ENC[AES256_GCM,data:c2VjcmV0,iv:aXY=,tag:dGFn,type:str]";
const block = () => ini.parse("[sops]\nage__list_0__map_enc = a\\nb\\n\nversion = 3.13.3\n").metadata!;

/** All that is encrypted by a rule for everything; a comment is, not what it may be besides. */
function textsOf(item: Entry | Comment): (Leaf | Comment)[] {
  if (item.kind === "comment") return [item];
  const carried = (item.carried ?? []).filter(({ kind }) => kind !== "comment");
  return [item.value as Leaf, ...carried.map(({ leaf }) => leaf)];
}

/** What the engine does to a document and back, as far as its store can tell. */
function thereAndBack(source: string): { encrypted: string; back: string } {
  const parts = (document: ReturnType<typeof ini.parse>) =>
    document.branches[0]!.items.flatMap((item) =>
      item.kind === "entry" && item.value.kind === "mapping" ? item.value.items.flatMap(textsOf) : [],
    ).filter(({ text }) => text !== "");
  const plain = ini.parse(source);
  const texts = parts(plain).map(({ text }) => text);
  for (const part of parts(plain)) Object.assign(part, { text: locked, changed: true });
  plain.metadata = block();
  const encrypted = ini.render(plain, { layout: "preserve" });
  const again = ini.parse(encrypted);
  for (const [index, part] of parts(again).entries()) Object.assign(part, { text: texts[index], changed: true });
  again.metadata = undefined;
  return { encrypted, back: ini.render(again, { layout: "preserve" }) };
}

describe("the INI store", () => {
  it.each([
    ["nothing", ""],
    ["blank lines", "\n\n"],
    ["values before all sections, no line break at the end", "a=1"],
    ["quotes", '[a]\nk = \'x\'\nl="y # "\nm: `z;` \nn\t=\t"""o"""\n'],
    ["several lines", '[a]\nk = """x\r\ny\n"""\nl = `\n`\n'],
    ["comments", "; a\n# b\nk = 1\nm=1 ; c\n\n; d\n[a]\n  ;e\n\tl=2\nn=1#f\n; last"],
    ["line ends as Windows has them", "; a\r\n; b\r\n[a]\r\nk = 1\r\n\r\n"],
    ["a byte-order mark", "\ufeff[a]\nk = 1\n"],
    ["numbered keys", "[a]\n- = x\n- = y\n"],
    ["a backslash at the end of the file", "[a]\nk = x\\"],
  ])("gives back %s", (_, source) => {
    const { encrypted, back } = thereAndBack(source);
    expect(encrypted).toContain("[sops]");
    for (const line of encrypted.split("\n")) expect(line).not.toMatch(/ENC\[.*ENC\[.*ENC\[/);
    expect(back).toBe(source);
  });

  it("refuses a rule that sops reads otherwise, where sops writes a file that it cannot open (exit code 51)", () => {
    const document = ini.parse("[a]\nk\\name = v\n");
    document.metadata = mapping([entry("encrypted_regex", leaf("str", "^(k\\\\name)$"))]);
    for (const layout of ["preserve", "sops"] as const) {
      expect(() => ini.render(document, { layout })).toThrowError(expect.objectContaining({ code: "unwritable" }));
    }
  });

  it("leaves nothing of a value or comment that counts for nothing", () => {
    const { encrypted } = thereAndBack("[a]\nk = secret1 ; secret2\nk = secret3\n[b] ; secret4\n; secret5\n");
    expect(encrypted).not.toContain("secret");
  });

  it.each([
    "[a]\nk = v\n",
    '\ufeff[a] x ; c\n; c\n\n; d\nk = `v` x ; c\n"l" x = """\nv""" ; c\n- = 1\n',
    "[a]\r\nk = v \\\r\n  w\r\nk = 'x' # y\r\nk =\r\n#\n",
  ])("takes all of %j for structure, or for something that is encrypted", (source) => {
    expect(ini.strayText!(ini.parse(source))).toEqual([]);
  });

  it("says where a text is that belongs to nothing", () => {
    const source = '[a] x ; c\n"l" y = `v` z\n';
    const document = ini.parse(source);
    const memo = document.memo as IniMemo;
    const [, section] = document.branches[0]!.items as Entry[];
    const entry = (section!.value as Mapping).items.find((item) => item.kind === "entry");
    delete entry!.carried;
    const nodes = memo.nodes.filter((node) => node.kind === "entry");
    const places = ini.strayText!({ ...document, memo: { ...memo, nodes } });
    expect(places.map(({ start, end }) => source.slice(start, end))).toEqual(["x ; c", "y = `v` z"]);
  });

  it("refuses a value that stands in another's place", () => {
    const source = "[a]\nk = 'x'\nk = \"y\"\nl = z\n[sops]\nmac = m\n";
    for (const put of [
      (k: Entry, l: Entry) => ([k.value, l.value] = [l.value, k.value]),
      (k: Entry) => (k.value = leaf("str", "n")),
      (_k: Entry, _l: Entry, mac: Entry) => (mac.value = leaf("str", "n")),
    ]) {
      const document = ini.parse(source);
      const { items } = (document.branches[0]!.items[1] as Entry).value as Mapping;
      const entries = [...items, ...document.metadata!.items] as [Entry, Entry, Entry];
      put(...entries);
      for (const { value } of entries) (value as Leaf).changed = true;
      expect(() => ini.render(document, { layout: "preserve" })).toThrow(
        "This value was moved to the place of another.",
      );
    }
    const document = ini.parse(source);
    const { items } = (document.branches[0]!.items[1] as Entry).value as Mapping;
    Object.assign((items[0] as Entry).value, { text: "n", changed: true });
    expect(ini.render(document, { layout: "preserve" })).toBe(source.replace('"y"', '"n"'));
  });

  it("reads the metadata of sops 3.13.0 and 3.13.1, which did not escape line breaks", () => {
    const old = ini.parse('[sops]\nage__list_0__map_enc = """a\nb\n"""\nversion = 3.13.3\n').metadata;
    const plain = (value: unknown) =>
      JSON.stringify(value, (key, part) => (/^(?:start|end|style)$/.test(key) ? 0 : part));
    expect(plain(old)).toBe(plain(block()));
  });

  it.each([
    ["[a]\nsecret\n", 2, 1],
    ["[secret\n", 1, 1],
    ['[a]\nk = """secret\n', 2, 4],
    ["[a]\n`secret = 1\n", 2, 1],
    ["[a]\n =secret\n", 2, 2],
  ])("names the place of what is wrong in %j and masks it", (source, line, column) => {
    expect(() => ini.parse(source)).toThrow(
      expect.objectContaining({ code: "syntax", line, column, message: expect.not.stringContaining("secret") }),
    );
  });
});

it("a large file of any shape is fast", () => {
  const many = 150_000;
  for (const source of [
    "k = v\n".repeat(many),
    "; c\n".repeat(many),
    Array.from({ length: many }, (_, i) => `k${i}=v\n`).join(""),
  ]) {
    expect(ini.render(ini.parse(source), { layout: "preserve" })).toBe(source);
  }
});
