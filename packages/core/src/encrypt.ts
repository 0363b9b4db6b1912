import { createCarriedReport } from "./carried.js";
import { checkComments, checkSealed } from "./check-sealed.js";
import { createValueCipher } from "./cipher/value.js";
import { generateDataKey, wrapDataKey } from "./data-key.js";
import { SopsError } from "./errors.js";
import { foldRepeated } from "./fold.js";
import type { KeyOptions, KeyWrapper } from "./keysource.js";
import { fieldMap, type Metadata, sopsVersion, writeMetadata } from "./metadata.js";
import { warnOfPlainAliases } from "./plain-aliases.js";
import { compileRule, normalizeRule, type Rule } from "./rule.js";
import { commentsToItems, sealTree, stamp } from "./seal.js";
import type { Selected, SelectOptions } from "./select/select.js";
import type { Document, Layout, ParseOptions, Store } from "./store.js";
import { lostStrayText, writeSealed } from "./stray-text.js";
import { toText } from "./text.js";
import type { Warning } from "./warning.js";

export interface EncryptOptions extends SelectOptions, KeyOptions {
  /** Reads the source. */
  store: Store;
  /** Writes the result; the same store when left out. */
  outputStore?: Store | undefined;
  /** Wrap the data key, each for its recipients: the file's one key group. */
  wrappers?: readonly KeyWrapper[] | undefined;
  /** In place of `wrappers`, several groups, each of which gets a Shamir share of the data key. */
  keyGroups?: readonly (readonly KeyWrapper[])[] | undefined;
  /** How many groups' shares make the data key; all of them when left out. */
  shamirThreshold?: number | undefined;
  rule?: Rule | undefined;
  /** Compute the MAC over the encrypted values alone, so that others can be changed without the data key. */
  macOnlyEncrypted?: boolean | undefined;
  /** `preserve` when left out. */
  layout?: Layout | undefined;
  /** Spaces a level of what is written anew; the format's own default when left out. */
  indent?: number | undefined;
  /**
   * Go on where the result lacks what sops does not read and other programs may: earlier values of a repeated key
   * (INI), in another format or in layout `sops`.
   */
  allowLoss?: boolean | undefined;
  /** Named in error messages. */
  filename?: string | undefined;
}

export interface Encrypted {
  text: string;
  /** The text in UTF-8; made when first asked for. */
  readonly bytes: Uint8Array;
  metadata: Metadata;
  /** How many values were encrypted; 0 where the rule selects none, or only empty ones, and the file is still plain. */
  encryptedValues: number;
  /** Paths of encrypted values that `select` does not name; only ever with `allowExtra`. */
  extra: readonly (readonly string[])[];
  /** What to know of the result: text of the source that is not in it. */
  readonly warnings: readonly Warning[];
}

/**
 * Encrypt a plain file: the values that the rule selects, or exactly those that `select` names, under a new data key,
 * with a MAC over the file.
 *
 * @throws {SopsError} most often `syntax`, `unsupported`, `empty`, `already_encrypted`,
 * `stray_text`, `lossy`, `no_recipients`, `invalid_rule`, `unwritable`, and with `select` `invalid_selector`,
 * `unmatched_selector`, `inexpressible_selection`.
 */
