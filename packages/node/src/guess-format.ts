/** Encrypted files, told by their bytes. */

export function hasCiphertext(bytes: Buffer): boolean {
  return bytes.includes("ENC[AES256_GCM");
}

/** The format of an encrypted file whose name does not tell it. Undefined if it has no block of any format. */
export function guessFormat(bytes: Buffer): "binary" | "dotenv" | "toml" | "ini" | "yaml" | undefined {
  const text = bytes.toString("utf8");
  if (/^\s*\{/.test(text)) return "binary";
  if (/^sops_\w+=/m.test(text)) return "dotenv";
  if (/^\[\[sops\.\w+\]\]/m.test(text)) return "toml";
  if (/^\[sops\]\s*$/m.test(text)) return "ini";
  if (/^(?:sops|"sops"):\s*$/m.test(text)) return "yaml";
  return undefined;
}
