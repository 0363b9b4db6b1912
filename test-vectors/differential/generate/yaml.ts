/**
 * YAML texts as people and machines write them, and some that nobody should: every style of scalar and collection,
 * comments in every place, anchors, tags, line ends. A share of them is broken, so that refusals are compared too.
 *
 * The parts are put together as lines, not as a tree that some writer would lay out: what a line means where it stands is
 * for the readers to say.
 */
import fc from "fast-check";
import { yaml } from "../../../packages/formats/dist/index.js";
import { ruledComments, ruledKeys } from "../rules.js";

/** What stands behind `key:` or `-`, and the lines below it, which are indented from the column of the key or `-`. */
interface Block {
  readonly head: string;
  readonly below: readonly string[];
}

/** Stand for `&` and `*` until it is known which anchors the text above has. */
const anchorSign = "\ue001";
const aliasSign = "\ue002";

/** Stands for a number that makes a key another than those above. */
const numberSign = "\ue003";

const oneLine = (head: string): Block => ({ head, below: [] });

function indent(lines: readonly string[], by: number): string[] {
  const pad = " ".repeat(by);
  return lines.map((line) => (line === "" ? "" : pad + line));
}

const rarely = <T, R>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<R>, weight = 15): fc.Arbitrary<T | R> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: rare });

const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,7}$/);

/** Texts that look like something else, or that a writer or reader could trip over. */
const oddTexts = [
  ..."yes|no|on|off|y|N|Yes|NO|nil|none|0o8|08|0b2|0xg|1e|1e+|.e1|+|-|.|..|...|---|- x|-x|#x|x#|x #y|: |:x|x:|x: y|?x|? x".split(
    "|",
  ),
  ..."<<|<|=|==|%x|@x|`x|!x|&x|*x|,x|[x|]x|{x|}x|x,y|x]y|x[y|a'b|'|\"|a\"b|\\|\\n|x\\|>|>-x|||-".split("|"),
  ..."1:30|1:30:59|-1:30|190:20:30.15|12e03|2001-12-14T|2024-02-30|2024-1-1|20240229|12:30|1.2.3|1_|_1|1__0|0x_|0b_".split(
    "|",
  ),
  "ENC[x]",
  "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]",
  "sops",
  "__proto__",
  "constructor",
  "a b  c",
  "\u00a0x",
  "\u2003",
  "é",
  "漢字 かな",
  "😀",
  "a\u0301",
  "\u200f\u202e",
  "http://x.y/z?a=b&c=d#e",
  "C:\\dir",
  "{{ .Values.x }}",
  "a:b",
  "a: b: c",
  "x ",
  " x",
  "\tx",
  "x\ty",
  "\u{10ffff}",
  "\ue000",
  "x".repeat(90),
  "word ".repeat(40).trim(),
];

/** Ints, floats, bools, nulls and times as YAML 1.1, YAML 1.2 and go-yaml spell them. */
const typedTexts = [
  ..."0|1|-1|+1|-0|+0|00|007|017|-017|+017|0o17|0O17|-0o17|+0o17|0x1f|0X1f|0x1F|0xDEAD_beef|-0xff|+0xff|0b101|0B101|-0b11|0b-1|0b+1|0o-7|0o+7".split(
    "|",
  ),
  ..."1_000|1__0|10_|-1_0|+1_0|1_0_0|0x_f|0x1_|0b1_0|0_7|0o_7|0o1_7|0_x1f|9223372036854775807|-9223372036854775808|9223372036854775808".split(
    "|",
  ),
  ..."18446744073709551615|18446744073709551616|+9223372036854775808|12345678901234567890|0x7fffffffffffffff|0xffffffffffffffff|-0x8000000000000000|0x10000000000000000|123456789012345678901234567890".split(
    "|",
  ),
  ..."1.0|1.|.5|-.5|+.5|1.50|1e3|1E3|1e+3|1.5e-7|1_000.5|.1_0|1e400|-1e400|1e-400|0.0|-0.0|-0e0|1.7976931348623157e308|5e-324|0.1e1_0|1e1_0|4.9e-324|123456789.123456789|1e21|1e-7|100000000000000000000000".split(
    "|",
  ),
  ...".inf|.Inf|.INF|+.inf|+.Inf|+.INF|-.inf|-.Inf|-.INF|.nan|.NaN|.NAN|inf|nan|Inf|-Inf|infinity|0x1p-2|0x1.8p1|+.nan".split(
    "|",
  ),
  ..."true|True|TRUE|false|False|FALSE|tRUE|t|f|T|F|null|Null|NULL|~|nULL".split("|"),
  ..."2024-02-29|2024-2-9|0000-01-01|0001-01-01|9999-12-31|2001-12-14t21:59:43.10-05:00|2001-12-14 21:59:43.10|2001-12-15T02:59:43.1Z|2001-12-15 2:59:43.10".split(
    "|",
  ),
  ..."2001-12-14T21:59:43Z|2001-12-14T21:59:43+00:00|2001-12-14T21:59:43-00:00|2001-12-14T21:59:43.123456789123Z|2001-12-14T21:59:43,5Z|2001-12-14T1:2:3Z|2001-12-14T21:59:43+24:00|2001-12-14T21:59:43+23:60|2001-12-14 21:59:43 -5|2001-12-14   21:59:43|2001-12-14T21:59:60Z|2001-12-14t21:59:43z".split(
    "|",
  ),
  "",
];