export async function encrypt(source: string | Uint8Array, options: EncryptOptions): Promise<Encrypted> {
  const { store, outputStore = store, layout = "preserve" } = options;
  // There is nothing to choose from in a file of one value: sops ignores what is asked for there (cmd/sops/main.go).
  const given = store.singleValue === true ? {} : normalizeRule(options.rule ?? {});
  const parsed = parsePlain(source, options);
  const isLaidOutAnew = layout === "sops" || outputStore !== store;
  const warnings = isLaidOutAnew ? lostStrayText(store, parsed) : [];
  const selected = await select(parsed, options);
  const { document = parsed, rule = given } = selected ?? {};
  const compiled = await compileRule(rule);
  // Before the walk, since the MAC is over the values in the order they are written in.
  if (store.repeatsKeys === true && outputStore !== store) for (const branch of document.branches) foldRepeated(branch);
  const dataKey = generateDataKey();
  const { keyGroups: groups = [options.wrappers ?? []], shamirThreshold, signal } = options;
  const keyGroups = await wrapDataKey(dataKey, groups, shamirThreshold, { signal });

  const macOnlyEncrypted = options.macOnlyEncrypted === true && store.singleValue !== true;
  const cipher = createValueCipher(dataKey);
  const carriedReport = createCarriedReport(document, { rule: compiled, isLaidOutAnew, allowLoss: options.allowLoss });
  const { mac, encrypted } = sealTree(document, { cipher, rule: compiled, macOnlyEncrypted, layout, carriedReport });
  warnings.push(...carriedReport.finish(), ...warnOfPlainAliases(store, document, encrypted));
  if (selected !== undefined) (await loadSelect()).checkEncrypted(selected.leaves, encrypted);
  if (isLaidOutAnew) for (const branch of document.branches) commentsToItems(branch);

  const metadata: Metadata = {
    ...stamp(cipher, mac),
    rule,
    macOnlyEncrypted,
    version: sopsVersion,
    keyGroups,
    shamirThreshold: shamirThreshold ?? (keyGroups.length > 1 ? keyGroups.length : undefined),
    unknown: fieldMap(),
  };
  document.metadata = writeMetadata(metadata);
  const text = writeSealed(outputStore, document, {
    layout,
    indent: options.indent,
    macOverAll: !macOnlyEncrypted,
  });
  const sealed = { store: outputStore, text, encrypted };
  if (selected !== undefined) await checkSealed(sealed, isLaidOutAnew);
  else await checkComments(compiled, sealed);
  let bytes: Uint8Array | undefined;
  return {
    text,
    metadata,
    encryptedValues: encrypted.size,
    extra: selected?.extra ?? [],
    warnings,
    get bytes() {
      bytes ??= new TextEncoder().encode(text);
      return bytes;
    },
  };
}

/** Nobody else waits for it. */
function loadSelect(): Promise<typeof import("./select/select.js")> {
  return import("./select/select.js");
}

async function select(document: Document, options: EncryptOptions): Promise<Selected | undefined> {
  const { store, outputStore = store, rule = {}, allowExtra, allowUnmatched } = options;
  if (options.select === undefined) return undefined;
  if (Object.keys(normalizeRule(rule, false)).length > 0) {
    throw new SopsError("invalid_rule", "A rule and `select` exclude each other: `select` finds the rule. Give one.");
  }
  if (store.singleValue === true || outputStore.singleValue === true) {
    throw new SopsError(
      "invalid_option",
      `There is nothing to select from in a ${store.name} file: all of it is encrypted. Leave \`select\` out.`,
    );
  }
  const { findRule, findWanted } = await loadSelect();
  const wanted = findWanted(document.branches, options.select, allowUnmatched);
  return findRule(store, document, wanted, {
    allowExtra,
    names: wanted.names,
    // Another format may have no comments.
    withoutMarks: outputStore !== store,
  });
}

function parsePlain(source: string | Uint8Array, options: EncryptOptions): Document {
  const { store, outputStore = store, layout, filename } = options;
  const document = readPlain(source, store, { filename, layout: outputStore === store ? layout : "sops" });
  const reserved = document.branches[0]?.items.find(
    (item) => item.kind === "entry" && (outputStore.isReserved?.(item.key) ?? item.key === "sops"),
  );
  if (reserved !== undefined) throw alreadyEncrypted();
  return document;
}

function readPlain(source: string | Uint8Array, store: Store, options: ParseOptions): Document {
  if (store.plain !== undefined) {
    return store.plain.parse(typeof source === "string" ? new TextEncoder().encode(source) : source);
  }
  const text = toText(source, options.filename);
  let encrypted = false;
  let document: Document | undefined;
  try {
    document = store.parse(text, options);
    encrypted = document.metadata !== undefined;
  } catch (error) {
    // A `sops` entry of any kind is reserved, a well-formed block or not.
    if (!(error instanceof SopsError) || error.code !== "metadata") throw error;
    encrypted = true;
  }
  if (encrypted || document === undefined) throw alreadyEncrypted();
  return document;
}

function alreadyEncrypted(): SopsError {
  return new SopsError(
    "already_encrypted",
    "The file has a top-level entry `sops` (in ENV: one that starts with `sops_`), so it is encrypted already. Decrypt it first to encrypt it anew; if it is not encrypted, rename that entry.",
  );
}
