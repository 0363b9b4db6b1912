import fc from "fast-check";

/** Texts with something taken out, put in twice, or put in, at a place that may matter. */
export function broken<T extends string | Uint8Array>(whole: fc.Arbitrary<T>): fc.Arbitrary<T | string> {
  const inserted = fc.constantFrom(
    "\n",
    "\t",
    "\0",
    '"',
    "'",
    "`",
    "{",
    "}",
    "[",
    "]",
    ":",
    "=",
    ",",
    "#",
    ";",
    "\\",
    "- ",
    "*a",
    "&a",
    "\r",
    "\ufeff",
    "\x85",
    "\u2028",
    "1",
    "x",
    "sops: 1\n",
    "sops_a=1\n",
    "[sops]\n",
    '"sops":{},',
  );
  return fc
    .tuple(
      whole,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(6),
      fc.constantFrom("insert", "cut", "take out", "double"),
      inserted,
    )
    .map(([text, where, length, what, put]) => {
      if (typeof text !== "string") return text;
      // Between characters, since half of one is no UTF-8.
      const characters = Array.from(text);
      const at = Math.floor(where * characters.length);
      const before = characters.slice(0, at).join("");
      const after = characters.slice(at);
      if (what === "cut") return before;
      if (what === "insert") return before + put + after.join("");
      if (what === "take out") return before + after.slice(length).join("");
      return before + after.slice(0, length).join("") + after.join("");
    });
}
