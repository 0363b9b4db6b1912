import { readDecryptionOrder as parseOrder } from "@isosops/node/internal/keys/decryption-order";
import { lazySources } from "@isosops/node/internal/keys/kinds";
import type { KeySource, MasterKey } from "isosops";
import type { KeyServiceOptions } from "../flags/invocation.js";
import { CommandError } from "../program/command-error.js";
import { exitCodes } from "../program/exit-codes.js";
import { type FoundIdentities, findIdentities } from "./identities.js";
import { chooseKeyServices, remoteKinds } from "./key-services.js";

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
export async function findKeys(
  options: KeyServiceOptions & {
    readonly decryptionOrder?: string | undefined;
    readonly verbose?: boolean | undefined;
  },
): Promise<FoundKeys> {
  const decryptionOrder = readDecryptionOrder(options.decryptionOrder);
  const onRecovered = options.verbose === true ? (await import("./sops-log.js")).sayRecovered : undefined;
  const services = chooseKeyServices(options, exitCodes.dataKey);
  const remote = (await remoteKinds(services)).map((kind) => kind.source());
  const local = services.isLocal
    ? { ...(await findIdentities()), keySources: lazySources() }
    : { identities: [], tried: [], keySources: [] };
  return { ...local, keySources: [...local.keySources, ...remote], decryptionOrder, onRecovered };
}

/**
 * The order of `--decryption-order`; without it, that of `SOPS_DECRYPTION_ORDER`.
 *
 * @throws {CommandError}
 */
export function readDecryptionOrder(flag: string | undefined): string[] | undefined {
  try {
    return flag === undefined
      ? parseOrder(process.env.SOPS_DECRYPTION_ORDER, "SOPS_DECRYPTION_ORDER")
      : parseOrder(flag, "--decryption-order");
  } catch (error) {
    throw new CommandError(exitCodes.decryptionOrder, (error as Error).message, error);
  }
}
