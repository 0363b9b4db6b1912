import { loadKind } from "@isosops/node/internal/keys/kinds";
import { type KeyReference, SopsError } from "isosops";
import { keyName } from "isosops/keys";
import type { KeyServiceOptions } from "../flags/invocation.js";
import { exitCodes } from "../program/exit-codes.js";
import { warn } from "../terminal/messages.js";
import { chooseKeyServices } from "./key-services.js";

/** Names the newest version of a key that a rule names without one. */
export type VersionFinder = (key: KeyReference) => Promise<KeyReference>;

/**
 * Azure Key Vault is asked, once for each key, as sops asks it whenever it reads a rule (azkv/keysource.go,
 * `ensureKeyHasVersion`). Where it gives no answer, that is a warning, and the key stays as it is named: every version of it will
 * do. Somebody without access to the vault may still change the other keys of a file.
 *
 * @throws {CommandError} if no key service is left
 */
export function versionFinder(options: KeyServiceOptions): VersionFinder {
  const found = new Map<string, Promise<KeyReference>>();
  return async (key) => {
    if (key.type !== "azure_kv" || /\/keys\/[^/]+\/[^/]+$/.test(key.id.trim())) return key;
    // The answer of a key service of sops does not tell versions.
    if (!chooseKeyServices(options, exitCodes.generic).isLocal) return key;
    const versioned = found.get(key.id) ?? askFor(key);
    found.set(key.id, versioned);
    return versioned;
  };
}

async function askFor(key: KeyReference): Promise<KeyReference> {
  try {
    const kind = await loadKind("azure_kv");
    return (await kind.withVersion?.(key)) ?? key;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    warn(
      `the newest version of ${keyName(key)} is not known, so files keep the version that they have: ${error.message} To have none looked up, name one in the rule.`,
    );
    return key;
  }
}
