/** ENV texts: lines that are empty, comments, or `KEY=VALUE`, with all that may stand in them. */
import fc from "fast-check";
import { ruledComments } from "../rules.js";
import { keys, oddText, values } from "./text.js";

/** The format has no way to write a line break but `\n`. */
const onOneLine = (text: fc.Arbitrary<string>) => text.map((written) => written.replaceAll("\n", "\\n"));

const key = fc.oneof(
  { weight: 6, arbitrary: onOneLine(keys).map((written) => written.replaceAll("=", "").replace(/^#+|^sops_/, "")) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("export A", " A", "A ", "", "A.B", "A-B", '"A"', "sops", "sops_x", "SOPS_", "\ufeff"),
  },
);

const value = fc.oneof(
  { weight: 6, arbitrary: onOneLine(values) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '"quoted"',
      "'quoted'",
      '"a b" # c',
      "a\\nb",
      "\\n",
      "\\\\n",
      "\\",
      "a=b=c",
      "$A",
      "`a`",
      "a\r",
      "\r",
      " ",
    ),
  },
);

const line = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(key, value).map(([name, text]) => `${name}=${text}`) },
  {
    weight: 3,
    arbitrary: fc
      .oneof(fc.constantFrom(...ruledComments), onOneLine(oddText()), onOneLine(values))
      .map((text) => `#${text}`),
  },
  { weight: 2, arbitrary: fc.constant("") },
);

export const envDocuments: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(line, { maxLength: 15 }),
    fc.constantFrom("\n", "\n", "\n", "", "\n\n"),
    fc.constantFrom("", "", "", "\ufeff"),
    fc.constantFrom("\n", "\n", "\n", "\r\n"),
  )
  .map(([lines, end, start, newline]) => {
    // A line of a carriage return alone is refused: with CRLF, no line is empty.
    const written = newline === "\n" ? lines : lines.filter((text) => text !== "");
    return start + written.join(newline) + (newline === "\n" ? end : end === "" ? "" : newline);
  });
