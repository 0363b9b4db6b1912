import { parseEncryptedValue } from "../cipher/value.js";
import { SopsError } from "../errors.js";

const types: ReadonlySet<string> = /* @__PURE__ */ new Set(["str", "int", "float", "bool", "time", "bytes", "comment"]);

/** Lengths that sops uses, in bytes (aes/cipher.go, `nonceSize`; crypto/cipher, `gcmTagSize`). */
const ivBytes = 32;
const tagBytes = 16;

/** Checks the form of an encrypted value. Returns its type, or what is wrong, to follow "The encrypted value". */
export function readForm(text: string): { type: string } | { problem: string } {
  let parts: ReturnType<typeof parseEncryptedValue>;
  try {
    parts = parseEncryptedValue(text);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const part = /^The `(\w+)`/.exec(error.message)?.[1];
    return {
      problem:
        part === undefined
          ? "does not have the form ENC[AES256_GCM,data:...,iv:...,tag:...,type:...]"
          : `has a \`${part}\` that is not base64`,
    };
  }
  const { data, iv, tag, type } = parts;
  // sops ignores it, so it would be lost or stay unnoticed. A line break is there if we keep a literal block scalar.
  if (!text.trimEnd().endsWith("]")) return { problem: "is followed by other text" };
  if (!types.has(type)) return { problem: "has a `type` that sops does not have, or is followed by other text" };
  if (data.length === 0) return { problem: "has no `data`" };
  if (iv.length !== ivBytes) return { problem: `has an \`iv\` of ${iv.length} bytes instead of ${ivBytes}` };
  if (tag.length !== tagBytes) return { problem: `has a \`tag\` of ${tag.length} bytes instead of ${tagBytes}` };
  return { type };
}
