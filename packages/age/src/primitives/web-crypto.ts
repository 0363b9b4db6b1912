import { AgeError } from "../error.js";

/**
 * Web Crypto, for algorithms that noble lacks.
 *
 * @throws {AgeError} `unsupported` if it is not available.
 */
export function webCrypto(): SubtleCrypto {
  const { subtle } = globalThis.crypto;
  if (subtle !== undefined) return subtle;
  throw new AgeError(
    "unsupported",
    "keys of this type need Web Crypto, which browsers only provide to pages served over https",
  );
}
