import { fieldMap, type KeyReference, type MasterKey, type MetadataValue, SopsError } from "@isosops/core";
import { referenceOf } from "@isosops/core/key-reference";
import { createdNow, textField } from "../about.js";
import { parseArn, splitRole } from "../aws/arn.js";
import { parseKeyUrl } from "../azure/key-url.js";
import { checkResourceId } from "../gcp/resource-id.js";
import { parseKeyId } from "../huawei/key-id.js";
import { readFingerprint } from "../pgp/fingerprint.js";
import { parseTransitUri } from "../vault/transit-key.js";

/** A key in a request: the field of the message `Key` that it is in, and its own fields. */
export interface KeyMessage {
  readonly case: string;
  readonly value: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** Keys of one type, in a file and in a request. */
interface KeyType {
  readonly case: string;
  /** The names of the fields of the message, and those of the fields in a file. */
  readonly fields: Readonly<Record<string, string>>;
  /** The fields that name the key in a file, from what a rule says of it. */
  readonly read: (reference: KeyReference) => readonly (readonly [string, MetadataValue])[];
  /** Whether its entry in a file has `created_at`. */
  readonly isDated?: false;
}

const types: Readonly<Record<string, KeyType>> = {
  kms: {
    case: "kmsKey",
    fields: { arn: "arn", role: "role", awsProfile: "aws_profile" },
    read({ id, context, awsProfile = "" }) {
      const { arn, role = "" } = splitRole(id);
      parseArn(arn);
      return [
        ["arn", arn],
        ...(role === "" ? [] : ([["role", role]] as const)),
        ...(context === undefined ? [] : ([["context", fieldMap(Object.entries(context))]] as const)),
        ["aws_profile", awsProfile],
      ];
    },
  },
  pgp: { case: "pgpKey", fields: { fingerprint: "fp" }, read: ({ id }) => [["fp", readFingerprint(id)]] },
  gcp_kms: {
    case: "gcpKmsKey",
    fields: { resourceId: "resource_id" },
    read({ id }) {
      const resourceId = id.replaceAll(" ", "");
      checkResourceId(resourceId);
      return [["resource_id", resourceId]];
    },
  },
  azure_kv: {
    case: "azureKeyvaultKey",
    fields: { vaultUrl: "vault_url", name: "name", version: "version" },
    read({ id }) {
      const { vaultUrl, name, version } = parseKeyUrl(id);
      if (vaultUrl !== "" && version !== "") {
        return [
          ["vault_url", vaultUrl],
          ["name", name],
          ["version", version],
        ];
      }
      // The answer has no version, and without one, the newest would be asked to decrypt.
      throw new SopsError(
        "invalid_key",
        "a key service needs the URL of an Azure key with its version. Give one such as https://VAULT.vault.azure.net/keys/NAME/VERSION.",
      );
    },
  },
  hc_vault: {
    case: "vaultKey",
    fields: { vaultAddress: "vault_address", enginePath: "engine_path", keyName: "key_name" },
    read({ id }) {
      const { address, enginePath, keyName } = parseTransitUri(id);
      return [
        ["vault_address", address],
        ["engine_path", enginePath],
        ["key_name", keyName],
      ];
    },
  },
  age: {
    case: "ageKey",
    fields: { recipient: "recipient" },
    read: ({ id }) => [["recipient", id.trim()]],
    isDated: false,
  },
  hckms: {
    case: "hckmsKey",
    fields: { keyId: "key_id" },
    read({ id }) {
      parseKeyId(id);
      return [["key_id", id.trim()]];
    },
  },
};

/** The types of keys that a key service may have. */
export const keyTypes: readonly string[] = Object.keys(types);

/**
 * A key as it stands in a file, without `enc`, from what a rule says of it.
 *
 * @throws {SopsError} `invalid_key`
 */
export function masterKeyOf(reference: KeyReference): MasterKey {
  const type = types[reference.type]!;
  return { type: reference.type, fields: fieldMap(type.read(reference)) };
}

/** The entry of a key in a file, with the data key that was wrapped for it. */
export function withWrapped({ type, fields }: MasterKey, enc: string): MasterKey {
  const dated: [string, MetadataValue][] = types[type]!.isDated === false ? [] : [["created_at", createdNow()]];
  return { type, fields: fieldMap([...fields, ...dated, ["enc", enc]]) };
}

/** The message for a key of a file (keyservice/keyservice.go, `KeyFromMasterKey`). */
export function toMessage(key: MasterKey): KeyMessage {
  const { case: name, fields } = types[key.type]!;
  const value = Object.entries(fields).map(([field, own]) => [field, textField(key.fields, own)]);
  const { context } = referenceOf(key);
  return { case: name, value: { ...Object.fromEntries(value), ...(context === undefined ? {} : { context }) } };
}

/** The key of a file that a message is of, without `enc`; undefined if its type is not known. */
export function fromMessage({ case: name, value }: KeyMessage): MasterKey | undefined {
  const [type, known] = Object.entries(types).find(([, one]) => one.case === name) ?? [];
  if (type === undefined || known === undefined) return undefined;
  const { context = {} } = value;
  const pairs = Object.entries(context as Readonly<Record<string, string>>);
  return {
    type,
    fields: fieldMap([
      ...Object.entries(known.fields).map(([field, own]): [string, string] => [own, String(value[field] ?? "")]),
      ...(pairs.length === 0 ? [] : [["context", fieldMap(pairs)] as [string, MetadataValue]]),
    ]),
  };
}
