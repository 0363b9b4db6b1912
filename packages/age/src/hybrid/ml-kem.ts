/** ML-KEM (FIPS 203) and SHA-3, a file of their own because only post-quantum keys need them. */
export { sha3_256, shake256 } from "@noble/hashes/sha3.js";
export { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
