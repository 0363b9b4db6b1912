import type { KeyKind, KeySource, KeyType } from "isosops";

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

/** What encrypts for and decrypts with keys of a type. */
export function loadKind(type: LoadedType): Promise<KeyKind> {
  const known = loaded.get(type) ?? kinds[type]();
  loaded.set(type, known);
  return known;
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
