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

/** Options of {@link encryptItem}. */
export interface EncryptItemOptions extends WriteOptions, ItemName {
  /** Keys to encrypt; see {@link encryptKeys}. */
  readonly keys?: readonly string[] | undefined;
  /** Instead of `keys`, everything in `data` and `stringData` of a Secret. */
  readonly allData?: boolean | undefined;
  /** Values to set first. */
  readonly set?: readonly Assignment[] | undefined;
}

/** Options of {@link encryptStack}. */
export interface EncryptStackOptions extends WriteOptions {
  /** The name of a stack. Default: all stacks. */
  readonly stack?: string | undefined;
}

/**
 * Encrypts keys of a manifest or of an addon's values for the organisation, and adds them to its `encrypted_paths`. All
 * files change or none does, and everything else stays byte for byte. While the organisation is disabled, the keys are
 * only added, and encrypted values stay encrypted.
 *
 * The content is written before `encrypted_paths`: after a crash in between, no plain value is listed as encrypted.
 *
 * @param clusterPath - the path of the cluster file
 * @throws {GitopsError} `cluster`, `unknown_item`, `missing_file`, `outside`, `not_a_secret` or `unmatched_key` if the
 * item or keys cannot be found; `added` if `acceptAdded` does not accept values; `foreign` if it is encrypted for
 * somebody else; `not_initialized`, `locked` or `keyring` for the keyring; `changed` if the files keep changing.
 * @throws {SopsError} `syntax`, `no_matching_key` and the other codes of {@link encryptKeys}.
 * @example
 * ```ts
 * const item = { kind: "manifest", name: "database" } as const;
 * await encryptItem(organisation, files, "cluster.yaml", { ...item, keys: ["password"] });
 * ```
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
 * Encrypts everything that `encrypted_paths` list in a stack, or in all stacks: all or nothing.
 *
 * @param clusterPath - the path of the cluster file
 * @throws {GitopsError} `incomplete` with all items that cannot be encrypted; else the codes of {@link encryptItem},
 * such as `unknown_item`.
 * @throws {SopsError} `syntax`, `no_matching_key` and the other codes of {@link encryptKeys}.
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

/** Undefined if no keys are to be encrypted, because values are only set in an encrypted document. */
async function chosenKeys(
  { format, name }: Content,
  text: string,
  { keys = [], allData = false, set: assignments = [] }: EncryptItemOptions,
): Promise<readonly string[] | undefined> {
  if (allData) return secretKeys(text, { format, filename: name });
  const onlySets = keys.length === 0 && assignments.length > 0 && (await inspect(text, { format })) !== undefined;
  return onlySets ? undefined : keys;
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
