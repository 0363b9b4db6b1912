/** Changing which values of a file of sops are encrypted: nothing else changes, and sops opens the result. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { encrypt, reselect, SopsError } from "../../packages/isosops/dist/index.js";
import { describeLive } from "../differential/differential.js";
import { readKey } from "../tools.js";
import { encryptedPaths } from "./encrypted-paths.js";

const documents = Number(process.env.ISOSOPS_DOCUMENTS ?? 100);
const { recipient, identity } = readKey("first");
const names = ["a", "bb", "c_secret", "d.e"];

type Value = string | number | { [key: string]: Value };

const value: fc.Memo<Value> = fc.memo((depth) =>
  depth <= 1 ? fc.constantFrom<Value>("x", 7) : fc.oneof(fc.constantFrom<Value>("y", 1), mapping(depth - 1)),
);
const mapping = (depth: number): fc.Arbitrary<{ [key: string]: Value }> =>
  fc.dictionary(fc.constantFrom(...names), value(depth), { maxKeys: 4, minKeys: 1, noNullPrototype: true });

const rules = fc.constantFrom(
  {},
  { encryptedRegex: "^(a|bb|zz)$" },
  { encryptedRegex: "(?i)^B+$" },
  { encryptedSuffix: "_secret" },
  { unencryptedRegex: "^a$" },
  { unencryptedSuffix: "_secret" },
);

const selector = (name: string) => name.replace(".", "\\.");
const under = (path: string, chosen: readonly string[]) => path.split("/").some((key) => chosen.includes(key));
const otherLines = (text: string) =>
  text.split("\n").filter((line) => !/ENC\[|^ {4}(lastmodified|\w*_regex|\w*_suffix):/.test(line));

describeLive("a changed selection", (server) => {
  test.each(["preserve", "sops"] as const)("comments of a list, in layout %s", async (layout) => {
    const source = "list:\n    # about a\n    - a\n    # about b\n    - b\nother: c\n";
    const decrypted = async (text: string) => (await server().decrypt(text, { format: "yaml" })).bytes.toString();
    const both = { format: "yaml", layout } as const;
    const sealed = await encrypt(source, { ...both, recipients: [recipient], select: ["list", "other"] });
    expect(sealed.text.match(/type:comment\]/g)).toHaveLength(2);
    expect(await decrypted(sealed.text)).toBe(source);
    const result = await reselect(sealed.text, { ...both, identities: [identity], deselect: ["list"] });
    expect(result.text.slice(0, source.indexOf("other"))).toBe(source.slice(0, source.indexOf("other")));
    expect(await decrypted(result.text)).toBe(source);
  });

  test(
    `${documents} documents`,
    async () => {
      let changed = 0;
      await fc.assert(
        fc.asyncProperty(
          mapping(3),
          rules,
          fc.subarray(names),
          fc.subarray(names),
          async (plain, rule, select, deselect) => {
            const source = JSON.stringify(plain, null, 2);
            const format = "json";
            const outputFormat = "yaml";
            const sealed = await server().encrypt(source, { format, outputFormat, recipients: [recipient], rule });
            const before = sealed.bytes.toString();
            const old = encryptedPaths(before, "yaml");
            const all = (node: Value, path: string): string[] =>
              typeof node === "object"
                ? Object.entries(node).flatMap(([key, child]) => all(child, path === "" ? key : `${path}/${key}`))
                : [path];
            const expected = all(plain, "").filter(
              (path) => (old.includes(path) || under(path, select)) && !under(path, deselect),
            );
            const result = await reselect(before, {
              format: "yaml",
              identities: [identity],
              select: select.length === 0 ? [] : [...select.map(selector), "absent"],
              deselect: deselect.length === 0 ? [] : [...deselect.map(selector), "absent"],
              allowUnmatched: true,
            }).catch((error: unknown) => error as SopsError);
            if (result instanceof SopsError) {
              expect(result.code).toMatch(/^(inexpressible_selection|unmatched_selector)$/);
              return;
            }
            changed++;
            expect(encryptedPaths(result.text, "yaml").sort()).toEqual(expected.sort());
            const [theirs, ours] = await Promise.all([
              server().decrypt(before, { format: "yaml" }),
              server().decrypt(result.text, { format: "yaml" }),
            ]);
            expect([ours.exit, ours.message]).toEqual([0, ""]);
            // A comment that marks values may have come in.
            const withoutMarks = (text: string) => text.replace(/^ *# sops:encrypt\n/gm, "");
            expect(withoutMarks(ours.bytes.toString())).toBe(theirs.bytes.toString());
            // What was encrypted and still is has kept its ciphertext, and plain lines are as they were.
            const kept = expected.filter((path) => old.includes(path)).length;
            const ciphertexts = new Set(before.match(/ENC\[[^\]]*\]/g));
            expect(result.text.match(/ENC\[[^\]]*\]/g)!.filter((text) => ciphertexts.has(text)).length).toBe(kept);
            const were = otherLines(before);
            for (const line of otherLines(result.text)) {
              if (/: (x|"?y"?|7|1)$|# sops:encrypt$/.test(line)) continue;
              expect(were).toContain(line);
            }
          },
        ),
        { numRuns: documents },
      );
      expect(changed).toBeGreaterThan(documents / 3);
    },
    60_000 + documents * 1_000,
  );

  test("names the readers of a file that none of our keys opens", async () => {
    const { bytes } = await server().encrypt("a: x\n", { format: "yaml", recipients: [recipient] });
    const other = readKey("second");
    const failed = reselect(bytes, { format: "yaml", identities: [other.identity], select: ["a"] });
    await expect(failed).rejects.toMatchObject({
      code: "no_matching_identity",
      message: expect.stringMatching(new RegExp(`${recipient}.*${other.recipient}`)),
    });
  });
});
