/** Small files in the shapes that real ones have: charts, manifests, workflows, units, settings. */
import type { MarkedFormat } from "./marks.js";

export const sources: Readonly<Record<MarkedFormat, readonly string[]>> = {
  yaml: [
    "a: b\n\n# x\n---\n# y\n\nc: d\n",
    "a: [b, c]\nd: {e: f, g: [h]}\n",
    "r:\n  a: b\n  # x\n# y\n\n  c: d\n",
    "  a: b # c\n# y\n\n# x\n",
    "%YAML 1.1\n%TAG !e! tag:e.org,2000:\n---\na: !e!t b\n...\n---\nc: 1\n...\n",
    "? a\n: b\n? - c\n: - d\n",
    "a: &x\n  b: !!str |+ # c\n    d\n\n  e: >-\n    f\n    g\nh: *x\n",
    '---\n# Source: chart/templates/secret.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: x\n  # labels\n  labels: {}\ntype: Opaque\nstringData:\n  # the database\n  url: "postgres://u:p@h/d"\n\n  # not used\n  # old: y\n\n---\n',
    "on:\n  push: { branches: [ main ] }\njobs:\n  t:\n    steps:\n      - uses: a/b@v1 # pinned\n      # then\n      - run: |\n          make\n          make test\n        env:\n          X: {{ secrets.X }}\n",
    'services:\n    db:\n        image: "postgres"\n        environment:\n            - A=b\n            - C=d # e\n\n\n    # end of db\n\n    web:\n        ports: [\n            "80:80", # http\n            "443:443"\n        ]\n# end\n',
    '{\n  "a": "b", # c\n  "d": [1, 2.5, true, null], # e\n}\n# f\n',
    "\ufeffa:\r\n  - b\r\n  -\r\n    c: d\r\n\r\n  # e\r\nf: 'g''h'\r\n",
    "a: null\nb: ~\nc:\nd: ''\n# e\n",
    "a:\n- b\n- - c\n  - d: e\n    f: g\n# h\n",
  ],
  json: ['{"a": "b", "c": [1, {"d": null, "e": []}], "f": {}}\n', '\n{\n\t"a": "b\\"c",\n\t"d": true\n}\n'],
  dotenv: ["# a\nA=b\n\nC=\nD=e f # g\n#h\nI=j"],
  ini: [
    '; a\na = b\n\n[s]\nc = d ; e\nf : g\n# h\n\n[t]\ni=`j`\nk = "l"\n',
    '[Service]\nEnvironment=A=b\nEnvironment="C=d"\n; x\nExecStart=/bin/x \\\n  --y\n',
    '[a]\nx = """b\nc"""\n"k" = \'v\'\n',
  ],
  binary: ["a\nb\n"],
  toml: [
    "# a\nb = \"c\"\nd.e = 1\n[f]\ng = [1, 2] # h\ni = [\n  'j', # k\n  { l = true },\n]\n\n[[m]]\nn = '''o\np'''\n# q\n[[m]]\n",
    '"a b" = 1979-05-27T07:32:00Z\n[x."y.z"]\nw = -0.0\n',
  ],
  xml: [
    '<?xml version="1.0"?>\n<!-- a -->\n<a b="c">\n  <d>e</d>\n  <f g=\'h\'/>\n  <i>j<k/>l</i>\n  <m><![CDATA[n]]></m>\n</a>\n<!-- o -->\n',
    "<!DOCTYPE a SYSTEM 'b.dtd' [\n<!ELEMENT a (c)>\n<!-- d -->\n]>\n<a><c>e</c><?f g?><c><?h i?>j</c></a>\n",
  ],
};

/** Texts in which the marker stayed readable, or that came back otherwise for it, once. */
export const known: readonly (readonly [MarkedFormat, string])[] = [
  ["yaml", "a: b\n\n# hunter2\n---\n# c\n\nc: d\n"],
  ["yaml", "a: [ # hunter2\n b]\n"],
  ["yaml", "a: { # hunter2\n b: c}\n"],
  ["yaml", "a: b\n... # hunter2\n"],
  ["yaml", "r:\n  a: b\n  # hunter2\n# y\n\n  c: d\n"],
  ["yaml", "  a: b # c\n# y\n\n# hunter2\n"],
  ["yaml", "%YAML 1.1 # hunter2\n---\na: b\n"],
  ["yaml", "k:\n# hunter2\n\n  -"],
  ["yaml", "a: !!int # hunter2\n  5\n"],
  ["yaml", "a: !!bool &x\n# hunter2\n  true\nb: *x\n"],
  ["ini", "[db] hunter2\na = b\n"],
  ["ini", "a = `b` hunter2\n"],
  ["ini", 'a = """b\nc""" hunter2\n'],
  ["ini", '"a" hunter2 = b\n'],
  ["xml", "<a><b>c</b><?d hunter2?></a>\n"],
  ["xml", "<a><b>c<?d hunter2?></b></a>\n"],
  ["xml", "<?d hunter2?><!DOCTYPE a [<!-- hunter2 --><?e hunter2?>]><a><b>c</b></a>\n"],
];
