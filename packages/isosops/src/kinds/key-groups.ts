import { isSameKey, type KeyKind, type KeyReference, type KeyWrapper, SopsError } from "@isosops/core";
import { ageWrapper } from "../age.js";
import type { CreationRule } from "../config/config.js";

/** See `on-demand.ts`. */
export function keyGroupsOf({ keyGroups, line }: CreationRule, kinds: readonly KeyKind[]): KeyWrapper[][] {
  const named = `The creation rule on line ${line} of the configuration`;
  return keyGroups.map((group) => withoutRepeats(group).map((key) => wrapperFor(key, kinds, named)));
}

/** sops takes a key twice if a list of a rule without `key_groups` names it twice. */
function withoutRepeats(keys: readonly KeyReference[]): KeyReference[] {
  const kept: KeyReference[] = [];
  for (const key of keys) if (!kept.some((one) => isSameKey(one, key) && isSameKey(key, one))) kept.push(key);
  return kept;
}

/**
 * Encrypts for the key of a reference, with the kind of its type. age needs no kind.
 *
 * @param named - What names the key, in the error message: `The file`.
 * @throws {SopsError} `unsupported_key_type` if there is no kind for it; `invalid_key` or `invalid_recipient`.
 */
export function wrapperFor(reference: KeyReference, kinds: readonly KeyKind[], named: string): KeyWrapper {
  const kind = kinds.find(({ type }) => type === reference.type);
  if (kind !== undefined) return kind.wrapper(reference);
  if (reference.type === "age") return ageWrapper([reference.id]);
  throw new SopsError(
    "unsupported_key_type",
    `${named} has a key of the type ${reference.type}, ${reference.id}, for which no kind was given. ${howToAdd(reference.type)}`,
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
  if (name === undefined) return "Give a `KeyKind` of that type as one of `kinds`.";
  return `Add \`${name}()\` to \`kinds\`: \`import { ${name} } from "@isosops/keys/${path}"\`.`;
}
