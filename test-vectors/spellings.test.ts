/**
 * How the spelling of a number, bool or time travels in a ciphertext (docs/spelling.md): files that an earlier build wrote,
 * and what sops reads of them and of what is written today.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decrypt, encrypt } from "../packages/isosops/dist/index.js";
import { findSops, readKey, runSops, sopsVersions } from "./tools.js";

const { identity, recipient } = readKey("first");
const read = (name: string) => readFileSync(new URL(`data/spellings/${name}`, import.meta.url), "utf8");
const open = async (text: string, format: "yaml" | "toml") =>
  (await decrypt(text, { format, identities: [identity] })).text;

test("no plaintext of an int is longer than its digits and 87 bytes", async () => {
  for (const name of ["kept", "irregular"]) {
    const { text } = await encrypt(read(`${name}.yaml`), { format: "yaml", recipients: [recipient] });
    const lengths = [...text.matchAll(/data:([^,]+),[^\]]+type:int\]/g)].map(
      ([, data]) => Buffer.from(data!, "base64").length,
    );
    expect(lengths.length).toBeGreaterThan(10);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(106);
  }
});

describe("a file of an earlier build opens", () => {
  test.each(["kept", "times"])("%s.yaml, as it was written", async (name) => {
    expect(await open(read(`${name}.encrypted.yaml`), "yaml")).toBe(read(`${name}.yaml`));
  });

  test("irregular.yaml, with its values in decimal", async () => {
    expect(await open(read("irregular.encrypted.yaml"), "yaml")).toBe(read("irregular.sops.yaml"));
  });

  test("kept.toml, as it was written", async () => {
    expect(await open(read("kept.encrypted.toml"), "toml")).toBe(read("kept.toml"));
  });
});

const binaries = findSops();
for (const version of sopsVersions) {
  const binary = binaries.find((found) => found.version === version);
  const reason = binary ? "" : " (skipped: it was not found; name it in SOPS_BIN, or run test-vectors/install.js)";
  // sops 3.9.4 has no values of type time.
  const names = version === "3.9.4" ? ["kept", "irregular"] : ["kept", "times", "irregular"];

  describe.skipIf(binary === undefined)(`sops ${version}${reason}`, () => {
    const decryptWithSops = (text: string) =>
      runSops(binary!, ["--decrypt"], { text, format: "yaml", identities: [identity] });

    test.each(names)("reads the values of %s.yaml in the file of an earlier build", async (name) => {
      const { output, message } = await decryptWithSops(read(`${name}.encrypted.yaml`));
      expect(output, message).toBe(read(`${name}.sops.yaml`));
    });

    test.each(names)("reads the values of %s.yaml in the file that is written today", async (name) => {
      const { text } = await encrypt(read(`${name}.yaml`), { format: "yaml", recipients: [recipient] });
      const { output, message } = await decryptWithSops(text);
      expect(output, message).toBe(read(`${name}.sops.yaml`));
    });
  });
}
