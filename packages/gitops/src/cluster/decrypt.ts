import { decrypt, inspect } from "isosops";
import type { AgeIdentity } from "isosops/age";
import { findItem, type ItemName, parseCluster } from "./cluster-file.js";
import type { ClusterFiles } from "./cluster-files.js";
import { namingFile, readContent } from "./content.js";
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
  const content = await readContent(draft, files, clusterPath, findItem(cluster, options));
  const { text, format, name } = content;
  if ((await inspect(text, { format, filename: name })) === undefined) return { text, isEncrypted: false };
  const { ignoreMac } = options;
  const decrypting = { format, filename: name, identities: await options.identities(), ignoreMac };
  const plain = await namingFile(content, () => decrypt(text, decrypting));
  return { text: plain.text, isEncrypted: true };
}
