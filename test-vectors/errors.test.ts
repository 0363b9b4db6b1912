/**
 * Errors about what was read: each names its place, shows the line, and gives nothing of a value away. What a value is is
 * told by the letters it is made of, which no key and no message has.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storeByName } from "../packages/formats/dist/index.js";
import { decrypt, encrypt, SopsError } from "../packages/isosops/dist/index.js";
import { jsonInputs, yamlInputs } from "./suites/inputs.js";
import { endings, readKey } from "./tools.js";
import { listCases, readCase, readIfThere } from "./vectors.js";

type Format = "yaml" | "json" | "dotenv" | "ini" | "toml" | "xml";

const { recipient } = readKey("first");
const documents = Math.max(5000, Number(process.env.ISOSOPS_DOCUMENTS ?? 0));

const secret = fc.string({ unit: fc.constantFrom(..."QZJWV"), minLength: 4, maxLength: 10 });
const leaked = /[QZJWV]{4}/;
const key = fc.string({ unit: fc.constantFrom(..."abcde"), minLength: 1, maxLength: 3 });

const indent = (text: string) => text.replace(/^(?=.)/gm, "  ");

const yamlScalar = fc.oneof(
  secret,
  secret.map((text) => `"${text} \\n${text}"`),
  secret.map((text) => `'${text} # ${text}'`),
  secret.map((text) => `|\n    ${text}\n    ${text}: ${text}\n`),
  secret.map((text) => `>-\n    ${text}\n    - ${text}`),
  secret.map((text) => `"${text}\n    ${text}: ${text}"`),
  secret.map((text) => `${text}\n    ${text}`),
  secret.map((text) => `!tag ${text} # ${text}`),
  secret.map((text) => `&anchor ${text}`),
  secret.map((text) => `[${text}, "${text}", {a: ${text}, b: '${text}'}]`),
  secret.map((text) => `\n  - ${text}\n  - a: ${text}\n    b: "${text}"\n  # ${text}`),
  secret.map((text) => `{a: ${text}, "b": "${text}", c: [${text}]}`),
);
const yamlFile = fc.array(fc.tuple(key, yamlScalar)).map((entries) => {
  const lines = entries.map(([name, value], index) => `${name}${index}: ${value}\n`).join("");
  return entries.length % 3 === 0 ? `top:\n${indent(lines)}` : `---\n${lines}`;
});

const jsonText = fc.tuple(secret, fc.constantFrom("", "\\n", "\\u00e9", " ", '\\"', ": ", ", ")).map(([text, odd]) => {
  return JSON.stringify(text).slice(0, -1) + odd + text.concat('"');
});
const jsonValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    jsonText,
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    fc
      .array(fc.tuple(key, tie("value")), { maxLength: 3 })
      .map((entries) => `{${entries.map(([name, value]) => `"${name}": ${value}`).join(",\n ")}}`),
  ),
})).value as fc.Arbitrary<string>;
const jsonFile = fc
  .tuple(fc.array(fc.tuple(key, jsonValue)), fc.constantFrom("\n", " ", ""))
  .map(([entries, gap]) => `{${entries.map(([name, value]) => `${gap}"${name}": ${value}`).join(",")}${gap}}`);

const envFile = fc
  .array(
    fc.oneof(
      fc.tuple(key, secret).map(([name, text]) => `${name}=${text}=${text}\\n${text}`),
      fc.tuple(key, secret).map(([name, text]) => `sops_${name}=${text}`),
      secret.map((text) => `# ${text}`),
    ),
  )
  .map((lines) => lines.map((line) => `${line}\n`).join(""));

const iniValue = fc.oneof(
  secret,
  secret.map((text) => `"${text}"`),
  secret.map((text) => `\`${text}\n${text} ; ${text}\n\``),
  secret.map((text) => `"""${text}\n${text} = ${text}\n"""`),
  secret.map((text) => `${text} \\\n${text} ; ${text}`),
);
const iniFile = fc
  .array(
    fc.oneof(
      fc.tuple(key, iniValue).map(([name, value]) => `${name} = ${value}`),
      key.map((name) => `[${name}]`),
      key.map((name) => `[sops]\n${name} = a\n`),
      secret.map((text) => `; ${text}`),
    ),
  )
  .map((lines) => lines.map((line) => `${line}\n`).join(""));

const tomlValue = fc.oneof(
  secret.map((text) => `"${text} \\n${text}"`),
  secret.map((text) => `'${text} # ${text}'`),
  secret.map((text) => `"""\n${text}\n${text} = "${text}" \\\n${text}"""`),
  secret.map((text) => `'''${text}\n[${text}]'''`),
  secret.map((text) => `["${text}", '${text}', # ${text}\n  { a = "${text}", b.c = '${text}' }]`),
  secret.map((text) => `{ a = "${text}", "b" = ["${text}"] } # ${text}`),
);
const tomlFile = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.tuple(key, tomlValue).map(([name, value]) => `${name}# = ${value}`) },
      { weight: 1, arbitrary: fc.tuple(key, key).map(([name, inner]) => `[${name}#.${inner}]`) },
      { weight: 1, arbitrary: key.map((name) => `[[${name}#]]`) },
      { weight: 1, arbitrary: secret.map((text) => `# ${text}`) },
    ),
  )
  .map((lines) => lines.map((line, index) => `${line.replace(/(?<=^\W*\w+)#/, String(index))}\n`).join(""));

const xmlElement = fc.letrec<{ element: string; content: string }>((tie) => ({
  element: fc
    .tuple(key, fc.option(secret), tie("content"))
    .map(
      ([name, text, content]) => `<${name}${text === null ? "" : ` at="${text}" be='${text}'`}>${content}</${name}>`,
    ),
  content: fc.oneof(
    { depthSize: "small" },
    secret,
    secret.map((text) => `${text} &lt; ${text}`),
    secret.map((text) => `<![CDATA[${text} < ${text}]]>`),
    secret.map((text) => `<!-- ${text} --><?pi ${text}?>`),
    fc.array(tie("element"), { maxLength: 3 }).map((elements) => `\n  ${elements.join("\n  ")}\n`),
  ),
})).element;
const xmlFile = fc
  .tuple(fc.constantFrom("", '<?xml version="1.0" encoding="UTF-8"?>\n', "<!DOCTYPE a>\n"), xmlElement)
  .map(([start, element]) => `${start}${element}\n`);

const files: Record<Format, fc.Arbitrary<string>> = {
  yaml: yamlFile,
  json: jsonFile,
  dotenv: envFile,
  ini: iniFile,
  toml: tomlFile,
  xml: xmlFile,
};

/** Takes a piece out and puts another in. */
const edit = fc.record({
  at: fc.nat(),
  length: fc.oneof(fc.constantFrom(0, 1, 2), fc.nat(60)),
  text: fc.oneof(
    fc.constantFrom("", "\n", "\t", " ", "  ", ": ", ":", "=", ",", "'", '"', "`", "[", "]", "{", "}", "- ", "#"),
    fc.constantFrom("\r", "&a ", "*a ", "!!int ", "<<: ", "|", ">9", "? ", "%", "@", "\\", "\0", "\ud800", "\n---\n"),
    fc.constantFrom("<", ">", "</", "/>", "&", "&lt;", "<!", "<!--", "-->", "<?", "?>", "]]>", "'''", "[[", "]]", "."),
    fc.constantFrom('"""', "\\x", "\ufeff", "0x", "1e", "\n\n", "sops: ", '"sops": ', "\u2028", "..."),
  ),
});
/** JSON, TOML and XML show keys, and more than one edit can make a key of a value. */
const edits = (format: string) => {
  const maxLength = ["json", "toml", "xml"].includes(format) ? 1 : 3;
  return fc.array(edit, { minLength: 1, maxLength });
};

