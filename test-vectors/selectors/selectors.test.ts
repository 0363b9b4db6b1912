/**
 * Selectors to rules. What a case expects is written by hand: the rule, and the values that are encrypted and no others
 * (keys joined by `/`, a document's number before them where it is not the first). What the rule selects is what
 * sops selects by it, and sops opens what was encrypted.
 */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { decrypt, encrypt, SopsError } from "../../packages/isosops/dist/index.js";
import { encryptFlags, endings, findSops, readKey, runSops, sopsVersions, twoAtATime } from "../tools.js";
import { encryptedPaths } from "./encrypted-paths.js";

type Format = keyof typeof endings;

interface Case {
  document: string;
  select: string[];
  allowExtra?: boolean;
  allowUnmatched?: boolean;
  rule?: Record<string, string>;
  leaves?: string[];
  extra?: string[];
  error?: string;
  says?: string;
}

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
const cases: Case[] = JSON.parse(read("cases.json"));
const { recipient, identity } = readKey("first");
const formatOf = (name: string) =>
  (Object.keys(endings) as Format[]).find((format) => name.endsWith(`.${endings[format]}`))!;
const nameOf = ({ document, select, allowExtra, allowUnmatched }: Case) =>
  `${document}: ${select.join(" and ")}${allowExtra ? ", extra allowed" : ""}${allowUnmatched ? ", unmatched allowed" : ""}`;

const encryptCase = ({ document, select, allowExtra, allowUnmatched }: Case) =>
  encrypt(read(`documents/${document}`), {
    format: formatOf(document),
    recipients: [recipient],
    select,
    allowExtra,
    allowUnmatched,
  });

describe("selectors", () => {
  test.each(cases.map((item) => [nameOf(item), item] as const))("%s", async (_, item) => {
    if (item.error !== undefined) {
      const error = await encryptCase(item).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SopsError);
      expect(error).toMatchObject({ code: item.error, message: expect.stringContaining(item.says!) });
      expect((error as SopsError).message).not.toContain("example-");
      return;
    }
    const { text, metadata, extra } = await encryptCase(item);
    const rule = Object.fromEntries(Object.entries(metadata.rule).filter(([, value]) => value !== undefined));
    expect(rule).toEqual(item.rule);
    expect(encryptedPaths(text, formatOf(item.document)).sort()).toEqual([...item.leaves!].sort());
    expect(extra.map((path) => path.join("/"))).toEqual(item.extra ?? []);
  });
});

const binaries = findSops().filter(({ version }) => sopsVersions.includes(version));
if (binaries.length === 0) {
  const reason = "no sops binary was found: name one in SOPS_BIN, or run `node test-vectors/install.js`";
  console.log(`Skipped: selectors with sops live, because ${reason}.`);
  test.skip(`selectors with sops live: ${reason}`, () => {});
}

describe.each(binaries)("selectors with sops $version", (binary) => {
  const good = cases.filter(({ error }) => error === undefined);
  const results = new Map<Case, { ours: string; theirs: string; paths: string[] }>();

  // All at once, because starting sops is what takes the time.
  beforeAll(
    () =>
      twoAtATime(good, async (item) => {
        const format = formatOf(item.document);
        const { text } = await encryptCase(item);
        // With the marks in it, where the rule goes by them.
        const plain = (await decrypt(text, { format, identities: [identity] })).text;
        const ours = await runSops(binary, ["--decrypt"], { text, format, identities: [identity] });
        const sealed = await runSops(binary, encryptFlags(item.rule!, [recipient]), { text: plain, format });
        const theirs = await runSops(binary, ["--decrypt"], { text: sealed.output, format, identities: [identity] });
        results.set(item, {
          ours: ours.exit === 0 ? ours.output : ours.message,
          theirs: theirs.output,
          paths: encryptedPaths(sealed.output, format),
        });
      }),
    300_000,
  );

  test.each(good.map((item) => [nameOf(item), item] as const))("%s", (_, item) => {
    const { ours, theirs, paths } = results.get(item)!;
    expect(paths.sort()).toEqual([...item.leaves!].sort());
    expect(ours).toBe(theirs);
  });
});
