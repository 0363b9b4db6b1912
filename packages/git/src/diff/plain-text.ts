/** The plain text of one version of a file, for a diff of lines. */
import { createHash } from "node:crypto";
import type { KeySource } from "@isosops/core";
import { hasCiphertext } from "@isosops/node/internal/guess-format";
import { decrypt, inspect, SopsError } from "isosops";
import { formatOf, isWithoutKey } from "./version.js";

/** A text to show, in which every control character but a tab and a line break is escaped. */
export interface PlainText {
  readonly text: string;
  /** `sealed`: encrypted, and no key opens it, so that the text is the file's own. */
  readonly state: "plain" | "decrypted" | "wrong MAC" | "sealed";
}

/**
 * Decrypts a version of a file. What is not encrypted stays as it is. A version with a wrong MAC is shown, too: a diff is how to
 * see what is wrong with it.
 *
 * @throws {SopsError} `syntax`, `unsupported` or `metadata` if it cannot be read; `malformed_value` or `value_authentication` if
 * it was changed; the errors of key services.
 */
export async function plainTextOf(
  content: Buffer,
  name: string,
  keySources: readonly KeySource[],
  decryptionOrder?: readonly string[],
): Promise<PlainText> {
  if (!hasCiphertext(content)) return { text: shown(content), state: "plain" };
  const format = formatOf(name, content);
  if ((await inspect(content, { format, filename: name })) === undefined)
    return { text: shown(content), state: "plain" };
  if (keySources.length === 0) return { text: shown(content), state: "sealed" };
  const options = { format, filename: name, keySources, decryptionOrder };
  try {
    const { bytes } = await decrypt(content, options);
    return { text: shown(Buffer.from(bytes)), state: "decrypted" };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    if (isWithoutKey(error.code)) return { text: shown(content), state: "sealed" };
    if (!/^mac_/.test(error.code)) throw error;
    const { bytes } = await decrypt(content, { ...options, ignoreMac: true });
    return { text: shown(Buffer.from(bytes)), state: "wrong MAC" };
  }
}

/** Text as it is, but for what a terminal would obey; other content by its hash. */
export function shown(content: Buffer): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    const hash = createHash("sha256").update(content).digest("hex");
    return `Not text: ${content.length} bytes, SHA-256 ${hash}\n`;
  }
  return escapeControls(text);
}

/** A terminal obeys control characters, and shows bidirectional text in another order. */
export function escapeControls(text: string): string {
  return text.replace(/\r(?=\n)|[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    if (character === "\r") return "\r";
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
  });
}
