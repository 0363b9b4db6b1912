import {
  compileRule,
  type Document,
  type Entry,
  type Leaf,
  type Mapping,
  type Node,
  type OpenOptions,
  open,
  SopsError,
  type Store,
  showPath,
  walk,
} from "@isosops/core";
import {
  hidesSomething,
  namesPattern,
  nearFinder,
  parseSelector,
  reselect,
  showSelector,
  targetFinder,
} from "@isosops/core/select";
import { findCiphertexts } from "@isosops/core/verify";
import { loadStore } from "@isosops/formats/load";
import { type Encrypted, encrypt, inspect, type Metadata, updateRecipients } from "isosops";
import { ageSource } from "isosops/age";
import { GitopsError } from "../error.js";
import { describeReaders, recipientsOf, remedyForDestroyed } from "../recipients.js";
import { openEdited } from "./open-edited.js";
import { lastPart, type ResolvedKey, resolveKey } from "./resolve-key.js";

/** The keys of an organisation, for {@link encryptKeys}. */
export interface DocumentKeys {
  /** The public key that documents are encrypted for. */
  readonly recipient: string;
  /** The public key that is being replaced during a rotation. */
  readonly previousRecipient?: string | undefined;
  /** The organisation's public keys whose private keys were destroyed. */
  readonly destroyed?: readonly string[] | undefined;
  /** Returns the private keys. Called if a document is already encrypted. */
  readonly identities: () => Promise<readonly string[]>;
}

/** Options of {@link encryptKeys}. */
export interface EncryptKeysOptions extends DocumentKeys {
  /** Names and paths of keys; see {@link encryptKeys}. */
  readonly keys: readonly string[];
  /** The format of the document. YAML may have several documents. Default: `yaml`. */
  readonly format?: "yaml" | "json" | undefined;
  /** Used in messages. */
  readonly filename?: string | undefined;
  /** Accept an encrypted document whose MAC is missing or wrong, and write a valid one. Default: false. */
  readonly ignoreMac?: boolean | undefined;
  /**
   * Called if values to be encrypted were added to an encrypted document after its MAC was computed. Default: they are
   * not accepted.
   */
  readonly acceptAdded?: AcceptAdded | undefined;
}

/** Returns whether added values are intended. */
export type AcceptAdded = (added: AddedValues) => boolean | Promise<boolean>;

/** Values to be encrypted that were added to an encrypted document, and that its MAC does not cover. */
export interface AddedValues {
  /** The name of the document, for messages. */
  readonly name: string;
  /** Their paths, such as `stringData.token`. */
  readonly paths: readonly string[];
}

/** The result of {@link encryptKeys}. */
export interface EncryptedKeys {
  readonly text: string;
  /** False if everything was already encrypted, and `text` is the source. */
  readonly changed: boolean;
  /** What `encrypted_paths` should list instead of `keys`. */
  readonly keys: readonly string[];
  /** Sentences for the user: about keys that were matched in another way, and about empty values. */
  readonly notices: readonly string[];
  /** The paths of added values that `acceptAdded` accepted. */
  readonly added: readonly string[];
}

