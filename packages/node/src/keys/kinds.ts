import { SopsError } from "@isosops/core/errors";
import type { KeyKind, KeySource, KeyType } from "isosops";
import { errorCode } from "../system-error.js";

/** A key type other than age. */
type LoadedType = Exclude<KeyType, "age">;

/** Each is loaded when a file, a flag or a rule has a key of it. */
const kinds: Readonly<Record<LoadedType, () => Promise<KeyKind>>> = {
  pgp: async () => (await import("@isosops/keys/pgp")).pgpKind({ keyrings: false }),
  kms: async () => (await import("@isosops/keys/aws")).awsKmsKind(),
  azure_kv: async () =>
    (await import("@isosops/keys/azure")).azureKeyVaultKind({
      resource: process.env.ISOSOPS_AZURE_RESOURCE || undefined,
    }),
  hc_vault: async () => (await import("@isosops/keys/vault")).vaultTransitKind(),
  gcp_kms: async () => (await import("@isosops/keys/gcp")).gcpKmsKind(),
  hckms: async () => (await import("@isosops/keys/huawei")).huaweiKmsKind(),
};

const loaded = new Map<LoadedType, Promise<KeyKind>>();

/**
 * What encrypts for and decrypts with keys of a type.
 *
 * @throws {SopsError} `unsupported_key_type` if `@isosops/keys` is not installed
 */
export function loadKind(type: LoadedType): Promise<KeyKind> {
  const known = loaded.get(type) ?? kinds[type]().catch((error) => notInstalled(type, error));
  loaded.set(type, known);
  return known;
}

function notInstalled(type: LoadedType, error: unknown): never {
  const isMissing = errorCode(error) === "ERR_MODULE_NOT_FOUND" && (error as Error).message.includes("@isosops/keys");
  if (!isMissing) throw error;
  throw new SopsError(
    "unsupported_key_type",
    `Keys of the type ${type} need the package @isosops/keys: npm install @isosops/keys.`,
    { cause: error },
  );
}

/** A kind of each of the types, which is loaded with the first key of the type. */
export function lazyKinds(): KeyKind[] {
  return (Object.keys(kinds) as LoadedType[]).map((type) => ({
    type,
    wrapper: (key) => ({
      type,
      wrap: async (dataKey, options) => (await loadKind(type)).wrapper(key).wrap(dataKey, options),
    }),
    source() {
      let source: KeySource | undefined;
      return {
        type,
        async unwrap(key, options) {
          source ??= (await loadKind(type)).source();
          return source.unwrap(key, options);
        },
        describe: () => source?.describe() ?? "",
      };
    },
  }));
}

/** A source of each of the types, which is loaded with the first key of the type. */
export function lazySources(): KeySource[] {
  return lazyKinds().map((kind) => kind.source());
}