const digits = fc.stringMatching(/^[-+]?(?:0[xXoObB])?[0-9a-fA-F]{0,3}[_.]?[0-9]{0,3}(?:[eE][-+]?[0-9]{1,2})?$/);
const anyCharacter = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(..."abc ABC xyz 019 _-.,:;#'\"\\|>&*!%@`[]{}?=<~/$()^+") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("\t", "\u0085", "\u00a0", "\u2028", "\u2029", "é", "ß", "漢", "😀"),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 0x20, max: 0x1ffff })
      .filter(
        (code) =>
          (code < 0x7f || code >= 0xa0) &&
          (code < 0xd800 || code > 0xdfff) &&
          (code & 0xfffe) !== 0xfffe &&
          code !== 0xfeff,
      )
      .map((code) => String.fromCodePoint(code)),
  },
);
const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: anyCharacter, maxLength: 14 }) },
  { weight: 2, arbitrary: fc.constantFrom(...oddTexts) },
  { weight: 2, arbitrary: word },
  { weight: 1, arbitrary: fc.constantFrom(...typedTexts) },
);

/** Blanks that may stand anywhere between tokens. */
const gap = rarely(fc.constant(" "), fc.constantFrom("  ", "   ", "\t", " \t", "    "), 15);
const lineEndBlanks = rarely(fc.constant(""), fc.constantFrom(" ", "  ", "\t", " \t "), 12);

const commentText = fc.oneof(
  { weight: 4, arbitrary: fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => ` ${words.join(" ")}`) },
  { weight: 1, arbitrary: fc.constantFrom(...ruledComments) },
  { weight: 1, arbitrary: fc.string({ unit: anyCharacter, minLength: 1, maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(" ", "#", "##", "!", " ENC[x]", "\t", ` ${"long ".repeat(120)}`, " - a: b"),
  },
);
// Sops damages a list that an empty one stands in, and then there is little to compare.
const comment = rarely(commentText, fc.constant(""), 200).map((text) => `#${text}`);
/** Comment and empty lines; the comments may be indented otherwise than what is around them. */
const commentLine = fc.oneof(
  { weight: 5, arbitrary: comment },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.integer({ min: 0, max: 6 }), comment).map(([by, text]) => " ".repeat(by) + text),
  },
  { weight: 3, arbitrary: rarely(fc.constantFrom("", "", "", "  "), fc.constant("\t"), 40) },
);
const commentLines = fc.oneof(
  { weight: 5, arbitrary: fc.constant<string[]>([]) },
  { weight: 2, arbitrary: fc.array(commentLine, { minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.array(commentLine, { minLength: 2, maxLength: 4 }) },
);
const lineEnd = fc
  .tuple(lineEndBlanks, rarely(fc.constant(undefined), fc.tuple(gap, comment), 4))
  .map(([blanks, behind]) => (behind === undefined ? blanks : behind.join("")));

const singleQuoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const escapedCharacter = fc.oneof(
  {
    weight: 4,
    arbitrary: anyCharacter.map((character) =>
      character === '"' || character === "\\" ? `\\${character}` : character,
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ..."\\0|\\a|\\b|\\t|\\n|\\v|\\f|\\r|\\e|\\ |\\\"|\\/|\\\\|\\N|\\_|\\L|\\P|\\x41|\\x0a|\\u00e9|\\u0041|\\U0001f600|\\u2028|\\ufeff|\\x7f|\\\t|\\'".split(
        "|",
      ),
    ),
  },
  { weight: 1, arbitrary: fc.constant("\\n") },
);
const doubleQuotedText = fc.string({ unit: escapedCharacter, maxLength: 12 }).map((text) => `"${text}"`);

const onOneLine = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 4, arbitrary: fc.constantFrom(...typedTexts) },
  { weight: 1, arbitrary: digits },
  { weight: 2, arbitrary: fc.array(word, { minLength: 2, maxLength: 4 }).map((words) => words.join(" ")) },
  { weight: 1, arbitrary: anyText },
  { weight: 3, arbitrary: anyText.map(singleQuoted) },
  { weight: 3, arbitrary: doubleQuotedText },
);

