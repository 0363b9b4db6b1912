import { type KeyKind, SopsError } from "isosops";
import type { KeyServiceOptions } from "../flags/invocation.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import type { FoundKeys } from "./find-keys.js";
import { isOfService, withPlacesTried } from "./identities.js";
import { keyKinds } from "./key-services.js";

/** What `updateRecipients` decrypts with and encrypts for. */
export type ChangingKeys = Omit<FoundKeys, "tried" | "keySources"> & { readonly kinds: readonly KeyKind[] };

/**
 * Change the keys of a file. As in sops, the exit code tells a key that does not decrypt (128) from one that cannot be
 * encrypted for (1).
 */
export async function changeKeys<Result>(
  { tried, keySources: _, ...found }: FoundKeys,
  options: KeyServiceOptions,
  work: (keys: ChangingKeys) => Promise<Result>,
): Promise<Result> {
  const kinds = await keyKinds(options);
  let isRecovered = false;
  const onRecovered: FoundKeys["onRecovered"] = (keys) => {
    isRecovered = true;
    found.onRecovered?.(keys);
  };
  return withPlacesTried(tried, async () => {
    try {
      return await work({ ...found, onRecovered, kinds });
    } catch (error) {
      if (!isRecovered || !(error instanceof SopsError) || !isOfService(error.code)) throw error;
      throw new CommandError(exitCodes.generic, error.message, error);
    }
  });
}
