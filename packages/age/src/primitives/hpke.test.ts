import { p256 } from "@noble/curves/nist.js";
import { expect, it } from "vitest";
import { dhkemSharedSecret, hpkeKeyAndNonce } from "./hpke.js";

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

it("is HPKE with P-256 as RFC 9180, A.5.1, has it", () => {
  const secretKey = bytes("a4d1c55836aa30f9b3fbb6ac98d338c877c2867dd3a77396d13f68d3ab150d3b");
  const encapsulated = bytes(
    "04c07836a0206e04e31d8ae99bfd549380b072a1b1b82e563c935c095827824fc1559eac6fb9e3c70cd3193968994e7fe9781aa103f5b50e934b5b2f387e381291",
  );
  const dh = p256.getSharedSecret(secretKey, encapsulated).slice(1);
  const sharedSecret = dhkemSharedSecret(0x0010, dh, encapsulated, p256.getPublicKey(secretKey, false));
  expect(hex(sharedSecret)).toBe("806520f82ef0b03c823b7fc524b6b55a088f566b9751b89551c170f4113bd850");
  const { key, nonce } = hpkeKeyAndNonce(0x0010, sharedSecret, "Ode on a Grecian Urn");
  expect(hex(key)).toBe("a8f45490a92a3b04d1dbf6cf2c3939ad8bfc9bfcb97c04bffe116730c9dfe3fc");
  expect(hex(nonce)).toBe("726b4390ed2209809f58c693");
});
