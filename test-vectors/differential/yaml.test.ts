import { differential } from "./differential.js";
import { yamlTexts } from "./generate/yaml.js";

const known = [
  { source: "# a\na1: &a\n# a\n-  a # a\na2: *a # a\n#\n---\n a3: &a 0 # a\n" },
  { source: "#\n'a1':\n é2:\n      a3: 0\n#plain text\n# end" },
  { source: "#\n#plain text\né1: first\n\n a\n  last\n \t\n # a\n\n" },
  { source: "# a\na1: {a2: [!!float '0x7fffffffffffffff'],}\n" },
  { source: " # a\na1: |1 # a\n a\n  " },
  { source: "#plain text\n# a\n{} # a\n" },
  { source: "{a: 1, # x\n b: 2 # y\n} # a\n# c\n" },
  { source: "a1 :   # \n a2:\n  a \n\n   last \n 'a3' : \"\"\n" },
  { source: "a1: {a2: -x}\n\n#\n" },
  { source: '#a\na1:\n       "<<": 0\n#\taa\u{10000}a' },
  { source: "\n!!null ~ \n" },
  { source: 'a1: &a\n !!str <<:  a\n a2: "" # \na3 :\n# \n- *a\n-\n  - # a\n\n    a4: &a 0\n' },
  { source: 'a_unencrypted:\n- -0e0\n- "\\n"\n', macOnlyEncrypted: true },
  { source: "{  é1: !!null, }\n" },
  { source: "a1: { a2: &a a,*a:}\n", rule: { encryptedRegex: "[0-9]" } },
  { source: "k0: 1\nk1:\n  - a\n  - b:\n      c: 1\n # x" },
  { source: `${"x".repeat(130)}: &a !!str # a\n\n-\n   a1: a\na2: *a #a\n` },
  { source: "# a\r\n\r\na1:\r\n# a\r\n# a\r\n---\r\n# - a: b\r\n# end", macOnlyEncrypted: true },
  { source: "a1:  \n a2:  \n    # a\n    -\n      # \n      'true': a a\n# a\n# end" },
  { source: "\n&a # a\ra1: {} # a\r#  \ra2: a a# a\r# end", rule: { encryptedCommentRegex: "sops: enc" } },
  { source: '# a\ra:\r#a\r-  !!str ["\u2029"]\r- ""\r#plain text\r# a\r\r' },
  {
    source: "a1: !!str #plain text\n- &a | # a\n\n # a\na2: a\n",
    rule: { unencryptedRegex: "^a" },
    macOnlyEncrypted: true,
  },
  { source: "#\x85!\n" },
  { source: "a1: |\n #\u2029\na2: 0\n" },
  {
    source:
      'a1:\n "a2": \ufeffa\na3: \'\ufeff\'\na4: a\ufeff\na5: |\n \ufeff\na6: [a, \n\ufeffb, "\ufeff"]\na7: !!str\n  \ufeff\n',
  },
  {
    source:
      "a1 :\r\n- - a2:\r\n    #\t\r\n\r\n    - !!str E0\r\n    # a\r\n    - a a #plain text\r\n    # a\r\n    a3: \"\"\r\n  - # a\r\n    a4:\r\n    - |\r\n       a \r\n         \r\n# a\r\n- - ''\r\n# a\r\n",
    rule: { encryptedCommentRegex: "^ " },
  },
  { source: "~\n\t\n" },
  { source: "a1: -_0\na2: 0_\n" },
  { source: "\na1: &a !Ref #a\n a2: 2001-12-14T21:59:43,5Z\n'a3': *a\n# a\n" },
  { source: " #plain text\na1:\n a2: -0e0\n a: a a\n# a\n# end", rule: { unencryptedRegex: "^a" } },
  { source: "key: &an:chor value\n" },
  { source: "b1: |\n \u2028 a\n# a\n" },
  { source: "a: |\n  b\u2028  c\n\u2028  d\u2029  e\n" },
  { source: '"a1": &a | #\x85\n a\n"a2" : 0\n' },
  {
    source:
      "\n a: !!str\n\n - # a\n   - a1: 0  # a\n     # a\n\n   - 'a'\n   # a\n\n   - a a\n# a\n# a\n---\na2: a # a\n# \n# a\n---\n# \n# a\n\n# a\na: a a # \na3: &a 0\n# \n",
    rule: { encryptedCommentRegex: "^ " },
  },
  {
    source:
      "a1: &a\r\n a2: 'a'\r\n# a\r\nyes3:  \"\"\r\n#a\r\n#plain text\r\n\r\n---\r\n# a\r\n# a\r\n# a\r\na4:  # a\r\n-  *a # a\r\n#plain text\r\n- 0\r\na5: &a !!str 0\r\n",
    rule: { unencryptedCommentRegex: "plain text" },
    macOnlyEncrypted: true,
  },
];

differential("yaml", yamlTexts, known);
