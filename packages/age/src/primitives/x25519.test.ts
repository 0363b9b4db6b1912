import { describe, expect, it } from "vitest";
import { importSecretKey } from "./x25519.js";
import { importSecretKeySync } from "./x25519-sync.js";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));

async function sharedSecret(secretKey: Uint8Array, theirPublicKey: Uint8Array): Promise<Uint8Array | undefined> {
  const secret = await (await importSecretKey(secretKey)).sharedSecret(theirPublicKey);
  expect(importSecretKeySync(secretKey).sharedSecret(theirPublicKey)).toEqual(secret);
  return secret;
}

async function publicKey(secretKey: Uint8Array): Promise<Uint8Array> {
  const key = (await importSecretKey(secretKey)).publicKey;
  expect(importSecretKeySync(secretKey).publicKey()).toEqual(key);
  return key;
}

const aliceSecret = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
const bobSecret = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";

describe("X25519", () => {
  // RFC 7748, section 5.2.
  it.each([
    [
      "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
      "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ],
    [
      "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
      "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
      "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ],
  ])("multiplies as in RFC 7748", async (scalar, point, product) => {
    expect(await sharedSecret(hex(scalar), hex(point))).toEqual(hex(product));
  });

  // RFC 7748, section 6.1.
  it("agrees on a secret as in RFC 7748", async () => {
    const alice = hex(aliceSecret);
    const bob = hex(bobSecret);
    expect(await publicKey(alice)).toEqual(hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
    expect(await publicKey(bob)).toEqual(hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
    const secret = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    expect(await sharedSecret(alice, await publicKey(bob))).toEqual(secret);
    expect(await sharedSecret(bob, await publicKey(alice))).toEqual(secret);
  });

  // The points of small order, with the ones beyond the prime (cr.yp.to/ecdh.html, "validate").
  it.each([
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ])("refuses the all-zero secret of %s", async (point) => {
    expect(await sharedSecret(hex(bobSecret), hex(point))).toBeUndefined();
  });
});
