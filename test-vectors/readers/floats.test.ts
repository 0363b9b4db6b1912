/** Floats as sops spells them where no spelling is known, and as the author did where it is. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { afterAll, expect, test } from "vitest";
import { decrypt, encrypt } from "../../packages/isosops/dist/index.js";
import { findSops, readKey } from "../tools.js";

const { identity, recipient } = readKey("first");
const sops = findSops().find(({ version }) => version.startsWith("3.13."))?.path;
const noSops = "no sops 3.13 (run test-vectors/install.js, or set SOPS_BIN)";
if (sops === undefined && env.ISOSOPS_REQUIRE_LIVE) {
  throw new Error(`Floats cannot be held against those of sops: ${noSops}.`);
}
const skipped = sops === undefined ? ` (skipped: ${noSops})` : "";

const folder = mkdtempSync(join(tmpdir(), "isosops-floats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], input: string): string {
  writeFileSync(join(folder, "file"), input);
  const environment = { ...env, SOPS_AGE_KEY: identity };
  return execFileSync(sops!, [...args, "file"], { cwd: folder, env: environment, encoding: "utf8" });
}

const spellings =
  `1e20 1.5e300 1e15 1e+15 1e-7 0.0000001 123456789.5 1234567.5 999999.5 1000000.5 0.0001 0.00001 0.00001234
  5e-324 1.7976931348623157e308 1e21 1e22 1e23 -1e20 -2.5e-10 0.1 100000.25 9223372036854775808.0 1e19 3.141592653589793`.split(
    /\s+/,
  );

test.skipIf(sops === undefined)(`floats of files from sops are written as sops writes them${skipped}`, async () => {
  const source = `{${spellings.map((spelling, i) => `"v${i}": ${spelling}`).join(", ")}}`;
  const encrypted = run(["--input-type", "json", "--output-type", "yaml", "--age", recipient, "--encrypt"], source);
  const theirs = run(["--input-type", "yaml", "--output-type", "yaml", "--decrypt"], encrypted);
  expect((await decrypt(encrypted, { format: "yaml", identities: [identity] })).text).toBe(theirs);
});

test("floats of our files are written as their author did, and sops reads the same ones", async ({ skip }) => {
  const own = [...spellings, "100000000000000000000", "1_000_000.5", "1.50e6", "1e0000", "2.5e0000", "12345678.5e0000"];
  const source = own.map((spelling, i) => `v${i}: ${spelling}\n`).join("");
  const { text } = await encrypt(source, { format: "yaml", recipients: [recipient] });
  expect((await decrypt(text, { format: "yaml", identities: [identity] })).text).toBe(source);
  if (sops === undefined) return skip(noSops);
  const read = run(["--input-type", "yaml", "--output-type", "json", "--decrypt"], text);
  const wanted = own.map((spelling, i) => [`v${i}`, Number(spelling.replaceAll("_", ""))]);
  expect(JSON.parse(read)).toEqual(Object.fromEntries(wanted));
});
