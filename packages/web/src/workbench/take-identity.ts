/** Identities that are dropped as files. */
import { signal } from "@preact/signals";
import { callEngine } from "../engine/client.js";
import type { HeldIdentities } from "../engine/keys.js";

/** A file of identities that waits for its passphrase. */
export const waiting = signal<string | Uint8Array | undefined>(undefined);

/**
 * @returns the identities of a file; `asked` if it needs a passphrase, which the page asks for then; undefined if it is no file of identities
 */
export async function takeIdentityFile(content: string | Uint8Array): Promise<HeldIdentities | "asked" | undefined> {
  const text = typeof content === "string" ? content : new TextDecoder("latin1").decode(content.subarray(0, 64));
  const isIdentity =
    /^(?:#[^\n]*\r?\n|\s*\r?\n)*AGE-(?:SECRET-KEY|PLUGIN)-/.test(text) ||
    /^-----BEGIN (?:OPENSSH |RSA )?PRIVATE KEY-----/.test(text) ||
    text.startsWith("age-encryption.org/v1") ||
    text.startsWith("-----BEGIN AGE ENCRYPTED FILE-----");
  if (!isIdentity) return undefined;
  const read = await callEngine("readIdentities", content);
  if ("held" in read) return read.held;
  waiting.value = content;
  return "asked";
}
