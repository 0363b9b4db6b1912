/** INI texts, as go-ini reads them. */
import fc from "fast-check";
import { ruledComments } from "../rules.js";
import { keys, oddText, values } from "./text.js";

const blank = fc.constantFrom("", "", " ", "  ", "\t");
const sign = fc.constantFrom(";", "#", "; ", "# ", ";; ", "#  ");

const withoutBreaks = (text: string) => text.replaceAll("\n", " ");

const words = fc.oneof(fc.constantFrom(...ruledComments), oddText().map(withoutBreaks), values.map(withoutBreaks));
const comment = fc.tuple(blank, sign, words).map(([lead, start, text]) => `${lead}${start}${text}`);
const calmComment = fc.tuple(sign, words).map(([start, text]) => `${start}${text.trim()}`);

const name = keys.map((text) => withoutBreaks(text));
const bareName = name.map((text) => text.replace(/[=:[\]]/g, "").replace(/^[#;"`\s]+/, "")).map((text) => text || "k");
const key = fc.oneof(
  { weight: 10, arbitrary: bareName },
  { weight: 1, arbitrary: name.map((text) => `"${text.replaceAll('"', "") || "q"}"`) },
  { weight: 1, arbitrary: name.map((text) => `\`${text.replaceAll("`", "") || "q"}\``) },
  { weight: 1, arbitrary: name.map((text) => `"""${text.replaceAll('"', "") || "q"}"""`) },
  { weight: 1, arbitrary: fc.constantFrom("-", "a.b", "a b", "[x", "%(a)s") },
);

const bareValue = fc
  .oneof(
    { weight: 3, arbitrary: values },
    { weight: 1, arbitrary: fc.constantFrom("true", "1.0", "a\\", "x;y", "x#y", "%(a)s", "$a", "") },
  )
  .map((text) =>
    withoutBreaks(text)
      .replace(/[#;].*/, "")
      .replace(/^[`"'\s]+/, "")
      .replace(/\\\s*$/, ""),
  );

const value = fc.oneof(
  { weight: 8, arbitrary: bareValue },
  { weight: 1, arbitrary: values.map((text) => `"${withoutBreaks(text)}"`) },
  { weight: 1, arbitrary: values.map((text) => `'${withoutBreaks(text)}'`) },
  { weight: 2, arbitrary: values.map((text) => `\`${text.replaceAll("`", "")}\``) },
  { weight: 2, arbitrary: values.map((text) => `"""${text.replaceAll('"""', "")}"""`) },
  { weight: 1, arbitrary: values.map(withoutBreaks) },
  {
    weight: 1,
    arbitrary: fc.tuple(bareValue, bareValue, fc.constantFrom("", "  ")).map(([a, b, lead]) => `${a} \\\n${lead}${b}`),
  },
);

/** What go-ini reads nothing of. */
const ignored = words.map((text) => text.replace(/[\]"'`#;=:]/g, "").trim());

const plainEntry = fc
  .tuple(blank, key, fc.constantFrom(" = ", "=", " : ", ":", " =", "= "), value, fc.option(ignored, { freq: 15 }))
  .map(([lead, text, delimiter, written, behind]) => {
    const isQuoted = /^["`]/.test(text);
    const isClosed = /^(`|""")[^\n]*\1$/.test(written) && written.length > 6;
    const between = behind !== null && isQuoted ? ` ${behind}` : "";
    return `${lead}${text}${between}${delimiter}${written}${behind !== null && isClosed ? behind : ""}`;
  });
const entry = fc.tuple(plainEntry, comment).map(([written, behind]) => `${written} ${behind.trimStart()}`);

/** A comment above its key, one line behind the other, or behind it: where go-ini takes it for one comment. */
const calm = fc
  .tuple(
    fc.oneof(fc.constant([]), fc.array(calmComment, { maxLength: 2 })),
    plainEntry,
    fc.option(sign, { freq: 6 }),
    words,
  )
  .map(([above, written, behind, text]) =>
    [...above, behind === null || above.length > 0 ? written : `${written} ${behind}${text.trim()}`].join("\n"),
  );

const line = fc.oneof(
  { weight: 14, arbitrary: calm },
  { weight: 1, arbitrary: entry },
  { weight: 1, arbitrary: comment },
  { weight: 2, arbitrary: fc.constantFrom("", "  ") },
);

const header = fc
  .tuple(
    blank,
    fc.oneof(fc.constantFrom("a", "b", "data", "DEFAULT", "default", "a.b", "é"), bareName),
    fc.oneof({ weight: 10, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: comment }),
    fc.option(ignored, { freq: 20 }),
  )
  .map(([lead, text, behind, between]) => {
    const junk = between === null ? "" : ` ${between}`;
    return `${lead}[${text}]${junk}${behind === null ? "" : ` ${behind.trimStart()}`}`;
  });

const section = fc
  .tuple(fc.array(calmComment, { maxLength: 2 }), header, fc.array(line, { maxLength: 6 }))
  .map(([above, head, lines]) => [...above, head, ...lines]);

export const iniDocuments: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(line, { maxLength: 3 }),
    fc.array(section, { maxLength: 4 }),
    fc.constantFrom("\n", "\n", "\n", "", "\n\n", "\n\n\n"),
    fc.constantFrom("", "", "", "", "\ufeff"),
    fc.constantFrom("\n", "\n", "\n", "\r\n"),
  )
  .map(([top, sections, end, start, newline]) => {
    const text = start + [...top, ...sections.flat()].join("\n") + end;
    return newline === "\n" ? text : text.replaceAll("\n", newline);
  });
