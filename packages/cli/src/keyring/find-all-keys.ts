import { type FoundKeys, findKeys } from "../keys/find-keys.js";
import { keyringIdentity } from "./keyring-identity.js";

/** The keys of all places where sops looks, and those of the keyring. Throws `CommandError`, `GitopsError` (`keyring`). */
export async function findAllKeys(
  options: Parameters<typeof findKeys>[0],
): Promise<Pick<FoundKeys, "identities" | "keySources" | "decryptionOrder" | "onRecovered">> {
  const { identities, ...others } = await findKeys(options);
  const keyring = await keyringIdentity();
  return { identities: [...identities, ...(keyring === undefined ? [] : [keyring.find])], ...others };
}
