/** Quoted scalars (YAML 1.2.2, 7.3): the escapes of double quotes, and both styles as go-yaml writes them (emitterc.go). */

/** Escapes that go-yaml writes: the character after the backslash, and the one it stands for. */
const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  '"': '"',
  "\\": "\\",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};

/** Escapes that it only reads. */
const escapesOnlyRead: Readonly<Record<string, string>> = { "\t": "\t", " ": " ", "'": "'" };

const shortEscapes: ReadonlyMap<string, string> = /* @__PURE__ */ new Map(
  Object.entries(escapes).map(([letter, character]): [string, string] => [character, `\\${letter}`]),
);

/** The character that an escape stands for, given the one after the backslash; undefined if there is no such escape. */
export function unescaped(letter: string): string | undefined {
  if (Object.hasOwn(escapes, letter)) return escapes[letter];
  return Object.hasOwn(escapesOnlyRead, letter) ? escapesOnlyRead[letter] : undefined;
}

/** Escapes a character. go-yaml writes hexadecimal digits in upper case. */
export function escapeSequence(character: string, digits: "upper case" | "lower case"): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return short;
  const code = character.codePointAt(0)!;
  const lower = code.toString(16);
  const hex = digits === "upper case" ? lower.toUpperCase() : lower;
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
const escapedByGoYaml = /[\0-\x1f"\\\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|[\u{10000}-\u{10ffff}]/gu;

/** In double quotes, on one line (emitterc.go, `yaml_emitter_write_double_quoted`). */
export function doubleQuoted(text: string): string {
  const toEscape = (character: string) => escapeSequence(character, "upper case");
  // For each character, go-yaml checks whether the string starts with a byte-order mark, and then escapes all of them.
  return `"${text.startsWith("\ufeff") ? text.replace(/./gsu, toEscape) : text.replace(escapedByGoYaml, toEscape)}"`;
}

/**
 * In single quotes, doubling those in the text (emitterc.go, `yaml_emitter_write_single_quoted`).
 *
 * @param indent written after each line break in the text, which can only be LS or PS
 */
export function singleQuoted(text: string, indent = ""): string {
  const doubled = text.includes("'") ? text.replaceAll("'", "''") : text;
  return `'${indent === "" ? doubled : doubled.replace(/(?<=[\u2028\u2029])(?![\u2028\u2029]|$)/g, indent)}'`;
}