/**
 * Encrypts named keys of a document (YAML of one document or several, or JSON) for an organisation. Only these values
 * and the `sops` block change; the rest stays byte for byte.
 *
 * A key is a name, matched as sops matches it, at any depth: `password` results in the rule `encrypted_regex:
 * ^(password)$`, two names in `^(a|b)$`. A leading dot is part of the name: `.dockerconfigjson` results in
 * `^(\.dockerconfigjson)$`. Any other key with dots is a path from the root, and exactly its value is encrypted. If no
 * rule of sops can express that, or the path does not exist, its last part is used as a name, with a notice. More than
 * the named keys is encrypted only if there is no other way, also with a notice.
 *
 * In an encrypted document, the encrypted values and the recipients stay, and the keys are added to the rule. Values
 * that were added by hand are encrypted if the keys name them and `acceptAdded` accepts them; with any other change by
 * hand, the MAC does not match. During a rotation, the current key replaces the previous one in a document that
 * changes.
 *
 * The result is parsed again to check that every named value is encrypted.
 *
 * @param source - the document
 * @throws {GitopsError} `unmatched_key` if a key is not in the document, with similar ones; `added` if `acceptAdded`
 * does not accept added values; `foreign` if the document is encrypted for somebody else; `unverified` if the result is
 * not as expected, which is a bug.
 * @throws {SopsError} `syntax`, `no_matching_key` and the other codes of `encrypt` and `decrypt` of isosops.
 * @example
 * ```ts
 * const { text } = await encryptKeys(manifest, {
 *   keys: ["password"],
 *   recipient: "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
 *   identities: async () => [identity],
 * });
 * ```
 */
export async function encryptKeys(source: string, options: EncryptKeysOptions): Promise<EncryptedKeys> {
  const { format = "yaml", filename, keys } = options;
  const metadata = await inspect(source, { format, filename });
  if (metadata !== undefined) checkReaders(metadata, options);
  const store = await loadStore(format);
  const { branches } = store.parse(source, named(filename));
  const resolved = resolveKeys(branches, keys, filename);
  const result =
    metadata === undefined
      ? await encryptPlain(source, branches, resolved, options)
      : await merge(source, branches, resolved, metadata, store, options);
  const { added = [] } = result;
  const notices = [
    ...(added.length === 0 ? [] : [describeAdded(added)]),
    ...result.resolved.flatMap(({ notice }) => notice ?? []),
    ...result.notices,
    ...check(store, result.text, result.resolved, filename),
  ];
  return {
    text: result.text,
    changed: result.text !== source,
    keys: [...new Set(result.resolved.map(({ key }) => key))],
    notices: [...new Set(notices)],
    added,
  };
}

const mostShown = 10;

function describeAdded(paths: readonly string[]): string {
  const more = paths.length > mostShown ? ` and ${paths.length - mostShown} more` : "";
  const first = paths.slice(0, mostShown).join(", ");
  return `Not under the MAC of the document, added since it was last sealed, and encrypted now: ${first}${more}.`;
}

/**
 * Resolves keys without encrypting anything: returns what `encrypted_paths` should list for them.
 *
 * @throws {GitopsError} `unmatched_key` if a key is not in the document.
 * @throws {SopsError} `syntax` or `invalid_selector`.
 */
export async function nameKeys(
  source: string,
  { keys, format = "yaml", filename }: Pick<EncryptKeysOptions, "keys" | "format" | "filename">,
): Promise<Pick<EncryptedKeys, "keys" | "notices">> {
  const { branches } = (await loadStore(format)).parse(source, named(filename));
  const resolved = resolveKeys(branches, keys, filename);
  return {
    keys: [...new Set(resolved.map(({ key }) => key))],
    notices: [...new Set(resolved.flatMap(({ notice }) => notice ?? []))],
  };
}

export interface Result {
  readonly text: string;
  /** Paths may have been replaced by names. */
  readonly resolved: readonly ResolvedKey[];
  readonly notices: readonly string[];
  readonly added?: readonly string[] | undefined;
}

async function encryptPlain(
  source: string,
  branches: readonly Mapping[],
  resolved: readonly ResolvedKey[],
  { recipient, format = "yaml", filename }: EncryptKeysOptions,
): Promise<Result> {
  const encryptFor = { format, recipients: [recipient], filename };
  return withNamesAtLast(branches, resolved, (keys, allowExtra) => {
    const names = namesOf(keys);
    // The rule then shows exactly the names, and matches them at any depth.
    const rule =
      names === undefined
        ? { select: keys.map(({ selector }) => selector), allowExtra }
        : { encryptedRegex: namesPattern(new Set(names)) };
    return encrypt(source, { ...encryptFor, ...rule });
  });
}

