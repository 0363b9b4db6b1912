import type { Finding } from "@isosops/core/verify";
import type { CreationRule } from "../config/config.js";
import type { SourceOptions } from "../stores.js";

/** Options of {@link verify}. */
export type VerifyOptions = SourceOptions & {
  /** The creation rule of the file (`findCreationRuleFor`) to compare it with. */
  creationRule?: CreationRule | undefined;
};

/** The result of {@link verify}. */
export interface Verified {
  /** Everything that is wrong with the file, in no particular order. */
  readonly findings: readonly Finding[];
  /** Whether the file has a `sops` block. */
  readonly encrypted: boolean;
}

/**
 * Checks a file without a key: whether every value that its rule selects is encrypted, ciphertexts are well-formed, its
 * `sops` block is complete, and keys and rule match the creation rule.
 *
 * A plain file is only checked against the creation rule: if that has a `path_regex`, which says that such files must
 * be encrypted, the values that it selects must not be plain. A plain binary file has no values.
 *
 * Only {@link decrypt}, which takes a key, can tell whether values and MAC are authentic.
 *
 * @throws {SopsError} `invalid_option`. Problems of the source are returned as findings.
 */
export async function verify(source: string | Uint8Array, options: VerifyOptions): Promise<Verified> {
  // Loaded on demand.
  return (await import("./verify.js")).verify(source, options);
}
