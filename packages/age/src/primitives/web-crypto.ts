import { AgeError } from "../error.js";

/**
 * Web Crypto, for what noble has not.
 *
 * @throws {AgeError} `unsupported` if there is none.
 */
export function webCrypto(): SubtleCrypto {
  const { subtle } = globalThis.crypto;
  if (subtle !== undefined) return subtle;
  throw new AgeError("unsupported", "keys of this kind need Web Crypto, which browsers give to pages over https only");
}