/** The names of keys; undefined if one of them is a path. */
function namesOf(keys: readonly ResolvedKey[]): string[] | undefined {
  const names = keys.flatMap(({ name }) => name ?? []);
  return names.length === keys.length ? names : undefined;
}

/**
 * Tries the keys as given. If no rule of sops can express that, uses the last parts of paths as names, and accepts what
 * that encrypts in addition.
 */
export async function withNamesAtLast(
  branches: readonly Mapping[],
  resolved: readonly ResolvedKey[],
  work: (keys: readonly ResolvedKey[], allowExtra: boolean) => Promise<Attempt>,
): Promise<Result> {
  try {
    return { text: (await work(resolved, false)).text, resolved, notices: [] };
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== "inexpressible_selection") throw error;
    const find = targetFinder(branches);
    const reason = "sops goes by the names of keys and has no rule for that path alone";
    const asNames = resolved.map((key) =>
      key.name === undefined ? (lastPart(find, key.key, parseSelector(key.selector), reason) ?? key) : key,
    );
    const { text, extra } = await work(asNames, true);
    const paths = [...new Set(extra.map(showSelector))];
    const notice = `Also encrypted, since sops has no rule for the rest alone: ${paths.join(", ")}.`;
    return { text, resolved: asNames, notices: paths.length > 0 ? [notice] : [] };
  }
}

type Attempt = Pick<Encrypted, "text" | "extra">;

async function merge(
  source: string,
  branches: readonly Mapping[],
  resolved: readonly ResolvedKey[],
  metadata: Metadata,
  store: Store,
  options: EncryptKeysOptions,
): Promise<Result> {
  const { format = "yaml", filename, ignoreMac, recipient, previousRecipient } = options;
  const nothing = { text: source, resolved, notices: [] };
  const done = await isDone(branches, resolved, metadata);
  if (done && ignoreMac !== true) return nothing;
  const identities = await options.identities();
  if (done && (await hasRightMac(source, { store, keySources: [ageSource(identities)], filename }))) return nothing;
  const opening = { store, keySources: [ageSource(identities)], ignoreMac, filename };
  let added: readonly string[] = [];
  const result = await withNamesAtLast(branches, resolved, async (keys, allowExtra) => {
    const { file, unsealed } = await openEdited(source, {
      ...opening,
      isAdded: (document) => plainLeaves(document, keys),
    });
    added = unsealed.map(showPath);
    return reselect(file, { store, select: keys.map(({ selector }) => selector), allowExtra });
  });
  if (added.length > 0 && ignoreMac !== true) await checkAdded(added, options);
  const recipients = recipientsOf(metadata);
  if (recipients.includes(recipient) || result.text === source) return { ...result, added };
  const change = { format, filename, identities, add: [recipient], remove: [previousRecipient!] };
  return { ...result, added, text: (await updateRecipients(result.text, change)).text };
}

/**
 * Whether the MAC of a document matches.
 *
 * @throws {SopsError} if it cannot be decrypted.
 */
async function hasRightMac(source: string, options: OpenOptions): Promise<boolean> {
  try {
    await open(source, options);
    return true;
  } catch (error) {
    if (!(error instanceof SopsError) || !/^mac_/.test(error.code)) throw error;
    return false;
  }
}

/** @throws {GitopsError} `added`. */
async function checkAdded(paths: readonly string[], { acceptAdded, filename }: EncryptKeysOptions): Promise<void> {
  const name = filename ?? "The document";
  if ((await acceptAdded?.({ name, paths })) === true) return;
  const more = paths.length > mostShown ? ` and ${paths.length - mostShown} more` : "";
  throw new GitopsError(
    "added",
    `${name}: added since it was last sealed, by whom its MAC does not tell: ${paths.slice(0, mostShown).join(", ")}${more}. ` +
      "Look at what has changed (`git diff`). If it was you who added that, say so: `--accept-added`. Else restore the file.",
  );
}