/** Lines of a scalar that goes on below its head, by the columns given. */
const continued = (line: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  fc.array(
    fc
      .oneof(
        { weight: 5, arbitrary: fc.tuple(fc.integer({ min: 1, max: 4 }), line, lineEndBlanks) },
        { weight: 1, arbitrary: fc.constantFrom<[number, string, string]>([0, "", ""], [0, "", ""], [2, "", ""]) },
      )
      .map(([by, text, blanks]) => `${" ".repeat(by)}${text}${blanks}`),
    { minLength: 1, maxLength: 4 },
  );

const manyLines: fc.Arbitrary<Block> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("", "first"),
      continued(fc.array(word, { minLength: 1, maxLength: 2 }).map((w) => w.join(" "))),
      lineEnd,
    )
    .map(([head, below, end]) => ({ head, below: [...below, `  last${end}`] })),
  fc.tuple(anyText, continued(anyText), anyText, lineEnd).map(([first, below, last, end]) => ({
    head: `'${first.replaceAll("'", "''")}`,
    below: [...below.map((line) => line.replaceAll("'", "''")), `  ${last.replaceAll("'", "''")}'${end}`],
  })),
  fc
    .tuple(
      fc.string({ unit: escapedCharacter, maxLength: 6 }),
      continued(
        fc
          .tuple(fc.string({ unit: escapedCharacter, maxLength: 6 }), fc.constantFrom("", "", "\\"))
          .map((p) => p.join("")),
      ),
      fc.string({ unit: escapedCharacter, maxLength: 6 }),
      lineEnd,
    )
    .map(([first, below, last, end]) => ({ head: `"${first}`, below: [...below, `  ${last}"${end}`] })),
);

const blockScalar: fc.Arbitrary<Block> = fc
  .record({
    sign: fc.constantFrom("|", ">"),
    chomping: fc.constantFrom("", "-", "+"),
    hint: rarely(fc.constant(undefined), fc.integer({ min: 1, max: 4 }), 4),
    hintFirst: fc.boolean(),
    by: fc.integer({ min: 1, max: 4 }),
    leading: rarely(fc.constant<string[]>([]), fc.constantFrom([""], ["", ""], [" "])),
    lines: fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(" ")) },
        { weight: 1, arbitrary: anyText },
        {
          weight: 2,
          arbitrary: fc.constantFrom("", "", "  indented", " x", "\tx", "# no comment", "- x", "key: value", "  "),
        },
        { weight: 1, arbitrary: fc.tuple(word, fc.constantFrom(" ", "  ", "\t")).map((parts) => parts.join("")) },
      ),
      { maxLength: 5 },
    ),
    end: lineEnd,
    trailing: fc.constantFrom<string[]>([], [], [], [""], ["", ""], ["   "], ["", "  "]),
  })
  .map(({ sign, chomping, hint, hintFirst, by, leading, lines, end, trailing }) => {
    const digit = hint === undefined ? "" : String(hint);
    const spaces = hint ?? by;
    return {
      head: `${sign}${hintFirst ? digit + chomping : chomping + digit}${end}`,
      below: [...leading, ...indent(lines, spaces), ...trailing],
    };
  });

