import { inspect } from "isosops";
import { type EncryptedKeys, encryptKeys, nameKeys } from "../encryption/encrypt-keys.js";
import { secretKeys } from "../encryption/secret-keys.js";
import type { OrganisationOptions } from "../organisation.js";
import type { Assignment } from "./assignment.js";
import { type ClusterEncrypted, changeItems, type Work, type WriteOptions } from "./change-items.js";
import { type ClusterFile, findItem, findStack, type ItemName } from "./cluster-file.js";
import type { ClusterFiles } from "./cluster-files.js";
import { addMarks, type Content, changeContent, namingFile, readContent } from "./content.js";
import { leftPlain, setValues } from "./set-values.js";

export interface EncryptItemOptions extends WriteOptions, ItemName {
  /** Keys to encrypt; see `encryptKeys`. */
  readonly keys?: readonly string[] | undefined;
  /** In place of `keys`, all of `data` and `stringData` of a Secret. */
  readonly allData?: boolean | undefined;
  /** Values to set before. */
  readonly set?: readonly Assignment[] | undefined;
}

export interface EncryptStackOptions extends WriteOptions {
  /** All stacks when left out. */
  readonly stack?: string | undefined;
}

/**
 * Encrypt keys of a manifest or of an addon's values for the organisation, and add them to its `encrypted_paths`. All
 * files change or none does; what is not touched stays byte for byte. While the organisation is disabled, the keys are
 * only added; what is encrypted stays so.
 *
 * The content is written before the marks: after a crash in between, nothing that is plain is marked as encrypted.
 *
 * @throws {GitopsError} and `SopsError` as `encryptKeys` does (`added` for values that nobody accepts), and
 * `GitopsError` `cluster`, `unknown_item`, `missing_file`, `outside`, `not_a_secret`, `changed`.
 */
export async function encryptItem(
  organisation: OrganisationOptions,
  files: ClusterFiles,
  clusterPath: string,
  options: EncryptItemOptions,
): Promise<ClusterEncrypted> {
  const choose = (cluster: ClusterFile) => [findItem(cluster, options)];
  return changeItems(organisation, files, clusterPath, options, choose, async (work, item) => {
    const { draft, state } = work;
    const content = await readContent(draft, files, clusterPath, item);
    const text = await setValues(content, options.set ?? [], work);
    const found = await encryptContent({ ...content, text }, await chosenKeys(content, text, options), work);
    if (found.text !== content.text) changeContent(draft, clusterPath, item, content, found.text);
    const marked = await addMarks(draft, clusterPath, item, { ...content, text: found.text }, found.keys);
    const left = state.enabled ? await leftPlain(content, found.text, options.set ?? []) : [];
    return {
      item,
      path: content.path,
      changed: found.text !== content.text,
      keys: found.keys,
      marked,
      notices: [...found.notices, ...left],
    };
  });
}

/**
 * Encrypt what is marked in all manifests and addons of a stack, or of all stacks: everything or nothing. Throws as
 * `encryptItem` does, with `incomplete`, which names all items that stand in the way.
 */
export async function encryptStack(
  organisation: OrganisationOptions,
  files: ClusterFiles,
  clusterPath: string,
  options: EncryptStackOptions = {},
): Promise<ClusterEncrypted> {
  const choose = (cluster: ClusterFile) => {
    const stacks = options.stack === undefined ? cluster.stacks : [findStack(cluster, options.stack)];
    return stacks.flatMap(({ items }) => items.filter(({ marks }) => marks.length > 0));
  };
  return changeItems(organisation, files, clusterPath, options, choose, async (work, item) => {
    const content = await readContent(work.draft, files, clusterPath, item);
    const keys = item.marks.map(({ key }) => key);
    const found = await encryptContent(content, keys, work);
    if (found.text !== content.text) changeContent(work.draft, clusterPath, item, content, found.text);
    return { item, path: content.path, changed: found.text !== content.text, keys, marked: [], notices: found.notices };
  });
}

/** Undefined if nothing is to be encrypted anew: values are set in what is encrypted already. */
async function chosenKeys(
  { format, name }: Content,
  text: string,
  { keys = [], allData = false, set: assignments = [] }: EncryptItemOptions,
): Promise<readonly string[] | undefined> {
  if (allData) return secretKeys(text, { format, filename: name });
  const isSealed = keys.length === 0 && assignments.length > 0 && (await inspect(text, { format })) !== undefined;
  return isSealed ? undefined : keys;
}

async function encryptContent(
  content: Content,
  keys: readonly string[] | undefined,
  { state, keys: own, ignoreMac, dryRun, acceptAdded }: Work,
): Promise<Pick<EncryptedKeys, "text" | "keys" | "notices">> {
  const { text, format, name } = content;
  if (keys === undefined) return { text, keys: [], notices: [] };
  const options = { keys, format, filename: name };
  if (!state.enabled) return { text, ...(await nameKeys(text, options)) };
  const accept = dryRun === true ? () => true : acceptAdded;
  return namingFile(content, () => encryptKeys(text, { ...options, ...own, ignoreMac, acceptAdded: accept }));
}
