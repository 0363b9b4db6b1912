import { type KeyKind, type KeyReference, type KeyWrapper, SopsError } from "@isosops/core";
import { distinctKeys } from "@isosops/core/key-reference";
import { ageWrapper } from "../age.js";
import type { CreationRule } from "../config/config.js";
import { showKeys } from "./show-key.js";

/** See `on-demand.ts`. */
export function keyGroupsOf({ keyGroups, line }: CreationRule, kinds: readonly KeyKind[]): KeyWrapper[][] {
  checkKinds(keyGroups.flat(), kinds, `The creation rule on line ${line} of the configuration`);
  // sops takes a key twice if a list of a rule without `key_groups` names it twice.
  return keyGroups.map((group) => distinctKeys(group).map((key) => wrapperFor(key, kinds)));
}

/** Encrypts for the key of a reference, with the kind of its type. age needs no kind. */
export function wrapperFor(reference: KeyReference, kinds: readonly KeyKind[]): KeyWrapper {
  return kindFor(reference, kinds)?.wrapper(reference) ?? ageWrapper([reference.id]);
}

function kindFor({ type }: KeyReference, kinds: readonly KeyKind[]): KeyKind | undefined {
  return kinds.find((kind) => kind.type === type);
}

/**
 * Checks that there is a kind for each of the keys.
 *
 * @param named - What names the keys, in the error message: `The file`.
 * @throws {SopsError} `unsupported_key_type`, naming one key of each type without a kind, and what to import.
 */
export function checkKinds(keys: readonly KeyReference[], kinds: readonly KeyKind[], named: string): void {
  const without = keys.filter((key) => key.type !== "age" && kindFor(key, kinds) === undefined);
  if (without.length === 0) return;
  const missing = [...new Map(without.map((key) => [key.type, key])).values()];
  const remedy = missing.map(({ type }) => howToAdd(type)).join(" ");
  throw new SopsError(
    "unsupported_key_type",
    `${named} has ${showKeys(missing)}, and no kind was given for it. ${remedy}`,
  );
}

/** The kinds of `@isosops/keys`, by type: the function and its import. */
const known: Readonly<Record<string, readonly [name: string, path: string]>> = {
  kms: ["awsKmsKind", "aws"],
  gcp_kms: ["gcpKmsKind", "gcp"],
  azure_kv: ["azureKeyVaultKind", "azure"],
  hc_vault: ["vaultTransitKind", "vault"],
  hckms: ["huaweiKmsKind", "huawei"],
  pgp: ["pgpKind", "pgp"],
};

function howToAdd(type: string): string {
  const [name, path] = (Object.hasOwn(known, type) ? known[type] : undefined) ?? [];
  if (name === undefined) return `Add a \`KeyKind\` of the type ${type}.`;
  return `Add \`${name}()\`: \`import { ${name} } from "@isosops/keys/${path}"\`.`;
}
