import { writeStdout } from "../../terminal/stdout.js";

/** The JSON of sops, byte for byte. */
export function reportStatus(encrypted: boolean): Promise<void> {
  return writeStdout(`${JSON.stringify({ encrypted })}\n`);
}
