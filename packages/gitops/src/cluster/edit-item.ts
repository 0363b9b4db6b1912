import type { KeySource } from "@isosops/core";
import { leaf } from "@isosops/core";
import { fromData } from "@isosops/core/edit";
import { decrypt, inspect, type OpeningOptions } from "isosops";
import { encryptEdited } from "../encryption/encrypt-edited.js";
import type { DocumentKeys } from "../encryption/encrypt-keys.js";
import { type ClusterItem, findItem, type ItemName, parseCluster } from "./cluster-file.js";
import type { ClusterFiles } from "./cluster-files.js";
import { changeContent, namingFile, readContent } from "./content.js";
import { createDraft, type Draft, type FileChange } from "./draft.js";

/** A manifest or an addon's values, for an editor. */
export interface OpenedItem {
  readonly item: ClusterItem;
  /** The file that contains it: its own, or the cluster file. */
  readonly path: string;
  readonly format: "yaml" | "json";
  /** The text as it is stored. */
  readonly stored: string;
  readonly isEncrypted: boolean;
}

/**
 * Reads a manifest or an addon's values as they are stored.
 *
 * @param clusterPath - the path of the cluster file
 * @throws {GitopsError} `cluster`, `unknown_item`, `missing_file` or `outside` if the item cannot be read.
 * @throws {SopsError} `syntax` if it is not YAML or JSON.
 */
export async function openItem(
  files: Pick<ClusterFiles, "read" | "locate">,
  clusterPath: string,
  name: ItemName,
): Promise<OpenedItem> {
  const draft = createDraft(files);
  const item = findItem(await parseCluster(await draft.read(clusterPath), clusterPath), name);
  const { text, format, path, name: filename } = await readContent(draft, files, clusterPath, item);
  const isEncrypted = (await inspect(text, { format, filename })) !== undefined;
  return { item, path, format, stored: text, isEncrypted };
}

/**
 * The plain text of an opened item.
 *
 * @throws {SopsError} `no_matching_identity`, `mac_mismatch` and the other codes of `decrypt`.
 */
export async function decryptOpened(
  { stored, format, path, isEncrypted }: OpenedItem,
  keys: Pick<OpeningOptions, "identities" | "keySources">,
): Promise<string> {
  return isEncrypted ? (await decrypt(stored, { format, filename: path, ...keys })).text : stored;
}

/** Options of {@link editItem}. */
export interface EditItemOptions extends ItemName, Omit<DocumentKeys, "identities"> {
  /** The whole manifest or values, in plain text. */
  readonly text: string;
  /** What `encrypted_paths` is to list: exactly the values that these name are encrypted. */
  readonly keys: readonly string[];
  /** Open the item if it is encrypted. */
  readonly keySources: readonly KeySource[];
  /** Whether the organisation encrypts. If not, keys are listed, plain values stay plain, and encrypted ones encrypted. */
  readonly enabled: boolean;
}

/** The result of {@link editItem}. */
export interface ItemEdited {
  /** The item as it is to be stored. */
  readonly text: string;
  /** What `encrypted_paths` is to list: a path may have been replaced by a name. */
  readonly keys: readonly string[];
  /** Sentences for the user. */
  readonly notices: readonly string[];
  /** The files to write, all or none, the cluster file last. Empty if nothing changes. */
  readonly changes: readonly FileChange[];
}

/**
 * Computes what is to be written if the plain text of a manifest or of an addon's values, or the keys to encrypt, are
 * replaced. Exactly the values that the keys name are encrypted, and `encrypted_paths` lists exactly the keys. In an
 * encrypted file, unchanged values keep their ciphertexts. Nothing is written.
 *
 * @param clusterPath - the path of the cluster file
 * @throws {GitopsError} `cluster`, `unknown_item`, `missing_file` or `outside` if the item cannot be read,
 * `unmatched_key` if a key names nothing, `foreign` if the item is encrypted for somebody else.
 * @throws {SopsError} `syntax`, `no_matching_identity`, `mac_mismatch`, and the other codes of `decrypt` and `encrypt`.
 * @example
 * ```ts
 * const item = { kind: "manifest", name: "shop" } as const;
 * const edit = { ...item, text, keys: ["password"], recipient, enabled: true, keySources: [] };
 * for (const { path, after } of (await editItem(files, "cluster.yaml", edit)).changes) console.log(path, after.length);
 * ```
 */
export async function editItem(
  files: Pick<ClusterFiles, "read" | "locate">,
  clusterPath: string,
  options: EditItemOptions,
): Promise<ItemEdited> {
  const { text: edited, keys, keySources, enabled, recipient, previousRecipient, destroyed } = options;
  const draft = createDraft(files);
  const item = findItem(await parseCluster(await draft.read(clusterPath), clusterPath), options);
  const content = await readContent(draft, files, clusterPath, item);
  const { format, name: filename } = content;
  const own = { stored: content.text, keys, keySources, enabled, recipient, previousRecipient, destroyed };
  const found = await namingFile(content, () => encryptEdited(edited, { ...own, format, filename }));
  if (found.text !== content.text) changeContent(draft, clusterPath, item, content, found.text);
  setMarks(draft, clusterPath, item, found.keys);
  return { ...found, changes: await draft.changes(clusterPath) };
}

/** Makes `encrypted_paths` list these keys. New ones are appended, so that comments in the list stay. */
function setMarks(draft: Draft, clusterPath: string, { marks, path }: ClusterItem, keys: readonly string[]): void {
  const present = marks.map(({ key }) => key);
  const list = [...path, "encrypted_paths"];
  const isExtended = present.every((key) => keys.includes(key));
  const added = keys.filter((key) => !present.includes(key));
  if (isExtended) {
    for (const [index, key] of added.entries()) {
      draft.set(clusterPath, { path: [...list, present.length + index], value: leaf("str", key) });
    }
    return;
  }
  const kept = present.filter((key) => keys.includes(key));
  draft.set(clusterPath, { path: list, value: fromData([...kept, ...added]) });
}