/** Whether all that the keys name is encrypted, and by the document's rule. */
async function isDone(
  branches: readonly Mapping[],
  resolved: readonly ResolvedKey[],
  { rule }: Metadata,
): Promise<boolean> {
  const selected = new Set<Leaf>();
  walk(branches, await compileRule(rule), {
    leaf(leaf, encrypted) {
      if (encrypted) selected.add(leaf);
      return undefined;
    },
    comment() {},
  });
  const encrypted = new Set(findCiphertexts(branches).map(({ leaf }) => leaf));
  return namedLeaves(resolved).every((leaf) => !hidesSomething(leaf) || (selected.has(leaf) && encrypted.has(leaf)));
}

/** The values of a document that the keys name and that are plain. */
function plainLeaves({ branches }: Document, keys: readonly ResolvedKey[]): ReadonlySet<Leaf> {
  const encrypted = new Set(findCiphertexts(branches).map(({ leaf }) => leaf));
  const find = targetFinder(branches);
  const again = keys.flatMap(({ key }) => resolveKey(find, key) ?? []);
  return new Set(namedLeaves(again).filter((leaf) => hidesSomething(leaf) && !encrypted.has(leaf)));
}

/** Each leaf once, even if one key is below another. */
function namedLeaves(resolved: readonly ResolvedKey[]): Leaf[] {
  const leaves: Leaf[] = [];
  const seen = new Set<Node>();
  const visit = (node: Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === "leaf") {
      leaves.push(node);
      return;
    }
    for (const item of node.items) {
      if (item.kind === "entry") visit(item.value);
      else if (item.kind !== "comment") visit(item);
    }
  };
  for (const { targets } of resolved) for (const { entry } of targets) visit(entry.value);
  return leaves;
}

export function resolveKeys(
  branches: readonly Mapping[],
  keys: readonly string[],
  filename: string | undefined,
): ResolvedKey[] {
  if (keys.length === 0) throw new GitopsError("unmatched_key", "There is no key to encrypt. Name at least one.");
  const resolved: ResolvedKey[] = [];
  const missing: string[] = [];
  const find = targetFinder(branches);
  for (const key of new Set(keys)) {
    const found = resolveKey(find, key);
    if (found !== undefined) resolved.push(found);
    else missing.push(key);
  }
  if (missing.length === 0) return resolved;
  const findNear = nearFinder(branches);
  const described = missing.slice(0, mostDescribed).map((key) => describeMissing(key, findNear(parseSelector(key))));
  if (missing.length > mostDescribed) described.push(`${missing.length - mostDescribed} more are not there either.`);
  const where = filename === undefined ? "" : `${filename}: `;
  throw new GitopsError("unmatched_key", `${where}${described.join(" ")} Nothing was encrypted.`);
}

/** The number of missing keys that a message describes. */
const mostDescribed = 10;

/** The number of characters of a key in a message. */
const longestShown = 200;

/**
 * A sentence about a missing key.
 *
 * @param near - similar ones that are there
 */
export function describeMissing(key: string, near: readonly string[]): string {
  const differsInCase = near.some((other) => other.toLowerCase() === key.toLowerCase());
  const hint =
    near.length === 0 ? "" : ` Did you mean ${near.join(" or ")}?${differsInCase ? " The case counts." : ""}`;
  return `There is no key ${key.length > longestShown ? `${key.slice(0, longestShown)}...` : key}.${hint}`;
}

/**
 * Checks that one of the organisation's keys opens a document.
 *
 * @throws {GitopsError} `foreign` if none does.
 */
