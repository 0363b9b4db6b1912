import { expect, test } from "vitest";
import { decrypt, encrypt, generateIdentity } from "./index.js";

const { identity, recipient } = await generateIdentity();

// Files that fuzzing found: with the block at their top, nobody could open them.
test.each([
  '      &_sourcn\na\u{1f600}json_binary: \n- # - #\\" # - #\n  --: outs\n- # - #? \n- #outs\n- #outs\n- ',
  `a\u{1f600}: \n- # !!timmac_missingestamp \n- # - #\u2028  \n         - # -#  - # a: \n\n${"\n---\n".repeat(22)}\n---`,
])("a file whose block goes to the top can be opened: %j", async (source) => {
  const { text } = await encrypt(source, { format: "yaml", recipients: [recipient] });
  const { documents } = await decrypt(text, { format: "yaml", identities: [identity] });
  const plain = await encrypt(source, { format: "yaml", recipients: [recipient], layout: "sops" });
  expect(documents).toEqual((await decrypt(plain.text, { format: "yaml", identities: [identity] })).documents);
});
