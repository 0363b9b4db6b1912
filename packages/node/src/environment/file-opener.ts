import type { OpeningOptions } from "isosops";
import { withPlacesTried } from "../identities/places-tried.js";
import { type FindKeysOptions, type FoundKeys, findKeys } from "../keys/find-keys.js";

/** Runs a function with the keys. If none fits, the error says where they were looked for. */
export type FileOpener = <Result>(work: (keys: OpeningOptions) => Promise<Result>) => Promise<Result>;

/** Keys are looked for once, when the first encrypted file is opened. */
export function fileOpener(options: FindKeysOptions): FileOpener {
  let found: Promise<FoundKeys> | undefined;
  return async (work) => {
    found ??= findKeys(options);
    const { keys, tried } = await found;
    return withPlacesTried(tried, () => work(keys));
  };
}
