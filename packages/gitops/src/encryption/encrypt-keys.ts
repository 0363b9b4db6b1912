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
  type NearFinder,
  namesPattern,
  nearFinder,
  parseSelector,
  reselect,
  showSelector,
  targetFinder,
} from "@isosops/core/select";
import { findCiphertexts } from "@isosops/core/verify";
import { loadStore } from "@isosops/formats/load";
import { changeReaders, type Encrypted, encrypt, inspect, type Metadata } from "isosops";
import { ageSource } from "isosops/age";
import { GitopsError } from "../error.js";
import { describeReaders, recipientsOf, remedyForDestroyed } from "../recipients.js";
import { openEdited } from "./open-edited.js";
import { lastPart, type ResolvedKey, resolveKey } from "./resolve-key.js";

/** Whom documents are encrypted for, and who opens those that are encrypted already. */
export interface DocumentKeys {
  /** The organisation's public key, for which documents are encrypted. */
  readonly recipient: string;
  /** The public key that is being replaced, while a rotation is under way. */
  readonly previousRecipient?: string | undefined;
  /** Public keys of the organisation whose private keys were destroyed. */
  readonly destroyed?: readonly string[] | undefined;
  /** The private keys. Asked for where a document is encrypted already, and not for one that is plain. */
  readonly identities: () => Promise<readonly string[]>;
}

export interface EncryptKeysOptions extends DocumentKeys {
  /** Names of keys and paths; see `encryptKeys`. */
  readonly keys: readonly string[];
  /** `yaml` when left out, of one document or several. */
  readonly format?: "yaml" | "json" | undefined;
  /** Named in messages. */
  readonly filename?: string | undefined;
  /** Take an encrypted document even where its MAC is missing or wrong, and give it a right one. */
  readonly ignoreMac?: boolean | undefined;
  /**
   * Asked where values that are to be encrypted were put into an encrypted document since it was last sealed; whether
   * they are meant to be there. They are not when this is left out.
   */
  readonly acceptAdded?: AcceptAdded | undefined;
}

export type AcceptAdded = (added: AddedValues) => boolean | Promise<boolean>;

/** Values that the MAC of a document does not vouch for, and that are to be encrypted in it. */
export interface AddedValues {
  /** The document, for messages. */
  readonly name: string;
  /** Where they stand: `stringData.token`. */
  readonly paths: readonly string[];
}

export interface EncryptedKeys {
  readonly text: string;
  /** False if all was encrypted already, and `text` is the source. */
  readonly changed: boolean;
  /** What a list of the document's encrypted keys should have in place of `keys`. */
  readonly keys: readonly string[];
  /** What a person should know: keys that were matched otherwise than named, values that have nothing to encrypt. */
  readonly notices: readonly string[];
  /** The paths of values that were added since the document was last sealed, and that `acceptAdded` has accepted. */
  readonly added: readonly string[];
}

/**
 * Encrypt named keys of a document (YAML of one document or several, or JSON) for an organisation. Every byte but the
 * values concerned and the `sops` block stays.
 *
 * A key is a name as sops matches it, at any depth: `password` gives the rule `encrypted_regex: ^(password)$`, two
 * names `^(a|b)$`. One that begins with a dot is literal: `.dockerconfigjson` gives `^(\.dockerconfigjson)$`. With dots
 * in it, a key is a path from the top, and exactly what is there is encrypted; where no rule of sops can say that, or
 * nothing is there, its last part is taken for a name, with a notice. More than what was named is encrypted only where
 * there is no other way, with a notice too.
 *
 * A document that is encrypted already keeps what is encrypted, and its readers; the keys are added to its rule. Values
 * that were added to it by hand since are encrypted where they are among what the keys name and `acceptAdded` accepts
 * them; any other change is one that its MAC does not fit. During a rotation the current key takes the previous one's
 * place in a document that changes.
 *
 * What is given out has been read again: every value that was named is encrypted.
 *
 * @throws {GitopsError} `unmatched_key` if a key is not in the document, with those that may have been meant; `added`
 * if values were added that are not accepted; `foreign` for a document that is encrypted for somebody else; and
 * `SopsError` as `encrypt` and `decrypt` of isosops do.
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
  const shown = paths.slice(0, mostShown).join(", ");
  return `Not under the MAC of the document, added since it was last sealed, and encrypted now: ${shown}${more}.`;
}

/**
 * What a list of a document's encrypted keys should have for these keys, with nothing encrypted. Throws as
 * `encryptKeys` does for keys that are not there.
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

interface Result {
  readonly text: string;
  /** Paths may have become names. */
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
    // All that a person reads in the rule is what was named, and a key of that name is encrypted wherever it comes.
    const rule =
      names === undefined
        ? { select: keys.map(({ selector }) => selector), allowExtra }
        : { encryptedRegex: namesPattern(new Set(names)) };
    return encrypt(source, { ...encryptFor, ...rule });
  });
}

