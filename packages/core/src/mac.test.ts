import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createValueCipher } from "./cipher/value.js";
import { createMac } from "./mac.js";

interface SopsFile {
  dataKey: string;
  macOnlyEncrypted: boolean;
  values: { text: string; plaintext: string }[];
  lastModified: string;
  mac: string;
}

const { files }: { files: SopsFile[] } = JSON.parse(
  readFileSync(new URL("../test/vectors/sops-values.json", import.meta.url), "utf8"),
);

test("the MACs of files written by sops, over all values and over the encrypted ones", async () => {
  expect(new Set(files.map((file) => file.macOnlyEncrypted)).size).toBe(2);
  for (const file of files) {
    const mac = createMac(file.macOnlyEncrypted);
    for (const { text, plaintext } of file.values) {
      if (file.macOnlyEncrypted && text !== "" && !text.startsWith("ENC[")) continue;
      mac.add(new Uint8Array(Buffer.from(plaintext, "hex")));
    }
    const cipher = createValueCipher(new Uint8Array(Buffer.from(file.dataKey, "hex")));
    expect(await mac.digest()).toBe(cipher.decrypt(file.mac, file.lastModified).plaintext);
  }
});

test("the hash of the UTF-8 of all that was added, however it comes", async () => {
  const part = fc.oneof(
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.uint8Array({ maxLength: 100 }),
    fc.nat({ max: 70_000 }).map((length) => "a€".repeat(length / 2)),
    fc.nat({ max: 70_000 }).map((length) => new Uint8Array(length).fill(length)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 30 }), async (parts) => {
      const mac = createMac(false);
      const expected = createHash("sha512");
      for (const plaintext of parts) {
        mac.add(plaintext);
        expected.update(plaintext);
      }
      expect(await mac.digest()).toBe(expected.digest("hex").toUpperCase());
    }),
    { numRuns: 200 },
  );
});

test("bytes may be used again once they are added", async () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const mac = createMac(false);
  mac.add(bytes);
  bytes.fill(0);
  expect(await mac.digest()).toBe(
    createHash("sha512")
      .update(Uint8Array.of(1, 2, 3))
      .digest("hex")
      .toUpperCase(),
  );
});

test("what a MAC over encrypted values starts from is the SHA-256 of the word sops", async () => {
  const start = createHash("sha256").update("sops").digest();
  expect(await createMac(true).digest()).toBe(createHash("sha512").update(start).digest("hex").toUpperCase());
});
