import type { OpeningOptions } from "isosops";
import { type FindIdentitiesOptions, findIdentities } from "../identities/find-identities.js";
import { readDecryptionOrder } from "./decryption-order.js";
import { lazySources } from "./kinds.js";

/** Keys to decrypt with. Without `identities`, `keySources` and `kinds`, those that sops would find. */
export interface FindKeysOptions extends OpeningOptions, FindIdentitiesOptions {}

/** The keys of an encrypted file, and where identities of age were looked for. */
export interface FoundKeys {
  readonly keys: OpeningOptions;
  readonly tried: readonly string[];
}

/**
 * The given keys, else those of all places where sops looks. Key services and gpg are asked when a file has a key of them.
 *
 * @throws {SopsError} `invalid_option` for an order with the same type twice
 */
export async function findKeys(options: FindKeysOptions): Promise<FoundKeys> {
  const { identities, keySources, kinds, decryptionOrder, onRecovered, signal, passphrase, pluginUi } = options;
  const name = "SOPS_DECRYPTION_ORDER";
  const keys = {
    decryptionOrder: decryptionOrder ?? readDecryptionOrder(process.env[name], name),
    onRecovered,
    signal,
  };
  if (identities !== undefined || keySources !== undefined || kinds !== undefined)
    return { keys: { ...keys, identities, keySources, kinds }, tried: [] };
  const found = await findIdentities({ passphrase, pluginUi });
  return { keys: { ...keys, identities: found.identities, keySources: lazySources() }, tried: found.tried };
}
