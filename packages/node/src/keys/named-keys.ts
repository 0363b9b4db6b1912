/** The keys to encrypt for that environment variables and creation rules name. */
import { SopsError } from "@isosops/core/errors";
import type { ConfigKey, CreationRule, KeyKind, KeyType, KeyWrapper } from "isosops";
import { ageWrapper } from "isosops/age";
import { keyName } from "isosops/keys";
import { loadKind } from "./kinds.js";

/** A key, and the flag, variable or rule that names it. */
export interface NamedKey {
  readonly key: ConfigKey;
  readonly origin: string;
}

/** The variables that name keys to encrypt for (cmd/sops/main.go, `keyGroups`). */
export const keyVariables: Readonly<Record<KeyType, string>> = {
  age: "SOPS_AGE_RECIPIENTS",
  pgp: "SOPS_PGP_FP",
  kms: "SOPS_KMS_ARN",
  gcp_kms: "SOPS_GCP_KMS_IDS",
  azure_kv: "SOPS_AZURE_KEYVAULT_URLS",
  hc_vault: "SOPS_VAULT_URIS",
  hckms: "SOPS_HUAWEICLOUD_KMS_IDS",
};

/**
 * The keys of all variables, which are one key group. Undefined if none is set; as in sops, an empty one counts as not set.
 *
 * @throws {SopsError} `invalid_recipient` for an empty place in a list
 */
export function variableKeys(): NamedKey[] | undefined {
  const keys = (Object.entries(keyVariables) as [KeyType, string][]).flatMap(([type, origin]) => {
    const list = process.env[origin] ?? "";
    return list === "" ? [] : readKeyList(type, list, origin).map((id) => ({ origin, key: { type, id } }));
  });
  return keys.length === 0 ? undefined : keys;
}

/** Lists of these may have empty places in sops. */
const skipsEmpty: ReadonlySet<KeyType> = new Set(["hc_vault", "hckms"]);

/**
 * The IDs in a list with commas.
 *
 * @param origin the flag or variable, for the message
 * @throws {SopsError} `invalid_recipient` for an empty place in the list
 */
export function readKeyList(type: KeyType, list: string, origin: string): string[] {
  const ids = list.split(",").map((id) => id.trim());
  const named = ids.filter((id) => id !== "");
  if (named.length === ids.length || (skipsEmpty.has(type) && named.length > 0)) return named;
  throw new SopsError(
    "invalid_recipient",
    named.length === 0
      ? `${origin} names no key: give one, or leave it out.`
      : `${origin} has an empty place in its list: write one comma between two keys.`,
  );
}

/**
 * The keys of a creation rule, by key group.
 *
 * @param path of the configuration, for the message
 * @throws {SopsError} `no_recipients` if a group is empty; `invalid_recipient` for an empty place in a list
 */
export function ruleKeys(path: string, { keyGroups, line }: CreationRule): NamedKey[][] {
  const origin = `${path}, the rule on line ${line}`;
  if (keyGroups.length === 0 || keyGroups.some((group) => group.length === 0)) {
    throw new SopsError(
      "no_recipients",
      `${origin} names no keys${keyGroups.length > 1 ? " in one of its key groups" : ""}. Add \`age: age1...\` there.`,
    );
  }
  const empty = keyGroups.flat().find(({ id }) => id === "");
  if (empty === undefined) return keyGroups.map((group) => group.map((key) => ({ origin, key })));
  throw new SopsError(
    "invalid_recipient",
    `${origin} has an empty place in its keys of the type ${empty.type}: remove it.`,
  );
}

/** The keys of a key group, as `encrypt` takes them: age public keys, and wrappers of other types. */
export type KeysOfGroup = readonly (string | KeyWrapper)[];

/**
 * What `encrypt` takes as `keyGroups`. Loads the types of keys that are named.
 *
 * @param kinds what encrypts for all types of keys, age among them, if not this process alone
 * @throws {SopsError} `invalid_recipient`, `invalid_key`, `unsupported_key_type`, naming the key and its origin
 */
export function toKeyGroups(
  groups: readonly (readonly NamedKey[])[],
  kinds?: readonly KeyKind[],
): Promise<KeysOfGroup[]> {
  return Promise.all(groups.map((group) => Promise.all(group.map((key) => toWrapper(key, kinds)))));
}

async function toWrapper({ key, origin }: NamedKey, kinds?: readonly KeyKind[]): Promise<string | KeyWrapper> {
  try {
    if (kinds !== undefined) return kinds.find(({ type }) => type === key.type)!.wrapper(key);
    if (key.type !== "age") return (await loadKind(key.type)).wrapper(key);
    ageWrapper([key.id]);
    return key.id;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const { code, message } = error;
    const shown = showId(key);
    const named = shown === "" || message.includes(shown) ? message : `${shown}: ${message}`;
    throw new SopsError(code, `${origin}: ${named}`, { cause: error });
  }
}

/** "" for an ID that may be a secret, given by mistake: a private key, or a password, which `-p` is for in other commands. */
function showId({ type, id }: ConfigKey): string {
  if (type === "pgp" && !/^[\da-fx !]+$/i.test(id)) return "";
  return id.length > 300 || id.includes("-----BEGIN") ? "" : keyName({ type, id });
}
