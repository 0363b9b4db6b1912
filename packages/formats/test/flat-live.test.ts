/**
 * ENV and INI against the sops command, with generated documents: what it encrypts we decrypt as it does, and what we
 * encrypt, in both layouts, it decrypts to what it makes of the source. `ISOSOPS_DOCUMENTS` says how many.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decrypt, encrypt } from "../../isosops/dist/index.js";

interface Tools {
  findSops(): { version: string; path: string }[];
  readKey(name: string): { recipient: string; identity: string };
  runSops(
    sops: { path: string },
    flags: string[],
    input: { text: string; format: string; identities?: string[] },
  ): Promise<{ exit: number; output: string; message: string }>;
}

const tools: Tools = await import(new URL("../../../test-vectors/tools.js", import.meta.url).href);
const { recipient, identity } = tools.readKey("first");
const sops = tools.findSops().find(({ version }) => version === "3.13.3");
const documents = Number(process.env.ISOSOPS_DOCUMENTS ?? 25);

const text = fc
  .string({
    unit: fc.constantFrom("a", "B", "7", " ", "=", ":", "#", ";", '"', "'", "`", "\\", "\\n", "é", "%", "\t", "[", "]"),
    maxLength: 9,
  })
  .filter((written) => !/\\\s*$/.test(written));
const name = fc.string({ unit: fc.constantFrom("a", "b", "C", "_", "1", "."), minLength: 1, maxLength: 4 });
const plainComment = fc.string({ unit: fc.constantFrom("a", " ", "#", "é", "="), maxLength: 6 });
const end = fc.constantFrom("", "\n");

const envLine = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(name, text).map(([key, value]) => `${key}=${value}`) },
  plainComment.map((words) => `#${words}`),
  fc.constant(""),
);
const envFile = fc.tuple(fc.array(envLine, { maxLength: 12 }), end).map(([lines, last]) => lines.join("\n") + last);

// No line that a backslash continues, a name within a section once, and never a comment above and behind one value: those are kept in another place.
const iniValue = fc.oneof(
  text.filter((value) => !/^\s*["`]/.test(value) && !/[#;]/.test(value)),
  text.filter((value) => !/[`\n]/.test(value)).map((value) => `\`${value}\``),
  fc.constantFrom('"""a\nb"""', '""" x"y """', "'q'", '"r s"', "v ; why", "w # why"),
);
const iniSection = fc.tuple(
  name,
  fc.uniqueArray(fc.tuple(name, iniValue, fc.option(plainComment)), { selector: ([key]) => key, maxLength: 5 }),
);
const iniFile = fc.tuple(fc.array(iniSection, { maxLength: 4 }), end).map(([sections, last]) => {
  const lines = sections.flatMap(([section, keys]) => [
    `[${section}]`,
    ...keys.flatMap(([key, value, words]) => [
      ...(words === null || /; why|# why/.test(value) ? [] : [`; ${words}x`]),
      `${key} = ${value}`,
    ]),
  ]);
  return lines.join("\n") + last;
});

const reason = "no sops 3.13.3 was found: name one in SOPS_BIN, or run `node test-vectors/install.js`";
if (sops === undefined) console.log(`Skipped: ENV and INI against sops live, because ${reason}.`);

describe.skipIf(sops === undefined)(`against sops${sops === undefined ? ` (${reason})` : ""}`, () => {
  const run = async (flags: string[], format: string, source: string) => {
    const result = await tools.runSops(sops!, flags, { text: source, format, identities: [identity] });
    return result.exit === 0 ? result.output : undefined;
  };

  it.each([
    ["dotenv", envFile],
    ["ini", iniFile],
  ] as const)(
    "%s",
    async (format, file) => {
      let compared = 0;
      await fc.assert(
        fc.asyncProperty(file, async (source) => {
          const theirs = await run(["--encrypt", "--age", recipient], format, source);
          if (theirs === undefined) {
            await expect(encrypt(source, { format, recipients: [recipient] })).rejects.toThrow();
            return;
          }
          const expected = await run(["--decrypt"], format, theirs);
          // sops damages some files so that it cannot read them again.
          if (expected === undefined) return;
          compared++;
          const { text: read } = await decrypt(theirs, { format, identities: [identity], layout: "sops" });
          expect(read).toBe(expected);
          const ours = await encrypt(source, { format, recipients: [recipient] });
          expect(await run(["--decrypt"], format, ours.text)).toBe(expected);
          expect((await decrypt(ours.text, { format, identities: [identity] })).text).toBe(source);
          const sorted = await encrypt(source, { format, recipients: [recipient], layout: "sops" });
          expect(await run(["--decrypt"], format, sorted.text)).toBe(expected);
        }),
        { numRuns: documents },
      );
      expect(compared).toBeGreaterThan(documents / 2);
    },
    documents * 4_000 + 10_000,
  );
});