const tag = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "!!str",
      "!!int",
      "!!float",
      "!!bool",
      "!!null",
      "!!timestamp",
      "!!binary",
      "!!seq",
      "!!map",
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ..."!Ref|!Custom|!|!<tag:yaml.org,2002:str>|!<!x>|!a!b|!!merge|!!set|!x%20y|!<tag:yaml.org,2002:int>|!!python/name:x".split(
        "|",
      ),
    ),
  },
  { weight: 2, arbitrary: fc.constant("!!str") },
);
const anchorName = fc.constantFrom("a", "b", "c", "long-name_1");
const properties = fc.oneof(
  { weight: 28, arbitrary: fc.constant("") },
  { weight: 2, arbitrary: anchorName.map((name) => `${anchorSign}${name} `) },
  { weight: 2, arbitrary: tag.map((name) => `${name} `) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(anchorName, tag, fc.boolean())
      .map(([name, type, first]) => (first ? `${type} ${anchorSign}${name} ` : `${anchorSign}${name} ${type} `)),
  },
);
/** Values that fit a tag, so that more than refusals are compared. */
const taggedFit = fc.constantFrom(
  ..."!!int 12|!!int 0x1F|!!int '12'|!!float 1|!!float 1.50|!!float '1'|!!bool true|!!bool \"true\"|!!null ~|!!null ''|!!null|!!timestamp 2024-02-29|!!timestamp '2024-02-29'|!!binary aGVsbG8=|!!binary '/w=='|!!binary \"aGVs\\nbG8=\"|!!str 12|!!str true|!!str|!!str ~|!!str 2024-02-29|! 12|! x|!Custom 12|!Custom|!!int x|!!bool yes|!!binary ###|!!float x".split(
    "|",
  ),
);

const alias = anchorName.map((name) => aliasSign + name);

/** Keys are made different by a number behind them, but for a few. */
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...ruledKeys).map((name) => `${name}\ue003`) },
  { weight: 2, arbitrary: fc.constantFrom(...ruledKeys) },
  {
    weight: 20,
    arbitrary: fc
      .tuple(word, fc.constantFrom("\ue003", "\ue003", "\ue003", "\ue003_secret", "\ue003_unencrypted", "\ue003 x"))
      .map((p) => p.join("")),
  },
  { weight: 2, arbitrary: word.map((text) => `"${text}\ue003"`) },
  { weight: 2, arbitrary: word.map((text) => `'${text}\ue003'`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "é\ue003",
      "漢\ue003",
      "😀\ue003",
      '"\\u00e9\ue003"',
      "a.b\ue003",
      "a/b\ue003",
      "'a:\ue003'",
      '"a: \ue003"',
      "'\ue003'",
      "a\ue003:b",
      "a-\ue003",
      "-a\ue003",
      "?a\ue003",
      ":a\ue003",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "<<",
      '"<<"',
      "yes\ue003",
      "'1'",
      '"\ue003"',
      "'true'",
      "'~'",
      '"2024-02-29"',
      "''",
      "!!str 1",
      "!!str <<",
      "!x k\ue003",
      "x".repeat(130),
    ),
  },
  { weight: 1, arbitrary: anyText.map((text) => singleQuoted(`${text}\ue003`)) },
);
const badKey = fc.oneof(
  fc.constantFrom(
    "1",
    "true",
    "~",
    "1.5",
    "",
    "2024-02-29",
    "a",
    "a",
    "b",
    "[a, b]",
    "{a: b}",
    "x".repeat(1030),
    `"${"x".repeat(1100)}"`,
    "<<",
    "sops",
    "sops_x\ue003",
  ),
  alias,
  anchorName.map((name) => `${anchorSign}${name} k\ue003`),
);
const anyKey = rarely(key, badKey, 40);

