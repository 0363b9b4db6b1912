import { expect, test } from "vitest";
import { SopsError } from "./errors.js";
import { withPosition } from "./position.js";
import { compileRule, normalizeRule, type Rule } from "./rule.js";
import { comment, entry, leaf, mapping, sequence } from "./tree.js";
import { walk } from "./walk.js";

/** What is visited, in order: the text, its additional data, and a star where it is to be encrypted. */
async function visited(rule: Rule, ...items: Parameters<typeof mapping>[0] & object): Promise<string[]> {
  const seen: string[] = [];
  walk([mapping(items)], await compileRule(normalizeRule(rule)), {
    leaf(value, encrypted, additionalData) {
      seen.push(`${value.text} ${additionalData}${encrypted ? " *" : ""}`);
      return undefined;
    },
    comment(value, encrypted, additionalData) {
      seen.push(`#${value.text} ${additionalData}${encrypted ? " *" : ""}`);
    },
  });
  return seen;
}

const s = (text: string) => leaf("str", text);

test("the additional data is the keys on the path, without list indices (sops.go, Encrypt)", async () => {
  expect(
    await visited(
      { unencryptedSuffix: "_plain" },
      comment("top"),
      entry(
        "a",
        mapping([
          entry("b:c", s("1")),
          comment("in a"),
          entry("d", sequence([s("2"), sequence([s("3")]), comment("in d")])),
        ]),
      ),
      entry("", s("4")),
      entry("n", leaf("null", "")),
    ),
  ).toEqual(["#top : *", "1 a:b:c: *", "#in a a: *", "2 a:d: *", "3 a:d: *", "#in d a:d: *", "4 : *"]);
});

test("a match anywhere on the path counts for all below it, and nothing beside it", async () => {
  const tree = [entry("secrets", mapping([entry("x", mapping([entry("y", s("1"))]))])), entry("y", s("2"))];
  expect(await visited({ encryptedRegex: "^secrets$" }, ...tree)).toEqual(["1 secrets:x:y: *", "2 y:"]);
  expect(await visited({ encryptedSuffix: "rets" }, ...tree)).toEqual(["1 secrets:x:y: *", "2 y:"]);
  expect(await visited({ unencryptedRegex: "^x$" }, ...tree)).toEqual(["1 secrets:x:y:", "2 y: *"]);
  expect(await visited({ unencryptedSuffix: "y" }, ...tree)).toEqual(["1 secrets:x:y:", "2 y:"]);
});

test("without a rule everything but `_unencrypted` is encrypted; a store without keys has no default", async () => {
  expect(await visited({}, entry("a", s("1")), entry("b_unencrypted", s("2")))).toEqual(["1 a: *", "2 b_unencrypted:"]);
  expect(normalizeRule({}, false)).toEqual({});
});

test("a comment that sops does not read is encrypted as a value in its place is, and no rule goes by it", async () => {
  const unread = (text: string, where: "behind" | "within") => ({ ...comment(text), unread: where });
  const tree = () => [
    entry("a", s("1")),
    unread("within a", "within"),
    unread("sops:enc behind a", "behind"),
    entry("b", sequence([unread("first of b", "behind"), s("2"), unread("in b", "behind")])),
  ];
  expect(await visited({ encryptedRegex: "^a$" }, ...tree())).toEqual([
    "1 a: *",
    "#within a : *",
    "#sops:enc behind a :",
    "#first of b b:",
    "2 b:",
    "#in b b:",
  ]);
  expect(await visited({ unencryptedRegex: "^b$" }, ...tree())).toEqual([
    "1 a: *",
    "#within a : *",
    "#sops:enc behind a : *",
    "#first of b b:",
    "2 b:",
    "#in b b:",
  ]);
  // Neither is `b` encrypted for the comment before it, nor does that comment stay plain.
  expect(await visited({ encryptedCommentRegex: "sops:enc" }, ...tree())).not.toContainEqual(
    expect.stringContaining("*"),
  );
  expect(await visited({ unencryptedCommentRegex: "sops:enc" }, ...tree())).toEqual(
    ["1 a:", "#within a :", "#sops:enc behind a :", "#first of b b:", "2 b:", "#in b b:"].map((line) => `${line} *`),
  );
});

test("two rules are refused", () => {
  expect(() => normalizeRule({ encryptedRegex: "a", unencryptedSuffix: "b" })).toThrow(
    /unencryptedSuffix, encryptedRegex/,
  );
});

test("an error carries the path and the line it came from", async () => {
  const rule = await compileRule({});
  const source = "a:\n  b.c:\n    - 1\n";
  const position = { path: [] as string[], place: { start: source.indexOf("1"), end: source.length } };
  const run = () =>
    withPosition(source, position, () =>
      walk(
        [mapping([entry("a", mapping([entry("b.c", sequence([s("1")]))]))])],
        rule,
        {
          leaf() {
            throw new SopsError("malformed_value", "no.");
          },
          comment() {},
        },
        position.path,
      ),
    );
  expect(run).toThrow(expect.objectContaining({ message: 'a["b.c"] (line 3): no.', path: ["a", "b.c"], line: 3 }));
});
