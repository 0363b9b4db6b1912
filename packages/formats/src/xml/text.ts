/** How text and attribute values are written. */

/** How a value is written: the values of `Leaf.style` in the XML store. */
export const XmlStyle = {
  /** In a CDATA section. */
  cdata: 1,
  /** `>` is escaped although it need not be; likewise for the next two. */
  greater: 2,
  quote: 4,
  apostrophe: 8,
  attribute: 16,
  /** The only content of its element. */
  whole: 32,
  /** The element has no content and no end tag. */
  selfClosed: 64,
} as const;

const optional = [
  [XmlStyle.greater, ">", "&gt;", "E"],
  [XmlStyle.quote, '"', "&quot;", "N"],
  [XmlStyle.apostrophe, "'", "&apos;", "C"],
] as const;

/** A ciphertext; none of its characters needs a reference. */
const sealed = /^ENC\[[\w+/=:,]+\]$/;
/** A ciphertext starts with character references if the value had optional escapes, one letter for each kind. */
const sealedLetters = /^(E|&#69;)(N|&#78;)(C|&#67;)\[/;

/**
 * Detects the style of a value from its source.
 *
 * @param text - The value.
 */
export function styleOf(raw: string, text: string, place: number): number {
  const isEncrypted = sealed.test(text);
  let style = place;
  let literal = raw;
  if (place !== XmlStyle.attribute && raw.includes(open)) {
    if (raw.startsWith(open) && raw.indexOf(close) === raw.length - close.length) style |= XmlStyle.cdata;
    literal = raw.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, "");
  }
  const letters = isEncrypted ? sealedLetters.exec(raw) : null;
  optional.forEach(([flag, character, reference], index) => {
    const isSet = isEncrypted
      ? letters !== null && letters[index + 1]!.length > 1
      : literal.includes(reference) && !literal.includes(character);
    if (isSet) style |= flag;
  });
  return style;
}

const open = "<![CDATA[";
const close = "]]>";

export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/**
 * Writes text between tags.
 *
 * @param newline - The line break of the file.
 */
export function writeText(text: string, style: number, newline: string): string {
  if ((style & XmlStyle.cdata) !== 0 && text !== "" && !text.includes(close) && !text.includes("\r")) {
    return withBreaks(open + text + close, newline);
  }
  const escaped = sealOrEscape(text, style, /[&<\r]|(?<=\]\])>/g, (character) => escapes[character]!);
  // White space alone is formatting, except for spaces that are the only content of an element.
  const isLayout = /^[ \t\n]+$/.test(escaped) && ((style & XmlStyle.whole) === 0 || escaped.includes("\n"));
  return withBreaks(isLayout ? `&#${escaped.charCodeAt(0)};${escaped.slice(1)}` : escaped, newline);
}

/** Writes the value of an attribute, without quotes. */
export function writeAttribute(text: string, style: number, quote: string): string {
  return sealOrEscape(text, style, /[&<\t\n\r"']/g, (character) =>
    (character === '"' || character === "'") && character !== quote ? character : escapes[character]!,
  );
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

function sealOrEscape(text: string, style: number, needed: RegExp, replace: (character: string) => string): string {
  if (sealed.test(text)) {
    const letters = optional.map(([flag, , , letter]) =>
      (style & flag) === 0 ? letter : `&#${letter.charCodeAt(0)};`,
    );
    return letters.join("") + text.slice(3);
  }
  let written = text.replace(needed, replace);
  for (const [flag, character, reference] of optional) {
    if ((style & flag) !== 0) written = written.replaceAll(character, reference);
  }
  return written;
}

function withBreaks(text: string, newline: string): string {
  return newline === "\n" ? text : text.replaceAll("\n", newline);
}