const parts = fc.letrec<{ flow: string; block: Block; mapping: string[]; sequence: string[] }>((tie) => {
  const flowGap = rarely(fc.constantFrom("", "", " "), fc.constantFrom("  ", "\n ", "\n", " # c\n  ", "\t"), 12);
  const flowItem = fc.oneof(
    { depthSize: "small", depthIdentifier: "yaml" },
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          properties,
          fc.oneof(
            { weight: 4, arbitrary: word },
            { weight: 3, arbitrary: fc.constantFrom(...typedTexts) },
            { weight: 2, arbitrary: anyText.map(singleQuoted) },
            { weight: 2, arbitrary: doubleQuotedText },
            {
              weight: 1,
              arbitrary: fc.constantFrom("a b c", "-x", "a:b", "a#b", "http://x.y", "a?", "a\n  b", "'a\n  b'"),
            },
          ),
        )
        .map((p) => p.join("")),
    },
    { weight: 1, arbitrary: fc.oneof(alias, taggedFit) },
    { weight: 2, arbitrary: tie("flow") },
  );
  const flowEntry = fc
    .tuple(anyKey, fc.constantFrom(": ", ": ", ": ", ":", " : ", ":\n  "), flowItem)
    .map(([name, colon, item]) =>
      colon === ":" && !/^["']/.test(name) ? `${name}: ${item}` : `${name}${colon}${item}`,
    );
  const list = (item: fc.Arbitrary<string>, open: string, close: string): fc.Arbitrary<string> =>
    fc
      .tuple(
        fc.array(fc.tuple(flowGap, item, flowGap), { maxLength: 4, depthIdentifier: "yaml" }),
        rarely(fc.constant(""), fc.constantFrom(",", ", ", " ", "\n"), 6),
      )
      .map(
        ([items, end]) =>
          `${open}${items.map((p) => p.join("")).join(",")}${items.length > 0 || !end.includes(",") ? end : ""}${close}`,
      );
  return {
    flow: fc.oneof(
      list(
        rarely(
          flowItem,
          fc.oneof(
            flowEntry,
            fc.constant("? x"),
            flowEntry.map((text) => `? ${text}`),
          ),
          8,
        ),
        "[",
        "]",
      ),
      list(
        rarely(
          flowEntry,
          fc.oneof(
            anyKey,
            anyKey.map((text) => `? ${text}`),
            anyKey.map((text) => `${text}:`),
          ),
          8,
        ),
        "{",
        "}",
      ),
    ),
    block: fc.oneof(
      { depthSize: "small", depthIdentifier: "yaml", withCrossShrink: true },
      {
        weight: 10,
        arbitrary: fc.tuple(properties, onOneLine, lineEnd).map(([before, text, end]) => oneLine(before + text + end)),
      },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.oneof({ weight: 2, arbitrary: taggedFit }, { weight: 1, arbitrary: alias }), lineEnd)
          .map((p) => oneLine(p.join(""))),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(properties, manyLines).map(([before, { head, below }]) => ({ head: before + head, below })),
      },
      {
        weight: 3,
        arbitrary: fc
          .tuple(properties, blockScalar)
          .map(([before, { head, below }]) => ({ head: before + head, below })),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(properties, tie("flow"), lineEnd).map(([before, text, end]) => {
          const [head, ...below] = `${before}${text}${end}`.split("\n");
          return { head: head!, below: indent(below, 2) };
        }),
      },
      {
        weight: 4,
        arbitrary: fc
          .tuple(properties, lineEnd, fc.integer({ min: 1, max: 8 }), tie("mapping"))
          .map(([before, end, by, lines]) => ({ head: before.trimEnd() + end, below: indent(lines, by) })),
      },
      {
        weight: 4,
        arbitrary: fc
          .tuple(properties, lineEnd, fc.integer({ min: 0, max: 4 }), tie("sequence"))
          .map(([before, end, by, lines]) => ({ head: before.trimEnd() + end, below: indent(lines, by) })),
      },
      { weight: 1, arbitrary: fc.tuple(properties, lineEnd).map(([before, end]) => oneLine(before.trimEnd() + end)) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(lineEnd, commentLines, fc.integer({ min: 1, max: 4 }), tie("block"))
          .map(([end, comments, by, { head, below }]) => ({
            head: end,
            below: indent([...comments, head, ...below], by),
          })),
      },
    ),
    mapping: fc
      .array(
        fc.record({
          above: commentLines,
          key: anyKey,
          colon: rarely(fc.constant(":"), fc.constantFrom(" :", "\t:", "? "), 20),
          gap,
          value: tie("block"),
          below: rarely(
            fc.constant<string[]>([]),
            fc.tuple(fc.integer({ min: 0, max: 4 }), commentLines).map(([by, lines]) => indent(lines, by)),
            4,
          ),
        }),
        { minLength: 1, maxLength: 4, depthIdentifier: "yaml" },
      )
      .map((entries) =>
        entries.flatMap(({ above, key: name, colon, gap: blanks, value: { head, below: lines }, below }) =>
          colon === "? "
            ? [...above, `? ${name}`, head === "" ? ":" : `:${blanks}${head}`, ...lines, ...below]
            : [...above, head === "" ? `${name}${colon}` : `${name}${colon}${blanks}${head}`, ...lines, ...below],
        ),
      ),
    sequence: fc
      .array(
        fc.record({
          above: commentLines,
          gap: rarely(fc.constant(" "), fc.constantFrom("  ", "   ", "\t"), 10),
          item: fc.oneof(
            { weight: 3, arbitrary: tie("block") },
            {
              weight: 2,
              arbitrary: fc
                .oneof(tie("mapping"), tie("sequence"))
                .map(([head, ...below]) => ({ head: head!, below: indent(below, 0) })),
            },
          ),
          compact: fc.boolean(),
          below: rarely(
            fc.constant<string[]>([]),
            fc.tuple(fc.integer({ min: 0, max: 4 }), commentLines).map(([by, lines]) => indent(lines, by)),
            4,
          ),
        }),
        { minLength: 1, maxLength: 4, depthIdentifier: "yaml" },
      )
      .map((items) =>
        items.flatMap(({ above, gap: blanks, item: { head, below: lines }, below }) => {
          const width = 1 + blanks.length;
          return [...above, head === "" ? "-" : `-${blanks}${head}`, ...indent(lines, width), ...below];
        }),
      ),
  };
});

