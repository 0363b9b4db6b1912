/** The comparison with files from the real world, under rules as people have them. */
import { expect, test } from "vitest";
import { corpusFiles } from "./corpus.js";
import { describeLive, documents, report } from "./differential.js";
import { compare, type Tally } from "./property.js";
import type { Selection } from "./rules.js";
import type { Format } from "./sops.js";

/** Of thousands; with `ISOSOPS_FILES`, more of them. */
const perFormat = Math.min(documents, Number(process.env.ISOSOPS_FILES ?? 300));

const selections: readonly Selection[] = [
  { rule: {}, macOnlyEncrypted: false },
  { rule: { encryptedRegex: "(?i)pass|secret|token|key|name" }, macOnlyEncrypted: false },
  { rule: { unencryptedRegex: "^(version|kind|type|id|description)$" }, macOnlyEncrypted: true },
  { rule: { encryptedSuffix: "s" }, macOnlyEncrypted: true },
  { rule: { unencryptedCommentRegex: "[a-z] [a-z]" }, macOnlyEncrypted: false },
  { rule: { encryptedCommentRegex: "[a-z]" }, macOnlyEncrypted: false },
];

const formats: readonly Format[] = ["yaml", "json", "dotenv", "ini", "binary"];

describeLive("files from the real world against sops", (server) => {
  test.each(formats)(
    "%s",
    async (format) => {
      const start = performance.now();
      const tally: Tally = new Map();
      const files = corpusFiles(format, perFormat);
      for (const [index, { path, bytes }] of files.entries()) {
        const source = format === "binary" ? bytes : textOf(bytes);
        const selection = selections[index % selections.length]!;
        const outputFormat = index % 3 === 0 ? formats[(index / 3) % formats.length] : undefined;
        try {
          await compare(server(), { format, source, ...selection, outputFormat }, tally);
        } catch (cause) {
          throw new Error(`${path} ${JSON.stringify(selection)} ${outputFormat ?? ""}\n${cause}`, { cause });
        }
      }
      report(`${format} files`, tally, performance.now() - start);
      expect(tally.get("documents")).toBe(files.length);
    },
    600_000,
  );
});

/** Not every file is text. */
function textOf(bytes: Buffer): string | Uint8Array {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : bytes;
}
