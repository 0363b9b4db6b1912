import { createCarriedReport } from "./carried.js";
import { createValueCipher } from "./cipher/value.js";
import { generateDataKey, wrapDataKey } from "./data-key.js";
import { SopsError } from "./errors.js";
import { textBytes } from "./json-form.js";
import type { KeyOptions, KeyWrapper } from "./keysource.js";
import { fieldMap, type Metadata, sopsVersion, writeMetadata } from "./metadata.js";
import { parsePlain } from "./parse-plain.js";
import { warnOfPlainAliases } from "./plain-aliases.js";
import { mergeRepeatedKeys } from "./repeated-keys.js";
import { compileRule, normalizeRule, type Rule } from "./rule.js";
import { commentsToItems, sealTree, stamp } from "./seal.js";
import type { SelectOptions } from "./select/select.js";
import type { Document, Layout, Store } from "./store.js";
import { writeSealed } from "./stray-text.js";
import type { Warning } from "./warning.js";

/** Options of {@link encrypt}. */
export interface EncryptOptions extends SelectOptions, KeyOptions {
  /** Reads the source. */
  store: Store;
  /** Writes the result. Default: `store`. */
  outputStore?: Store | undefined;
  /** Wrap the data key for the keys of the file's only key group. */
  wrappers?: readonly KeyWrapper[] | undefined;
  /** Several key groups, instead of `wrappers`. Each gets a Shamir share of the data key. */
  keyGroups?: readonly (readonly KeyWrapper[])[] | undefined;
  /** The number of groups whose shares recover the data key. Default: all of them. */
  shamirThreshold?: number | undefined;
  rule?: Rule | undefined;
  /** Compute the MAC over the encrypted values only, so that others can be changed without the data key. */
  macOnlyEncrypted?: boolean | undefined;
  /** Default: `preserve`. */
  layout?: Layout | undefined;
  /** Indent width of generated text. Default: that of the format. */
  indent?: number | undefined;
  /**
   * Allow the result to lose text that sops ignores but other programs may read, in another format or in the layout
   * `sops`: earlier values of a repeated key (INI).
   */
  allowLoss?: boolean | undefined;
  /** Used in error messages. */
  filename?: string | undefined;
}

/** An encrypted file. */
export interface Encrypted {
  text: string;
  /** The text in UTF-8. Computed on first access. */
  readonly bytes: Uint8Array;
  metadata: Metadata;
  /**
   * The number of encrypted values. 0 if the rule selects no values or only empty ones: the file is then still plain.
   */
  encryptedValues: number;
  /** Paths of encrypted values that `select` does not name. Always empty without `allowExtra`. */
  extra: readonly (readonly string[])[];
  /** Warnings, such as about text of the source that the result lacks. */
  readonly warnings: readonly Warning[];
}

/**
 * Encrypts a plain file under a new data key, with a MAC over its values: the values that the rule selects, or exactly
 * those that `select` names (sops.go, `Encrypt`).
 *
 * @param source - The plain file. Bytes must be UTF-8, except for the format BINARY.
 * @throws {SopsError} `syntax`, `unsupported` or `empty` if the source cannot be read; `already_encrypted`;
 * `no_recipients`; `invalid_rule`; `stray_text`, `lossy` or `unwritable` if the result would leave text unencrypted,
 * lose text, or be unreadable; with `select` also `invalid_selector`, `unmatched_selector` or
 * `inexpressible_selection`.
 * @example
 * ```ts
 * const { text } = await encrypt(source, { store: yaml, wrappers: [ageWrapper([recipient])], select: ["password"] });
 * ```
 */
export async function encrypt(source: string | Uint8Array, options: EncryptOptions): Promise<Encrypted> {
  const { store, outputStore = store, layout = "preserve" } = options;
  // A single-value file has nothing to select. sops ignores the options, too (cmd/sops/main.go).
  const given = store.singleValue === true ? {} : normalizeRule(options.rule ?? {});
  const parsed = await parseToEncrypt(source, options);
  const isReformatted = layout === "sops" || outputStore !== store;
  const warnings = isReformatted ? (await loadOnDemand()).lostStrayText(store, parsed) : [];
  const selected =
    options.select === undefined
      ? undefined
      : await (await loadOnDemand()).selectValues(parsed, options, options.select);
  const { document = parsed, rule = given } = selected ?? {};
  const compiled = await compileRule(rule);
  // Before the walk, because the MAC covers the values in the order in which they are written.
  if (store.repeatsKeys === true && outputStore !== store)
    for (const branch of document.branches) mergeRepeatedKeys(branch);
  const dataKey = generateDataKey();
  const { keyGroups: groups = [options.wrappers ?? []], shamirThreshold, signal } = options;
  const keyGroups = await wrapDataKey(dataKey, groups, shamirThreshold, { signal });

  const macOnlyEncrypted = options.macOnlyEncrypted === true && store.singleValue !== true;
  const cipher = createValueCipher(dataKey);
  const carriedReport = createCarriedReport(document, { rule: compiled, isReformatted, allowLoss: options.allowLoss });
  const { mac, encrypted } = sealTree(document, { cipher, rule: compiled, macOnlyEncrypted, layout, carriedReport });
  warnings.push(...(await carriedReport.finish()), ...(await warnOfPlainAliases(store, document, encrypted)));
  if (selected !== undefined) (await loadOnDemand()).checkEncrypted(selected.leaves, encrypted);
  if (isReformatted) for (const branch of document.branches) commentsToItems(branch);

  const metadata: Metadata = {
    ...stamp(cipher, await mac.digest()),
    rule,
    macOnlyEncrypted,
    version: sopsVersion,
    keyGroups,
    shamirThreshold: shamirThreshold ?? (keyGroups.length > 1 ? keyGroups.length : undefined),
    unknown: fieldMap(),
  };
  document.metadata = writeMetadata(metadata);
  const written = await writeSealed(outputStore, document, {
    layout,
    indent: options.indent,
    macOverAll: !macOnlyEncrypted,
  });
  const { text } = written;
  const sealed = { written, encrypted };
  if (selected !== undefined) await (await loadOnDemand()).checkSelection(sealed, isReformatted);
  else if (compiled.tests === "comments") await (await loadOnDemand()).checkCommentRule(sealed);
  let bytes: Uint8Array | undefined;
  return {
    text,
    metadata,
    encryptedValues: encrypted.size,
    extra: selected?.extra ?? [],
    warnings,
    get bytes() {
      bytes ??= textBytes(text);
      return bytes;
    },
  };
}

function loadOnDemand(): Promise<typeof import("./encrypt-on-demand.js")> {
  return import("./encrypt-on-demand.js");
}

/** Parses a plain file. Conflict markers of a merge are an error in every format. */
async function parseToEncrypt(source: string | Uint8Array, options: EncryptOptions): Promise<Document> {
  const isText = options.store.plain === undefined;
  const conflict = async () =>
    (await import("./encrypt-on-demand.js")).conflictToEncrypt(source, options.filename, isText);
  // A binary file may hold any text.
  const found = isText ? undefined : await conflict();
  if (found !== undefined) throw found;
  try {
    return parsePlain(source, options);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw (await conflict()) ?? error;
  }
}