export function checkReaders(
  metadata: Metadata,
  {
    recipient,
    previousRecipient,
    destroyed = [],
    filename = "The document",
  }: Pick<EncryptKeysOptions, "recipient" | "previousRecipient" | "destroyed" | "filename">,
): void {
  const recipients = recipientsOf(metadata);
  if (recipients.includes(recipient)) return;
  if (previousRecipient !== undefined && recipients.includes(previousRecipient)) return;
  const remedy = remedyForDestroyed(metadata, destroyed, recipient);
  if (remedy !== undefined) {
    throw new GitopsError(
      "foreign",
      `${filename} is encrypted for ${describeReaders(metadata)}, and not for the organisation's key ${recipient}, which has taken the place of one that was destroyed. ${remedy}`,
    );
  }
  throw new GitopsError(
    "foreign",
    `${filename} is encrypted for ${describeReaders(metadata)}, and the organisation's key is ${recipient}: it belongs to another organisation, or to a key that this keyring has never had. ` +
      `Let somebody who can open it add this key (\`sops rotate -i --add-age ${recipient}\`), or decrypt it there and encrypt it here.`,
  );
}

const identifying: ReadonlySet<string> = /* @__PURE__ */ new Set(["apiVersion", "kind", "metadata"]);

/**
 * Checks that every named value is encrypted in the result.
 *
 * @returns notices about values that are empty, or should not be encrypted
 * @throws {GitopsError} `unverified`, which is a bug.
 */
export function check(
  store: Store,
  text: string,
  resolved: readonly ResolvedKey[],
  filename: string | undefined,
): string[] {
  const { branches } = store.parse(text, named(filename));
  const encrypted = new Set(findCiphertexts(branches).map(({ leaf }) => leaf));
  const notices: string[] = [];
  const find = targetFinder(branches);
  const below = findBelow(branches, encrypted);
  const isKubernetes = isManifest(branches);
  for (const { key, selector } of resolved) {
    const targets = resolveKey(find, selector)?.targets ?? [];
    if (targets.length === 0 || targets.some(({ entry }) => below.get(entry)!.isPlain)) {
      throw new GitopsError(
        "unverified",
        `What ${key} names is not encrypted in the result, so nothing is given out. This is a bug: please report it.`,
      );
    }
    if (!targets.some(({ entry }) => below.get(entry)!.hidesSomething))
      notices.push(`${key}: there is no value to encrypt yet. Encrypt it again once there is one.`);
    const identity = targets.find(({ path }) => isKubernetes && identifying.has(path[0]!));
    if (identity !== undefined) {
      notices.push(
        `${key}: ${identity.path.join(".")} is encrypted too, and Kubernetes tools can no longer tell what the manifest is. Name the path of the value that is meant.`,
      );
    }
  }
  return notices;
}

/** What an entry contains. */
interface Below {
  hidesSomething: boolean;
  /** Whether some of it is not encrypted. */
  isPlain: boolean;
}

/** Computed for all entries at once, because one key may be below another. */
function findBelow(branches: readonly Mapping[], encrypted: ReadonlySet<Leaf>): ReadonlyMap<Entry, Below> {
  const found = new Map<Entry, Below>();
  const visit = (node: Node, into: Below): void => {
    if (node.kind === "leaf") {
      if (!hidesSomething(node)) return;
      into.hidesSomething = true;
      if (!encrypted.has(node)) into.isPlain = true;
      return;
    }
    for (const item of node.items) {
      if (item.kind === "comment") continue;
      if (item.kind !== "entry") {
        visit(item, into);
        continue;
      }
      const own: Below = { hidesSomething: false, isPlain: false };
      found.set(item, own);
      visit(item.value, own);
      into.hidesSomething ||= own.hidesSomething;
      into.isPlain ||= own.isPlain;
    }
  };
  for (const branch of branches) visit(branch, { hidesSomething: false, isPlain: false });
  return found;
}

function isManifest(branches: readonly Mapping[]): boolean {
  return branches.some(({ items }) => items.some((item) => item.kind === "entry" && item.key === "apiVersion"));
}

function named(filename: string | undefined): { filename?: string } {
  return filename === undefined ? {} : { filename };
}
