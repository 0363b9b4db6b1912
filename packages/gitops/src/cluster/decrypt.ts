import { decrypt, inspect, type OpeningOptions } from "isosops";
import type { AgeIdentity } from "isosops/age";
import { findItem, type ItemName, parseCluster } from "./cluster-file.js";
import type { ClusterFiles } from "./cluster-files.js";
import { namingFile, readContent } from "./content.js";
import { createDraft } from "./draft.js";

/** Options of {@link decryptItem}. */
export interface DecryptItemOptions extends ItemName, Pick<OpeningOptions, "keySources" | "decryptionOrder"> {
  /** Returns the private keys. Called if the content is encrypted. */
  readonly identities: () => Promise<readonly AgeIdentity[]>;
  /** Decrypt even if the MAC is missing or wrong. Default: false. */
  readonly ignoreMac?: boolean | undefined;
}

/** The result of {@link decryptItem}. */
export interface ItemDecrypted {
  /** The plain text: YAML or JSON. */
  readonly text: string;
  /** Whether the content was encrypted. */
  readonly isEncrypted: boolean;
}

/**
 * Decrypts a manifest or an addon's values.
 *
 * @param clusterPath - the path of the cluster file
 * @throws {GitopsError} `cluster`, `unknown_item`, `missing_file` or `outside` if the item cannot be read.
 * @throws {SopsError} `no_matching_key`, `mac_mismatch` and the other codes of `decrypt`.
 * @example
 * ```ts
 * const item = { kind: "manifest", name: "database", stack: "backend" } as const;
 * const { text } = await decryptItem(files, "cluster.yaml", { ...item, identities: async () => [identity] });
 * ```
 */
export async function decryptItem(
  files: ClusterFiles,
  clusterPath: string,
  options: DecryptItemOptions,
): Promise<ItemDecrypted> {
  const draft = createDraft(files);
  const cluster = await parseCluster(await draft.read(clusterPath), clusterPath);
  const content = await readContent(draft, files, clusterPath, findItem(cluster, options));
  const { text, format, name } = content;
  if ((await inspect(text, { format, filename: name })) === undefined) return { text, isEncrypted: false };
  const { keySources, decryptionOrder, ignoreMac } = options;
  const keys = { identities: await options.identities(), keySources, decryptionOrder };
  const decrypting = { format, filename: name, ...keys, ignoreMac };
  const plain = await namingFile(content, () => decrypt(text, decrypting));
  return { text: plain.text, isEncrypted: true };
}
