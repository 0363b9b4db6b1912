/** Values that are not UTF-8, behind the tag `!!binary` (resolve.go). */

/** The text of bytes in UTF-8; undefined for others. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Base64, on one line. */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 4096) binary += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(binary);
}

const base64Text = /^[A-Za-z0-9+/]*={0,2}$/;

/** What base64 stands for, line breaks in it or not: text where it is UTF-8; undefined for what is no base64. */
export function fromBase64(content: string): string | Uint8Array | undefined {
  const compact = content.replace(/[\r\n]+/g, "");
  if (compact.length % 4 !== 0 || !base64Text.test(compact)) return undefined;
  const binary = atob(compact);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return decodeUtf8(bytes) ?? bytes;
}
