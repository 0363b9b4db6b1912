/** Files that layout `preserve` reformats, because it cannot keep the positions of comments that the rule depends on. */
import { expect, test } from "vitest";
import type { Rule } from "../../packages/isosops/dist/index.js";
import { decrypt, encrypt } from "../../packages/isosops/dist/index.js";
import { describeLive } from "./differential.js";
import { withoutComments } from "./losable.js";
import { identity, recipient } from "./property.js";

const format = "yaml";
const recipients = [recipient];

describeLive("reformatted YAML", (server) => {
  test.each<[string, Rule]>([
    ["d: [{k}#\n]\nf: []\n#\n---\n#", { encryptedCommentRegex: "secret" }],
    [
      "d: [{x: 1 # one\n, y: [a], # two\n} # three\n]\ne: {}\n# four\n---\n# five\n",
      { encryptedCommentRegex: "secret" },
    ],
  ])("can be read, where sops cannot read its own file, %j", async (source, rule) => {
    const own = await server().encrypt(source, { format, recipients, rule });
    expect((await server().decrypt(own.bytes, { format })).exit).not.toBe(0);

    const { text } = await encrypt(source, { format, recipients, ...rule });
    const [read, wanted] = await Promise.all([server().decrypt(text, { format }), server().read(source, format)]);
    expect(read.message).toBe("");
    expect(withoutComments(read.branches)).toEqual(withoutComments(wanted.branches));
    const back = await decrypt(text, { format, identities: [identity] });
    expect(withoutComments((await server().read(back.text, format)).branches)).toEqual(
      withoutComments(wanted.branches),
    );
  });

  test.each<[string, Rule]>([["&n\n#\n---\n#\n\nw:\n c: [z]\n#lost", { unencryptedCommentRegex: "plain" }]])(
    "is refused where sops loses a comment, %j",
    async (source, rule) => {
      const own = await server().encrypt(source, { format, recipients, rule });
      const read = await server().decrypt(own.bytes, { format });
      expect(JSON.stringify((await server().read(source, format)).branches)).toContain("lost");
      expect([read.exit, JSON.stringify(read.branches).includes("lost")]).toEqual([0, false]);

      await expect(encrypt(source, { format, recipients, ...rule })).rejects.toMatchObject({
        code: "unwritable",
        message: expect.stringContaining("where nobody can decrypt it"),
      });
    },
  );
});
