import { AgeError, decodeArmor, decrypt, encrypt, inspect } from "@isosops/age";
import { identity, orTyped, recipient, toBytes, toText } from "./shared.js";

const isTyped = (error) => error instanceof AgeError;

/** A file that was changed: an error with a code, or its content. */
export const age = {
  words: ["-> X25519 ", "-> scrypt ", "-> ssh-ed25519 ", "-> mlkem768x25519 ", "---", "age-encryption.org/v1\n"],
  seeds: async () => [
    await encrypt(toBytes("hello"), [recipient]),
    await encrypt(new Uint8Array(0), [recipient, recipient]),
    toBytes("age-encryption.org/v1\n-> a b c\nAAAA\n-> grease\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"),
  ],
  async run(input) {
    await orTyped(() => inspect(input), isTyped);
    await orTyped(() => decrypt(input, [identity]), isTyped);
  },
};

export const ageArmor = {
  words: ["-----BEGIN AGE ENCRYPTED FILE-----\n", "-----END AGE ENCRYPTED FILE-----", "=", "\r\n"],
  seeds: async () => [
    toBytes(await encrypt(toBytes("hello"), [recipient], { armor: true })),
    toBytes(await encrypt(new Uint8Array(100), [recipient], { armor: true })),
  ],
  async run(input) {
    await orTyped(() => decodeArmor(toText(input)), isTyped);
    await orTyped(() => decrypt(toText(input), [identity]), isTyped);
    await orTyped(() => decrypt(input, [identity]), isTyped);
  },
};
