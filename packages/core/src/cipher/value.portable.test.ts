import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import * as native from "../native/node.js";
import { createValueCipher, parseEncryptedValue } from "./value.js";

vi.mock("#native", () => import("../native/portable.js"));

const iv = new Uint8Array(32).fill(1);
const key = new Uint8Array(32).fill(2);

test("without native code, long values are the same bytes and the same errors", () => {
  const cipher = createValueCipher(key);
  const gcm = native.findNativeGcm()!;
  for (const length of [511, 512, 513, 100_000]) {
    const plaintext = "x".repeat(length);
    const text = cipher.encrypt(plaintext, "str", "a:", iv);
    const sealed = Buffer.from(gcm.seal(key, iv, Buffer.from("a:"), Buffer.from(plaintext)));
    const data = sealed.subarray(0, length).toString("base64");
    const tag = sealed.subarray(length).toString("base64");
    expect(text).toBe(`ENC[AES256_GCM,data:${data},iv:${Buffer.from(iv).toString("base64")},tag:${tag},type:str]`);
    expect(cipher.decrypt(text, "a:")).toEqual({ type: "str", plaintext });
    expect(parseEncryptedValue(text).iv).toEqual(iv);
    expect(() => cipher.decrypt(text, "b:")).toThrow(expect.objectContaining({ code: "value_authentication" }));
    expect(() => cipher.decrypt(text.replace("data:", "data:-"), "a:")).toThrow(
      expect.objectContaining({ code: "malformed_value" }),
    );
  }
});

test("without native code, values written by sops", () => {
  const vectors = readFileSync(new URL("../../test/vectors/sops-values.json", import.meta.url), "utf8");
  for (const file of JSON.parse(vectors).files) {
    const cipher = createValueCipher(new Uint8Array(Buffer.from(file.dataKey, "hex")));
    for (const { additionalData, text, plaintext } of file.values) {
      if (!text.startsWith("ENC[")) continue;
      const decrypted = cipher.decrypt(text, additionalData);
      expect(Buffer.from(decrypted.plaintext as string).toString("hex")).toBe(plaintext);
      expect(cipher.encrypt(decrypted.plaintext, decrypted.type, additionalData, parseEncryptedValue(text).iv)).toBe(
        text,
      );
    }
  }
});