const top = fc.oneof(
  { weight: 50, arbitrary: parts.mapping },
  { weight: 2, arbitrary: parts.flow.map((text) => text.split("\n")) },
  { weight: 1, arbitrary: parts.sequence },
  { weight: 1, arbitrary: parts.block.map(({ head, below }) => [head, ...below]) },
  { weight: 1, arbitrary: fc.constantFrom<string[]>([], [""], ["{}"], ["null"], ["# only", ""], ["~"]) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 3 }), parts.mapping).map(([by, lines]) => indent(lines, by)),
  },
);

const marker = fc.tuple(fc.constantFrom("---", "---", "---", "...\n---", "--- "), lineEnd).map((p) => p.join(""));
const documentText = fc
  .tuple(commentLines, top, commentLines)
  .map(([above, lines, below]) => [...above, ...lines, ...below].join("\n"));

/** Give keys their numbers, and aliases anchors that stand above them. */
function settle(text: string): string {
  let number = 0;
  const anchors = new Set<string>();
  return text.replace(/[\ue001\ue002]([a-z0-9_-]+)|\ue003/g, (sign, name: string) => {
    if (sign === numberSign) return String(++number);
    if (sign[0] === anchorSign) {
      anchors.add(name);
      return `&${name}`;
    }
    const known = anchors.has(name) ? name : [...anchors].at(-1);
    return known === undefined ? name : `*${known}`;
  });
}

const wholeText = fc
  .record({
    first: fc.constantFrom(
      "",
      "",
      "",
      "",
      "",
      "---\n",
      "--- # c\n",
      "%YAML 1.1\n---\n",
      "%TAG !e! tag:e.org,2000:\n---\n",
      "# c\n\n",
      "\n",
    ),
    documents: fc.oneof(
      { weight: 6, arbitrary: documentText.map((text) => [text]) },
      { weight: 1, arbitrary: fc.array(documentText, { minLength: 2, maxLength: 3 }) },
    ),
    markers: fc.array(marker, { minLength: 2, maxLength: 2 }),
    end: fc.constantFrom(
      "\n",
      "\n",
      "\n",
      "\n",
      "",
      "\n\n",
      "\n...\n",
      "\n...",
      "\n  ",
      "\n# end\n",
      "\n# end",
      "\n---\n",
    ),
    eol: fc.constantFrom("\n", "\n", "\n", "\n", "\n", "\n", "\r\n", "\r\n", "\r", "\u0085"),
    mark: fc.constantFrom("", "", "", "", "", "", "", "\ufeff"),
  })
  .map(({ first, documents, markers, end, eol, mark }) => {
    const joined = documents.map((text, index) => (index === 0 ? text : `${markers[index - 1]}\n${text}`)).join("\n");
    const text = settle(`${first}${joined}${end}`);
    return mark + (eol === "\n" ? text : text.replaceAll("\n", eol));
  });

function isRead(text: string): boolean {
  try {
    yaml.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** YAML texts; nearly all are such as sops takes. */
export const yamlTexts: fc.Arbitrary<string> = fc.oneof(
  { weight: 19, arbitrary: wholeText.filter(isRead) },
  { weight: 1, arbitrary: wholeText },
);
