/** Strings that some reader of YAML takes for something else, or refuses, when they stand without quotes, and their neighbours. */

const words =
  "y n yes no on off true false null nil none nan inf ~ = << <<: * & ! ? - : | > , % @ ` # . .. ... --- ...x ---x";

const numbers = `0 1 -1 +1 007 017 0o17 0O17 -0o17 089 08 0x1f 0X1F 0x 0x_ -0xff 0xfffffffffffffffff 0b101 -0b11 0b 0b2
  1_000 _1 1_ 1__0 +1_0 1,000 80,443 1,000.5 , 1, 9223372036854775807 9223372036854775808 18446744073709551616
  123456789012345678901234567890 0.5 .5 +.5 -.5 5. +5. . +. -. .e3 .5e3 .5e+3 1e3 1e+3 1.e+3 1.0e+3 1.5E-7 1e400 1.0e+400 -1.0e+400
  1_0.5_0 1.2.3 1.2.3.4 v1.2 1.0-beta .inf -.inf +.inf .INF .Inf .iNf .nan .NaN .NAN -.nan +.nan inf nan Infinity
  1:2 12:30 12:30:45 12:30:45.5 -1:2 +1:02 1:60 1:61 0:1 01:02 190:20:30 190:20:30.15 1:2:3:4 1_0:2 :1 1: 1:2: 1:x
  2001-01-01 2001-1-1 2001-02-30 2001-13-01 0000-00-00 2001-01-01x 2001-12-14t21:59:43.10-05:00 2001-12-14T21:59:43Z
  2001-12-15T2:59:43.1Z 2001-12-14T25:00:00Z 2001-12-14T21:59:43+25:00 -2001-01-01 20010101 2001-01 1e1e1 0x1.8p3 0b1.0 1e 1e+`;

const spaced = [
  "",
  " ",
  "  ",
  "\t",
  "2001-12-14 21:59:43",
  "2001-12-14 21:59:43.10 -5",
  "2001-12-14 21:59:43 +05:30",
  "2001-12-14\t21:59:43Z",
  "2001-02-30 12:00:00",
  "2024-01-01 backup",
  "- item",
  "? key",
  ": value",
  "--- x",
  "... x",
  "a: b",
  "a :b",
  "a:b",
  "a #b",
  "a# b",
  "#a",
  "a\tb",
  "a \tb",
  "a\t",
  "\ta",
  "a\t#b",
  "a:\tb",
  "[a, b]",
  "{a: b}",
  "{a}",
  "a, b",
  "a]b",
  "a}b",
  "a?b",
  "?b",
  "-b",
  ":b",
  ":'b'",
  ':"b"',
  "http://x/y?z=[1]&w={2}",
  "'a'",
  '"a"',
  "it's",
  'say "x"',
  "\\",
  "\\n",
  "a\\",
  "*alias",
  "&anchor",
  "!tag",
  "!!str x",
  "|-",
  ">+",
  "%YAML 1.1",
  "@x",
  "`x`",
  "!!binary",
  "ENC[]",
  "{{ .Values.x }}",
  "$" + "{x}",
  "$(x)",
];

const characters = [
  ..."\0\x01\x07\b\v\f\r\x1b\x1f\x7f\x80\x85\x9f\xa0\xad\u200b\u2028\u2029\ud7ff\ue000\ufeff\ufffd\ufffe\uffff",
];
const wide = ["\u00e9", "\u4e16\u754c", "\u{1f600}", "\u{10ffff}", "\u{10000}"];

const lines = [
  "\n",
  "\n\n",
  "a\nb",
  "a\nb\n",
  "a\nb\n\n",
  "\na",
  "\n\na",
  " a\nb",
  "  a\n b\n",
  "\n a",
  "\ta\nb",
  "a\n\tb",
  "a\n b",
  "a \nb",
  "a\n \nb",
  "a\n  ",
  "a\n\t",
  "a\n\n\n b\n",
  "a: b\nc: d\n",
  "- a\n- b",
  "# a\nb",
  "a\n# b",
  "---\na",
  "a\n---\n",
  "...\n",
  "a\n...\nb",
  "'\n",
  '"\n"',
  "%a\n%b",
  "\r\n",
  "a\r\nb\r\n",
  "a\rb",
  "a\x85b\n",
  "a\u2028b",
  "a\n\u2028b\n",
  "a\u2028\nb\n",
  "\u2029a\nb",
  "a\nb\ufeff",
  "\ufeffa\nb",
  "yes\n",
  "\nno",
  "1\n2",
  "{{ x }}\n{{ y }}\n",
];

const long = [
  "k".repeat(100),
  "k".repeat(129),
  "k".repeat(999),
  "k".repeat(1001),
  "k".repeat(1024),
  "k".repeat(1500),
  "word ".repeat(300),
  `"${"q'".repeat(600)}`,
  `${"x".repeat(1200)}: y`,
  "\t".repeat(400),
  "\u4e16".repeat(1100),
  `yes${" no".repeat(400)}`,
];

/** Of the given number or more, always the same ones, each once. */
export function oddStrings(count: number): string[] {
  const found = new Set<string>();
  const add = (text: string): void => {
    if (!/\p{Surrogate}/u.test(text)) found.add(text);
  };
  const short = [...words.split(" "), ...numbers.split(/\s+/), ...spaced];
  for (const word of short) for (const text of [word, word.toUpperCase(), capital(word)]) add(text);
  for (const text of [...lines, ...long, ...wide]) add(text);
  for (const character of [...characters, ...wide]) {
    for (const text of [character, `a${character}b`, `${character}a`, `a${character}`, `yes${character}`]) add(text);
  }
  const around = [
    "a",
    "0",
    ".",
    "_",
    "-",
    "+",
    ":",
    " ",
    "\t",
    "#",
    "'",
    '"',
    ",",
    "?",
    "e",
    "[",
    "}",
    "\n",
    "\ufeff",
    "\x85",
  ];
  for (const word of short) {
    for (const character of around) for (const text of [character + word, word + character]) add(text);
  }
  const random = generator(20261128);
  const alphabet = [..."0123456789+-._:,eExXobB TtZz~=<>yYnNoOfF#?[]{}&*!|'\"%@`\t\n\\", "\u2028", "\xa0"];
  while (found.size < count) {
    let text = random(2) === 0 ? "" : short[random(short.length)]!;
    for (let changes = 1 + random(6); changes > 0; changes--) {
      const at = random(text.length + 1);
      text = text.slice(0, at) + alphabet[random(alphabet.length)]! + text.slice(at + random(2));
    }
    add(text);
  }
  return [...found];
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

/** Numbers below a limit, the same ones each time (Numerical Recipes, "An Even Quicker Generator"). */
function generator(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
