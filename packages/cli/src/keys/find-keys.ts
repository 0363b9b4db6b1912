import type { KeySource, MasterKey } from "isosops";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { type FoundIdentities, findIdentities } from "./identities.js";
import { lazySources } from "./kinds.js";

/** What a file can be decrypted with: the options of `decrypt`, and the places where identities of age were looked for. */
export interface FoundKeys extends FoundIdentities {
  readonly keySources: readonly KeySource[];
  /** Undefined for the order of sops. */
  readonly decryptionOrder: readonly string[] | undefined;
  /** With `--verbose`. */
  readonly onRecovered: ((keys: readonly MasterKey[]) => void) | undefined;
}

/**
 * The keys of all places where sops looks. Key services and gpg are asked when a file has a key of them.
 *
 * @throws {CommandError} for an order with the same type twice
 */
export async function findKeys(options: {
  readonly decryptionOrder?: string | undefined;
  readonly verbose?: boolean | undefined;
}): Promise<FoundKeys> {
  const decryptionOrder = readDecryptionOrder(options.decryptionOrder);
  const onRecovered = options.verbose === true ? (await import("./say-recovered.js")).sayRecovered : undefined;
  return { ...(await findIdentities()), keySources: lazySources(), decryptionOrder, onRecovered };
}

/**
 * The order in which types of keys are tried; undefined for that of sops. What is not a type of keys is passed over
 * (cmd/sops/main.go, `decryptionOrder`).
 *
 * @param flag the value of `--decryption-order`; without it, that of `SOPS_DECRYPTION_ORDER` counts
 * @throws {CommandError}
 */
export function readDecryptionOrder(flag: string | undefined): string[] | undefined {
  const text = flag ?? process.env.SOPS_DECRYPTION_ORDER ?? "";
  if (text === "") return undefined;
  const order = text.split(",");
  const twice = order.find((type, index) => order.indexOf(type) < index);
  if (twice === undefined) return order;
  throw new CommandError(
    exitCodes.decryptionOrder,
    `${flag === undefined ? "SOPS_DECRYPTION_ORDER" : "--decryption-order"} has ${twice === "" ? "two empty places" : `\`${twice}\` twice`}: name each type of keys once, such as \`kms,age\`.`,
  );
}
