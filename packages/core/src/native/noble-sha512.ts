/** Loaded on demand, where there is no Web Crypto. */
export { sha512 } from "@noble/hashes/sha2.js";
