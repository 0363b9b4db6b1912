import { decrypt, inspect } from "isosops";
import type { AgeIdentity } from "isosops/age";
import { findItem, type ItemName, parseCluster } from "./cluster-file.js";
import type { ClusterFiles } from "./cluster-files.js";
import { readContent } from "./content.js";
import { createDraft } from "./draft.js";

export interface DecryptItemOptions extends ItemName {
  /** The private keys. Asked for where the content is encrypted. */
  readonly identities: () => Promise<readonly AgeIdentity[]>;
  /** Decrypt even where the MAC is missing or wrong. */
  readonly ignoreMac?: boolean | undefined;
}

export interface ItemDecrypted {
  readonly text: string;
  /** False if it was plain all along. */
  readonly isEncrypted: boolean;
}

/**
 * The plain text of a manifest or of an addon's values.
 *
 * @throws {GitopsError} `cluster`, `unknown_item`, `missing_file`, `outside`, and `SopsError` as `decrypt` does.
 */
export async function decryptItem(
  files: ClusterFiles,
  clusterPath: string,
  options: DecryptItemOptions,
): Promise<ItemDecrypted> {
  const draft = createDraft(files);
  const cluster = await parseCluster(await draft.read(clusterPath), clusterPath);
  const { text, format, name } = await readContent(draft, files, clusterPath, findItem(cluster, options));
  if ((await inspect(text, { format, filename: name })) === undefined) return { text, isEncrypted: false };
  const { ignoreMac } = options;
  const plain = await decrypt(text, { format, filename: name, identities: await options.identities(), ignoreMac });
  return { text: plain.text, isEncrypted: true };
}
