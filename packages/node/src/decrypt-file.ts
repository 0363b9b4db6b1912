import {
  type Decrypted,
  type DecryptedText,
  type DecryptOptions,
  decrypt,
  formatForPath,
  type TextFormat,
  type TextPath,
} from "isosops";
import type { FindIdentitiesOptions } from "./identities/find-identities.js";
import { withPlacesTried } from "./identities/places-tried.js";
import { findKeys } from "./keys/find-keys.js";
import { readFile, toPath } from "./read-file.js";
import { withFileName } from "./with-file-name.js";

/**
 * Options of `decryptFile`: those of `decrypt`. Without `format`, the file name says it. With `identities` or `keySources`,
 * no other keys are looked for.
 */
export interface DecryptFileOptions extends Partial<Omit<DecryptOptions, "filename">>, FindIdentitiesOptions {}

/**
 * Read and decrypt a file, with the keys that sops would find: those of age as `findIdentities` finds them, gpg, and the
 * key services with the credentials of the environment.
 *
 * @example
 * const { data } = await decryptFile("secrets.yaml");
 *
 * @throws {SopsError} `read_file`; `unsupported_key_type` if `@isosops/keys` is needed and not installed; and the errors
 * of `decrypt`. Each message names the file.
 */
export async function decryptFile(
  path: TextPath,
  options?: DecryptFileOptions & { format?: TextFormat | undefined; outputFormat?: TextFormat | undefined },
): Promise<DecryptedText>;
export async function decryptFile(
  path: string | URL,
  options: DecryptFileOptions & { format: TextFormat; outputFormat?: TextFormat | undefined },
): Promise<DecryptedText>;
export async function decryptFile(path: string | URL, options?: DecryptFileOptions): Promise<Decrypted>;
export async function decryptFile(path: string | URL, options: DecryptFileOptions = {}): Promise<Decrypted> {
  const file = toPath(path);
  const { passphrase: _passphrase, pluginUi: _pluginUi, ...rest } = options;
  const source = await readFile(file);
  const { keys, tried } = await findKeys(options);
  return withFileName(file, () =>
    withPlacesTried(tried, () =>
      decrypt(source, { ...rest, ...keys, format: options.format ?? formatForPath(file), filename: file }),
    ),
  );
}
