import { differential } from "./differential.js";
import { iniDocuments } from "./generate/ini.js";

differential("ini", iniDocuments, [
  // A comment that go-ini does not read.
  { source: "[a]\n;\n", rule: { encryptedCommentRegex: "sops: enc" }, outputFormat: "yaml" },
  { source: "[a]\nb = c\n; last\n", outputFormat: "yaml" },
  // One that it reads behind a value of several lines, and not behind one on one line, which a ciphertext is.
  { source: "a = `\n` ;<\n" },
  { source: 'a = """\n""" ;\n' },
  { source: "[a]\na = `\n[` ;b\n" },
  { source: "[a]\n\"a\" = `\nb = '`' ;c\n", rule: { unencryptedRegex: "é" } },
  { source: "[a] #  ;\n" },
  { source: "a = b ;\r" },
  { source: "[a]\n\x85; = \n;b\n[c]\n" },
  { source: '[a]\n`b` = """""" ;\\\nb = `a`\n' },
  { source: "[a]\na = `` ;\\\na =  \\\ntrue\n" },
  { source: "[k]\ndata = ';`'\n`data` = 1_000\n" },
  { source: "[a]\n[a]\nb = c ; d\n", outputFormat: "yaml" },
]);
