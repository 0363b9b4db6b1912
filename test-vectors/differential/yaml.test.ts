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
];

// From the same seed unless another is given: in thousands of documents there still is one whose plain comments move.
differential("yaml", yamlTexts, known, 5);