function broken(source: string, changes: readonly { at: number; length: number; text: string }[]): string {
  return changes.reduce((text, { at, length, text: piece }) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + piece + text.slice(start + length);
  }, source);
}

function errorOf(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** The line that is pictured is the one that is named, and nothing in it or beside it is a value. */
function check(error: unknown, source: string): void {
  if (!(error instanceof SopsError)) throw error;
  const { code, line, column, message } = error;
  expect(message).not.toMatch(leaked);
  if (code === "empty" || code === "already_encrypted") return;
  expect({ code, line, column }).toEqual({ code, line: expect.any(Number), column: expect.any(Number) });
  expect(message).toContain(`line ${line}, column ${column}: `);
  const picture = new RegExp(`\\n  ${line} \\| .*\\n  ${" ".repeat(String(line).length)} \\| *\\^$`);
  expect(message).toMatch(picture);
  const lines = source.split(/\r\n|[\r\n\x85\u2028\u2029]/);
  expect(line).toBeLessThanOrEqual(lines.length);
}

describe("an error in reading names its place, and gives nothing of a value away", () => {
  for (const [format, file] of Object.entries(files)) {
    it(format, () => {
      const store = storeByName(format);
      let refused = 0;
      fc.assert(
        fc.property(file, edits(format), (whole, changes) => {
          const source = broken(whole, changes);
          const error = errorOf(() => store.parse(source, source.length % 2 === 0 ? {} : { filename: "x" }));
          if (error === undefined) return;
          refused++;
          check(error, source);
        }),
        { numRuns: documents },
      );
      expect(refused).toBeGreaterThan(documents / 10);
    }, 300_000);
  }
});

/** Whatever stands behind a colon or an equals sign, in pieces as long as a message must not have them. */
function valuePieces(source: string): Set<string> {
  const pieces = new Set<string>();
  for (const [, value] of source.matchAll(/[:=][ \t]*([^:=\n]{4,})/g)) {
    for (let at = 0; at + 4 <= value!.length; at++) pieces.add(value!.slice(at, at + 4));
  }
  return pieces;
}

describe("the vectors of what is broken: the place is named and no value shown", () => {
  for (const name of listCases("broken")) {
    const { format, operation, code, recipients, identities } = readCase("broken", name);
    // What is wrong with a key's entry, its source finds out, which sees that entry alone.
    if (!["syntax", "unsupported", "metadata"].includes(code) || name === "metadata-age-entry") continue;
    it(name, async () => {
      const input = readIfThere("broken", name, `input.${endings[format as Format]}`)!;
      const error = await (operation === "encrypt"
        ? encrypt(input, { format, recipients: recipients.map((key: string) => readKey(key).recipient) })
        : decrypt(input, { format, identities: identities.map((key: string) => readKey(key).identity) })
      ).catch((thrown: unknown) => thrown);
      check(error, input);
      const [, picture] = /\n {2}\d+ \| (.*)\n/.exec((error as SopsError).message)!;
      for (const piece of valuePieces(input)) expect(picture).not.toContain(piece);
    });
  }
});

describe("whatever the public suites have that is refused, the place is named and the line shown", () => {
  it.each([
    ["yaml", yamlInputs()],
    ["json", jsonInputs()],
  ] as const)("%s", async (format, inputs) => {
    let refused = 0;
    for (const source of inputs.flatMap(({ sources }) => sources)) {
      const error = await encrypt(source, { format, recipients: [recipient] }).catch((thrown: unknown) => thrown);
      if (!(error instanceof Error)) continue;
      refused++;
      check(error, Buffer.from(source).toString());
    }
    expect(refused).toBeGreaterThan(100);
  });
});
