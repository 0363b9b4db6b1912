import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decrypt } from "../src/decrypt.js";
import { parseIdentities } from "../src/parse-identity.js";
import { x25519IdentityToRecipient } from "../src/x25519/identity-to-recipient.js";
import { generateX25519Key } from "../src/x25519/secret-key.js";
import { codeOf, openInPieces } from "./support.js";

interface Vectors {
  madeWith: string;
  keys: { name: string; recipient: string }[];
  files: { name: string; length: number; sha256: string; keys: string[] }[];
}

const folder = new URL("./vectors/", import.meta.url);
const vectors = JSON.parse(readFileSync(new URL("vectors.json", folder), "utf8")) as Vectors;
const keyFile = (name: string): string => readFileSync(new URL(name, folder), "utf8");

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe(`files made with ${vectors.madeWith}`, () => {
  it.each(vectors.keys)("$name belongs to its recipient", ({ name, recipient }) => {
    const identity = keyFile(name).split("\n")[2]!;
    expect(x25519IdentityToRecipient(identity)).toBe(recipient);
  });

  it.each(vectors.files)("$name", async ({ name, length, sha256: hash, keys }) => {
    const file = new Uint8Array(readFileSync(new URL(name, folder)));
    for (const key of keys) {
      const identities = parseIdentities(keyFile(key));
      const plaintext = await decrypt(file, identities);
      expect(plaintext.length).toBe(length);
      expect(sha256(plaintext)).toBe(hash);
      const streamed = await openInPieces(file, identities, [1000, 1, 70_000]);
      expect(streamed.error).toBeUndefined();
      expect(sha256(streamed.bytes)).toBe(hash);
    }
    expect(await codeOf(() => decrypt(file, [generateX25519Key()]))).toBe("no_match");
  });
});
