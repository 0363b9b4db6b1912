import { base64 } from "@scure/base";
import type { OwnBytes } from "./own-bytes.js";

/**
 * The bytes of the blocks of one label in a text file of keys and certificates (RFC 7468), in their order. What stands around them
 * is left out, and so is a block that is not base64.
 *
 * @param label `PRIVATE KEY`
 */
export function readPem(text: string, label: string): OwnBytes[] {
  const end = `-----END ${label}-----`;
  const [, ...blocks] = text.split(`-----BEGIN ${label}-----`);
  return blocks.flatMap((block) => {
    if (!block.includes(end)) return [];
    try {
      return [Uint8Array.from(base64.decode(block.slice(0, block.indexOf(end)).replace(/\s+/g, "")))];
    } catch {
      return [];
    }
  });
}
