import { type Leaf, lookup } from "@isosops/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { env } from "./index.js";

const locked = "ENC[AES256_GCM,data:c2VjcmV0,iv:aXY=,tag:dGFn,type:str]";
const block = () =>
  env.parse(
    "sops_age__list_0__map_enc=a\\nb\\n\nsops_age__list_0__map_recipient=age1x\nsops_lastmodified=2024-01-01T00:00:00Z\n",
  ).metadata!;

describe("the ENV store", () => {
  it("keeps everything outside the values, in every file there is", () => {
    const line = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "=", "#", "\\n", " ", "\r", '"', "\u00e9") }).map((text) => `K=${text}`),
      fc.constant(""),
      fc.constant("# note"),
    );
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom("", "\n"), (lines, end) => {
        const source = lines.join("\n") + end;
        const plain = env.parse(source);
        const values = plain.branches[0]!.items.flatMap((item) => (item.kind === "entry" ? [item.value as Leaf] : []));
        const texts = values.map(({ text }) => text);
        for (const value of values) Object.assign(value, { text: locked, changed: true });
        plain.metadata = block();
        const encrypted = env.parse(env.render(plain, { layout: "preserve" }));
        expect(encrypted.metadata).toMatchObject({ items: [{ key: "age" }, { key: "lastmodified" }] });
        encrypted.metadata = undefined;
        let index = 0;
        for (const item of encrypted.branches[0]!.items) {
          if (item.kind === "entry") Object.assign(item.value, { text: texts[index++], changed: true });
        }
        expect(env.render(encrypted, { layout: "preserve" })).toBe(source);
      }),
    );
  });

  it("reads metadata without nesting, and refuses what is not whole", () => {
    const age = lookup(block(), "age");
    expect(age).toMatchObject({ kind: "sequence", items: [{ items: [{ value: { text: "a\nb\n" } }, {}] }] });
    const refused = (source: string) =>
      expect(() => env.parse(source)).toThrow(expect.objectContaining({ code: "metadata" }));
    refused("sops_mac=a\nsops_mac=b\n");
    refused("sops_age=a\nsops_age__list_0=b\n");
    refused("sops_age__list_1=b\n");
    refused("sops_age__list_999999999=b\n");
    refused(`sops_${"a__map_".repeat(100_000)}=b\n`);
  });

  // What `git rebase` writes for a commit "(a=b)", and `git merge-file -L`: sops reads all of these as values.
  it.each([
    "A=1\n<<<<<<< x=1\nB=2\n=======\nB=3\n>>>>>>> 1234abc (set B=3)\n",
    "A=1\r\n<<<<<<<<< x=1\r\nB=2\r\n||||||||| y=\r\nB=1\r\n=========\r\n>>>>>>>>> z=\r\n",
  ])("refuses conflict markers that have the form of values", (source) => {
    expect(() => env.parse(source)).toThrow(expect.objectContaining({ code: "syntax", line: 2 }));
    for (const line of source.split("\n")) {
      if (line !== "") expect(() => env.parse(line)).not.toThrow();
    }
  });

  it("names the line of an error, and shows nothing of it", () => {
    expect(() => env.parse("A=1\n\nsecret-text\n", { filename: "x.env" })).toThrow(
      expect.objectContaining({ code: "syntax", line: 3, column: 1, message: expect.not.stringContaining("secret") }),
    );
  });
});
