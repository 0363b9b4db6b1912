import { SopsError } from "@isosops/core/errors";

/**
 * The order in which types of keys are tried; undefined for that of sops. What is not a type of keys is passed over
 * (cmd/sops/main.go, `decryptionOrder`).
 *
 * @param text types separated by commas, such as the value of `SOPS_DECRYPTION_ORDER`
 * @param name of the flag or variable, for the message
 * @throws {SopsError} `invalid_option` for an order with the same type twice
 */
export function readDecryptionOrder(text: string | undefined, name: string): string[] | undefined {
  if (!text) return undefined;
  const order = text.split(",");
  const twice = order.find((type, index) => order.indexOf(type) < index);
  if (twice === undefined) return order;
  throw new SopsError(
    "invalid_option",
    `${name} has ${twice === "" ? "two empty places" : `\`${twice}\` twice`}: name each type of keys once, such as \`kms,age\`.`,
  );
}
