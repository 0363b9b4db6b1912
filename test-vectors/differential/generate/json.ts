/** JSON texts in every spelling the format has. */
import fc from "fast-check";
import { keys, values } from "./text.js";

/** How a text is spaced; a function of the depth. */
interface Style {
  line: (depth: number) => string;
  colon: string;
  comma: string;
}

const space = fc.string({ unit: fc.constantFrom(" ", "\n", "\t", "\r"), maxLength: 3 });
const styles: fc.Arbitrary<Style> = fc.oneof(
  fc
    .record({
      unit: fc.constantFrom("\t", "  ", "    ", " ", ""),
      newline: fc.constantFrom("\n", "\r\n"),
      colon: fc.constantFrom(": ", ":", " : "),
    })
    .map(({ unit, newline, colon }) => ({ line: (depth: number) => newline + unit.repeat(depth), colon, comma: "," })),
  fc.constantFrom(
    { line: () => "", colon: ":", comma: "," },
    { line: () => "", colon: ": ", comma: ", " },
    { line: () => " ", colon: ": ", comma: "," },
  ),
  fc.tuple(space, space, space).map(([line, around, behind]) => ({
    line: () => line,
    colon: `${around}:${behind}`,
    comma: `${behind},${around}`,
  })),
);

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "/": "\\/",
};

/** A string token: escaped as needed, or more than that. */
function stringToken(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const needed = text.map((written) => JSON.stringify(written));
  const more = fc.tuple(text, fc.constantFrom("lower", "upper", "short"), fc.nat()).map(([written, how, salt]) => {
    const hexadecimal = (character: string) =>
      Array.from({ length: character.length }, (_, unit) => {
        const hex = character.charCodeAt(unit).toString(16).padStart(4, "0");
        return `\\u${how === "upper" ? hex.toUpperCase() : hex}`;
      }).join("");
    const characters = Array.from(written).map((character, index) => {
      const isNeeded = character < " " || character === '"' || character === "\\";
      const short = escapes[character];
      if (how === "short" && short !== undefined) return short;
      return isNeeded || (how !== "short" && (salt + index) % 3 === 0) ? hexadecimal(character) : character;
    });
    return `"${characters.join("")}"`;
  });
  // Half of a surrogate pair, which is no character.
  const halves = fc.constantFrom(
    '"\\ud83d"',
    '"a\\udd11b"',
    '"\\ud83d\\ud83d\\udd11"',
    '"\\uD83Dx"',
    '"\\ud83d\\u0041"',
  );
  return fc.oneof({ weight: 12, arbitrary: needed }, { weight: 4, arbitrary: more }, { weight: 1, arbitrary: halves });
}

const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 22 });
const numbers: fc.Arbitrary<string> = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => (Object.is(value, -0) ? "-0" : String(value))),
  fc
    .tuple(
      fc.constantFrom("", "-"),
      fc.constantFrom("0", "1", "9", "123", "9007199254740993"),
      fc.option(digits),
      fc.option(
        fc.tuple(
          fc.constantFrom("e", "E"),
          fc.constantFrom("", "+", "-"),
          fc.integer({ min: 0, max: 330 }).map(String),
        ),
      ),
    )
    .map(
      ([sign, whole, fraction, exponent]) =>
        `${sign}${whole}${fraction === null ? "" : `.${fraction}`}${exponent === null ? "" : exponent.join("")}`,
    ),
  fc.constantFrom(
    "0",
    "-0",
    "-0.0",
    "0.0",
    "1.0",
    "1e3",
    "1E+3",
    "1e-7",
    "1e21",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "12345678901234567890",
    "5e-324",
    "1.7976931348623157e308",
    "0.1e1",
    "100e-2",
  ),
);

type Tree = { scalar: string } | { object: [string, Tree][] } | { list: Tree[] };

const scalar: fc.Arbitrary<Tree> = fc
  .oneof(
    { weight: 5, arbitrary: stringToken(values) },
    { weight: 3, arbitrary: numbers },
    { weight: 1, arbitrary: fc.constantFrom("true", "false", "null") },
  )
  .map((token) => ({ scalar: token }));

const keyToken = stringToken(keys);

const { object } = fc.letrec<{ tree: Tree; object: Tree; list: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 4, arbitrary: scalar },
    { weight: 2, arbitrary: tie("object") },
    { weight: 2, arbitrary: tie("list") },
  ),
  object: fc.array(fc.tuple(keyToken, tie("tree")), { maxLength: 6 }).map((entries) => ({ object: entries })),
  list: fc.array(tie("tree"), { maxLength: 5 }).map((items) => ({ list: items })),
}));

/** One thing in another, down and down. */
const nested: fc.Arbitrary<Tree> = fc
  .tuple(scalar, fc.array(fc.option(fc.constantFrom('"a"', '"b"', '"x1"')), { minLength: 10, maxLength: 60 }))
  .map(([inner, levels]) => {
    const tree = levels.reduce<Tree>(
      (item, key) => (key === null ? { list: [item] } : { object: [[key, item]] }),
      inner,
    );
    return { object: [['"data"', tree]] };
  });

function write(tree: Tree, style: Style, depth: number): string {
  if ("scalar" in tree) return tree.scalar;
  const [open, close] = "object" in tree ? ["{", "}"] : ["[", "]"];
  const items =
    "object" in tree
      ? tree.object.map(([key, value]) => key + style.colon + write(value, style, depth + 1))
      : tree.list.map((item) => write(item, style, depth + 1));
  if (items.length === 0) return open + close;
  const lead = style.line(depth + 1);
  return open + lead + items.join(style.comma + lead) + style.line(depth) + close;
}

export const jsonDocuments: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof({ weight: 12, arbitrary: object }, { weight: 1, arbitrary: nested }),
    styles,
    fc.oneof({ weight: 3, arbitrary: fc.constant("\n") }, space),
    fc.oneof({ weight: 5, arbitrary: fc.constant("") }, space),
  )
  .map(([tree, style, end, start]) => start + write(tree, style, 0) + end);
