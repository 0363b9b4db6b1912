import { type Data, decrypt, type KeySource, SopsError, type Store } from "@isosops/core";
import { ageSource } from "isosops/age";
import { findIdentities } from "#found-identities";
import { withPlacesTried } from "../identities/places-tried.js";

/** The parts that a file needs, which the plug-in for the bundler has chosen. */
export interface BundledOptions {
  /** For messages. */
  readonly filename: string;
  readonly store: Store;
  /** Sources for the types of keys that the file has, except age. */
  readonly keySources: readonly KeySource[];
}

/**
 * Decrypt a file that is part of a bundle, with the keys that are found where the bundle runs. Called by the modules that
 * the plug-ins for bundlers write.
 *
 * @throws {SopsError} as `decrypt` of `isosops` does; the message names the places where keys were looked for.
 */
export async function decryptBundled(
  text: string,
  { filename, store, keySources }: BundledOptions,
): Promise<Record<string, Data>> {
  const { identities, tried } = await findIdentities();
  try {
    return await withPlacesTried(tried, async () => {
      const { data } = await decrypt(text, { filename, store, keySources: [ageSource(identities), ...keySources] });
      return data;
    });
  } catch (error) {
    if (!(error instanceof SopsError) || error.message.includes(filename)) throw error;
    const { code, message, path, line, column } = error;
    throw new SopsError(code, `${filename}: ${message}`, {
      cause: error,
      ...(path && { path }),
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
    });
  }
}
