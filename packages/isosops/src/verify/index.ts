import type { Finding } from "@isosops/core/verify";
import type { CreationRule } from "../config/config.js";
import type { Format } from "../stores.js";

export interface VerifyOptions {
  /** What the source is. */
  format: Format;
  /** The file's name, for messages. */
  filename?: string | undefined;
  /** What the configuration says of the file: `findCreationRule`. Without it, the file is only held against itself. */
  creationRule?: CreationRule | undefined;
}

export interface Verified {
  /** All that is wrong with the file, in no particular order; empty where nothing is. */
  readonly findings: readonly Finding[];
  /** Whether the file has a `sops` block. */
  readonly encrypted: boolean;
}

/**
 * Look at a file without any key: is every value that its rule selects encrypted, is what is encrypted whole in form,
 * does its `sops` block have all that it takes to open it, and are keys and rule those of the creation rule?
 *
 * A plain file is looked at for the creation rule alone: where that has a `path_regex`, which says that such files are
 * to be encrypted, values that it selects must not be plain. A plain binary file has no values.
 *
 * Whether values and MAC are authentic can only be told with a key: `decrypt` does.
 *
 * @throws {SopsError} if an option is wrong, never for what is in the source.
 */
export async function verify(source: string | Uint8Array, options: VerifyOptions): Promise<Verified> {
  // Who encrypts and decrypts need not load it.
  return (await import("./verify.js")).verify(source, options);
}