/** Undefined if one of the keys is a path. */
function namesOf(keys: readonly ResolvedKey[]): string[] | undefined {
  const names = keys.flatMap(({ name }) => name ?? []);
  return names.length === keys.length ? names : undefined;
}

/**
 * Try the keys as they are, and where no rule of sops can say that, the last parts of paths as names, with what that
 * encrypts beyond them.
 */
async function withNamesAtLast(
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
  return { ...result, added, text: (await changeReaders(result.text, change)).text };
}

/** @throws {SopsError} for a document that does not open. */
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

/** Those of a document's values that the keys name and that are plain. */
function plainLeaves({ branches }: Document, keys: readonly ResolvedKey[]): ReadonlySet<Leaf> {
  const encrypted = new Set(findCiphertexts(branches).map(({ leaf }) => leaf));
  const find = targetFinder(branches);
  const again = keys.flatMap(({ key }) => resolveKey(find, key) ?? []);
  return new Set(namedLeaves(again).filter((leaf) => hidesSomething(leaf) && !encrypted.has(leaf)));
}

/** Each once, though keys may be named that are below others. */
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

function resolveKeys(
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
  const described = missing.slice(0, mostDescribed).map((key) => describeMissing(findNear, key));
  if (missing.length > mostDescribed) described.push(`${missing.length - mostDescribed} more are not there either.`);
  const where = filename === undefined ? "" : `${filename}: `;
  throw new GitopsError("unmatched_key", `${where}${described.join(" ")} Nothing was encrypted.`);
}

/** Of keys that are not there; more say nothing new. */
const mostDescribed = 10;

/** Of a key's characters. */
const longestShown = 200;

/** A key that a document does not have, and those that may have been meant. */
export function describeMissing(findNear: NearFinder, key: string): string {
  const near = findNear(parseSelector(key));
  const differsInCase = near.some((other) => other.toLowerCase() === key.toLowerCase());
  const hint =
    near.length === 0 ? "" : ` Did you mean ${near.join(" or ")}?${differsInCase ? " The case counts." : ""}`;
  return `There is no key ${key.length > longestShown ? `${key.slice(0, longestShown)}...` : key}.${hint}`;
}

/** @throws {GitopsError} `foreign` for a document that none of the organisation's keys opens. */
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
  const remedy = remedyForDestroyed(recipients, destroyed, recipient);
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
 * See that every value that was named is encrypted in the text. Returns notices of what has nothing to encrypt, or is
 * better left alone.
 *
 * @throws {GitopsError} `unverified`.
 */
function check(store: Store, text: string, resolved: readonly ResolvedKey[], filename: string | undefined): string[] {
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
        `What ${key} names is not encrypted in the result, so nothing is given out. This is an error of the program: please report it.`,
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

/** What is there at and below an entry. */
interface Below {
  hidesSomething: boolean;
  /** Whether something of it is not encrypted. */
  isPlain: boolean;
}

/** For all entries at once: keys may be named that are below others. */
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
