/** XML names (www.w3.org/TR/xml, section 2.3, `Name`). A colon has no special meaning here. */
const nameStart =
  ":A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}";
const name = `[${nameStart}][${nameStart}\\-.0-9\\u00b7\\u0300-\\u036f\\u203f\\u2040]*`;

/** Matches a name at `lastIndex`. Each reader needs its own. */
export function nameMatcher(): RegExp {
  return new RegExp(name, "uy");
}

const wholeName = /* @__PURE__ */ new RegExp(`^${name}$`, "u");

export function isName(text: string): boolean {
  return wholeName.test(text);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML does not allow
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u;

/** The offset of the first character that XML does not allow, or -1 (section 2.2, `Char`). */
export function findForbidden(text: string): number {
  return text.search(forbidden);
}
