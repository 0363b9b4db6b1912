/** The real sops, asked what is in a file. */
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";

interface Sops {
  version: string;
  path: string;
}

interface Tools {
  sopsVersions: string[];
  findSops(): Sops[];
  runSops(
    sops: Sops,
    flags: string[],
    input: { text: string | Uint8Array; format: string; identities: string[] },
  ): Promise<{ exit: number; output: string; message: string }>;
}

// Through a variable, because these scripts have no types.
const tools = (await import(new URL("../../../test-vectors/tools.js", import.meta.url).href)) as Tools;

/** The versions that a team may have in its cluster. */
const binaries: readonly Sops[] = tools.findSops().filter(({ version }) => tools.sopsVersions.includes(version));
const missing = tools.sopsVersions.filter((version) => !binaries.some((sops) => sops.version === version));
const reason = `no sops ${missing.join(" and ")} (set SOPS_BIN, or run test-vectors/install.js)`;
if (missing.length > 0 && process.env.ISOSOPS_REQUIRE_LIVE) {
  throw new Error(`What is written cannot be read by the real sops: ${reason}.`);
}
// The functions below compare in the middle of tests, which do the rest without sops. This tells of it in the report.
if (missing.length > 0) test.skip(`the real sops reads what is written (skipped: ${reason})`, () => {});

/** See that every sops decrypts a text with a private key to the data of another text. */
export async function expectSopsReads(
  text: string,
  plain: string,
  identity: string,
  format: "yaml" | "json" = "yaml",
): Promise<void> {
  for (const sops of binaries) {
    const flags = ["--decrypt", "--input-type", format, "--output-type", format];
    const { exit, output, message } = await tools.runSops(sops, flags, { text, format, identities: [identity] });
    expect({ version: sops.version, exit, message }).toEqual({ version: sops.version, exit: 0, message: "" });
    expect(dataOf(output)).toEqual(dataOf(plain));
  }
}

/** See that every sops opens a file with a private key. */
export async function expectSopsOpens(content: string | Uint8Array, identity: string, format: string): Promise<void> {
  for (const sops of binaries) {
    const flags = ["--decrypt", "--input-type", format, "--output-type", format];
    const { exit, message } = await tools.runSops(sops, flags, { text: content, format, identities: [identity] });
    expect({ version: sops.version, exit, message }).toEqual({ version: sops.version, exit: 0, message: "" });
  }
}

/** See that no sops decrypts a text. */
export async function expectSopsRefuses(text: string, identity: string, format = "yaml"): Promise<void> {
  for (const sops of binaries) {
    const flags = ["--decrypt", "--input-type", format, "--output-type", format];
    const { exit } = await tools.runSops(sops, flags, { text, format, identities: [identity] });
    if (exit === 0) throw new Error(`sops ${sops.version} decrypts:\n${text}`);
  }
}

function dataOf(yaml: string): unknown[] {
  return parseAllDocuments(yaml).map((document) => document.toJS());
}
