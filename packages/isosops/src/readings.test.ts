/** How often YAML is read on the way through: the source once, and the result once where it has to be looked at. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { Scanner } from "../../formats/dist/yaml/go-yaml/scanner.js";
import { decrypt, encrypt, generateIdentity, type Layout, set } from "../dist/index.js";

const { identity, recipient } = await generateIdentity();
const recipients = [recipient];
const identities = [identity];
const format = "yaml" as const;

afterEach(() => {
  vi.restoreAllMocks();
});

/** What was read: every reading makes one scanner, and looks at its tokens. */
async function readings(run: () => Promise<{ readonly text: string }>): Promise<{ texts: string[]; text: string }> {
  const peek = vi.spyOn(Scanner.prototype, "peek");
  const { text } = await run();
  const texts = [...new Set(peek.mock.contexts as Scanner[])].map(({ source }) => source);
  peek.mockRestore();
  return { texts, text };
}

/**
 * The texts that were read, by what they are: the source and the result as a whole, another text that could have been the
 * result, or the last entry of the document alone, with and without a key below it, to ask where the block goes.
 */
async function kindsOf(source: string, run: () => Promise<{ readonly text: string }>): Promise<string[]> {
  const { texts, text } = await readings(run);
  return texts.map((read) => {
    if (read === source) return "source";
    if (read === text) return "result";
    return read.includes("lastmodified") ? "draft" : "last entry";
  });
}

const sealed = async (source: string, layout: Layout = "preserve") =>
  (await encrypt(source, { format, recipients, layout })).text;

const plain = "password: x\nuser: y\n";
const commented = "password: x # c\n# end\n";
const nested = "a:\n  b: c\n# d\n";
/** To go-yaml, the comment is the list's at the end of a file, and another's above a key, but for an empty line. */
const between = "z: 1\na:\n    - b\n  # c\n";

/** As it is, with a key right below it, and with one below an empty line. */
const lastEntry = ["last entry", "last entry", "last entry"];

describe("encrypt", () => {
  test.each<[string, string, Layout, string[]]>([
    ["nothing that could move", plain, "preserve", ["source"]],
    ["a comment at the end", commented, "preserve", ["source", "result"]],
    ["a comment behind a nested value", nested, "preserve", ["source", "result"]],
    ["a comment that needs an empty line below", between, "preserve", ["source", "draft", ...lastEntry, "result"]],
    ["comments in brackets", "a: [b, # c\n  d]\n", "preserve", ["source", "result"]],
    ["nothing that could move", plain, "sops", ["source", "result"]],
    ["a comment at the end", commented, "sops", ["source", "result"]],
  ])("%s: %j, %s", async (_, source, layout, expected) => {
    expect(await kindsOf(source, () => encrypt(source, { format, recipients, layout }))).toEqual(expected);
  });

  test("a rule by comments: it is looked at whether they are where they were", async () => {
    const source = "password: x # c\n# end\nuser: y\n";
    for (const layout of ["preserve", "sops"] as const) {
      const options = { format, recipients, layout, encryptedCommentRegex: "^ c" };
      expect(await kindsOf(source, () => encrypt(source, options))).toEqual(["source", "result"]);
    }
  });
});

describe("decrypt", () => {
  test.each<[string, Layout, string[]]>([
    [plain, "preserve", ["source"]],
    [commented, "preserve", ["source"]],
    [between, "preserve", ["source", ...lastEntry]],
    [plain, "sops", ["source"]],
    [commented, "sops", ["source"]],
  ])("%j, %s", async (source, layout, expected) => {
    const text = await sealed(source);
    expect(await kindsOf(text, () => decrypt(text, { format, identities, layout }))).toEqual(expected);
  });
});

// The tree of the first reading is decrypted in place, so that a text with the change in it is read, the source itself too.
describe("set", () => {
  test.each<[string, Layout, string[]]>([
    [plain, "preserve", ["source", "draft", "result"]],
    [commented, "preserve", ["source", "draft", "result"]],
    [plain, "sops", ["source", "result"]],
    [commented, "sops", ["source", "result"]],
  ])("a new value: %j, %s", async (source, layout, expected) => {
    const text = await sealed(source);
    const run = () => set(text, { format, identities, layout, path: ["new"], value: "z" });
    expect(await kindsOf(text, run)).toEqual(expected);
  });

  test.each<[string, Layout, string[]]>([
    [plain, "preserve", ["source", "source", "result"]],
    [commented, "preserve", ["source", "source", "result"]],
    [plain, "sops", ["source", "result"]],
  ])("a value in place of another: %j, %s", async (source, layout, expected) => {
    const text = await sealed(source);
    const run = () => set(text, { format, identities, layout, path: ["password"], value: "z" });
    expect(await kindsOf(text, run)).toEqual(expected);
  });
});
