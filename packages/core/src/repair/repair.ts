import { createValueCipher, type ValueCipher } from "../cipher/value.js";
import { unwrapDataKey } from "../data-key.js";
import { SopsError, showPath } from "../errors.js";
import { createMac } from "../mac.js";
import { type Metadata, readMetadata } from "../metadata.js";
import { parseSource } from "../parse-source.js";
import { type Position, withPosition } from "../position.js";
import { readBlock } from "../read-block.js";
import { type OpenOptions, open, reseal } from "../reseal.js";
import { type CompiledRule, compileRule } from "../rule.js";
import { shellPath } from "../shell-word.js";
import type { Document, Store } from "../store.js";
import { toText } from "../text.js";
import type { Leaf } from "../tree.js";
import { type Ciphertexts, isPlain, readMac, type Unsealed, unsealTree } from "../unseal.js";
import { type Visitor, walk } from "../walk.js";
import { createWarnings, type Warning } from "../warning.js";
import { changesSince, isSameButComments, type SealedVersion, type VersionChanges } from "./changes.js";

/** The changes to a file that its MAC does not cover. Contains no values. */
export interface Damage {
  /** Values in plain text that the rule selects, by their keys, with their lines. */
  readonly plain: readonly { readonly path: readonly string[]; readonly line: number | undefined }[];
  /**
   * `names`: the MAC matches all values, but does not cover their names, and values in plain text may have got the name
   * of a secret; the changes are then not empty or unknown. `added`: it matches all values but the plain ones. `mismatch`:
   * other values changed as well, or the plain ones replaced encrypted ones; the MAC does not tell which. `missing`: there
   * is no MAC.
   */
  readonly mac: "names" | "added" | "mismatch" | "missing";
  /** What changed since the earlier version, if one was found. */
  readonly changes: VersionChanges | undefined;
}

/** Options of {@link repair}. */
export interface RepairOptions extends Omit<OpenOptions, "ignoreMac"> {
  /**
   * Finds an earlier version of the file with a valid MAC to compare with. Called if there is anything to repair.
   *
   * @param isSealed - Reports whether a version decrypts and has a valid MAC.
   */
  readonly findSealed?: ((isSealed: (version: string | Uint8Array) => Promise<boolean>) => Promise<void>) | undefined;
  /**
   * Called if neither the MAC nor the earlier version confirms the file. Returns whether the changes are intended. Default:
   * they are not.
   */
  readonly accept?: ((damage: Damage) => boolean | Promise<boolean>) | undefined;
}

/** The result of {@link repair}. */
export interface Repaired {
  readonly text: string;
  /** False if there was nothing to repair. `text` is then the source. */
  readonly changed: boolean;
  readonly metadata: Metadata;
  /** The keys of values that were in plain text and are now encrypted. */
  readonly encrypted: readonly (readonly string[])[];
  /** The changes that were accepted. Undefined if the MAC matches every value, and the earlier version its name. */
  readonly accepted: Damage | undefined;
  /** Warnings about the file before the repair. */
  readonly warnings: readonly Warning[];
}

/**
 * Repairs an encrypted file that was edited by hand: encrypts values in plain text that its rule selects, and updates
 * the MAC. Everything else stays, including ciphertexts.
 *
 * If the MAC matches the values, including those in plain text, and an earlier version has them under the same keys, the
 * file is repaired without asking. Otherwise `accept` decides. A ciphertext that does not decrypt cannot be repaired: its value is lost, and an earlier version of the file
 * must be restored.
 *
 * @throws {SopsError} `mac_mismatch` or `mac_missing` if the changes are not accepted, and the errors of `decrypt`.
 */
export async function repair(source: string | Uint8Array, options: RepairOptions): Promise<Repaired> {
  const { store, keySources, decryptionOrder, signal, filename } = options;
  const text = toText(source, filename);
  const document = await parseSource(store, text, filename === undefined ? {} : { filename });
  if (document.metadata === undefined) {
    throw new SopsError(
      "not_encrypted",
      "The file has no `sops` block, which is needed to repair it. Restore it from version control, or encrypt it.",
    );
  }
  const warnings = createWarnings(document.source, document.warnings);
  const metadata = await readBlock(document, { store, filename, warnings });
  const { macOnlyEncrypted } = metadata;
  const rule = await compileRule(metadata.rule);
  const cipher = createValueCipher(await unwrapDataKey(metadata, options));
  const plain = findPlain(document, rule);
  const ciphertexts: Ciphertexts = new Map();
  const isFresh = (node: object) => plain.has(node as Leaf);
  const mac = unsealTree(document, { cipher, rule, macOnlyEncrypted, ciphertexts, isFresh, filename });
  const stored = metadata.mac === "" ? undefined : readMac(cipher, metadata).mac;
  // The MAC does not cover earlier values of a repeated key.
  const isVouched = stored === (await mac.digest()) && [...plain.values()].every(({ isCarried }) => !isCarried);
  const encrypted = [...plain.values()].map(({ path }) => path);
  const result = { metadata, encrypted, warnings: warnings.list };
  if (isVouched && plain.size === 0) return { ...result, text, changed: false, accepted: undefined };
  const damage = await findDamage();
  const isConfirmed = isVouched && damage.changes !== undefined && isSameButComments(damage.changes);
  const accepted = isConfirmed ? undefined : damage;
  if (accepted !== undefined && (await options.accept?.(accepted)) !== true) throw refuse(accepted, filename);
  const file = { document, metadata, cipher, rule, ciphertexts, warnings: warnings.list };
  const resealed = await reseal(file, { store });
  if ((await unsealWith(cipher, resealed.text, store)) === undefined) {
    throw new SopsError(
      "unverified",
      "The repaired file does not decrypt, so nothing was written. This is a bug: please report it.",
    );
  }
  return { ...result, text: resealed.text, changed: true, metadata: resealed.metadata, accepted };

  async function findDamage(): Promise<Damage> {
    let before: SealedVersion | undefined;
    await options.findSealed?.(async (version) => {
      before = await openVersion(version);
      return before !== undefined;
    });
    const changes = before === undefined ? undefined : changesSince(before, { branches: document.branches, metadata });
    const withoutPlain =
      isVouched || plain.size === 0 ? undefined : await macWithout(document, rule, plain, macOnlyEncrypted);
    return {
      plain: [...plain.values()].map(({ path, line }) => ({ path, line })),
      mac: macState(withoutPlain),
      changes,
    };
  }

  function macState(withoutPlain: string | undefined): Damage["mac"] {
    if (metadata.mac === "") return "missing";
    if (isVouched) return "names";
    return stored !== undefined && stored === withoutPlain ? "added" : "mismatch";
  }

  /** Try the known data key first, which avoids asking for a private key again. */
  async function openVersion(version: string | Uint8Array): Promise<SealedVersion | undefined> {
    try {
      return (
        (await unsealWith(cipher, toText(version, undefined), store)) ??
        sealedVersion(await open(version, { store, keySources, decryptionOrder, signal }))
      );
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      return undefined;
    }
  }
}

function sealedVersion({ document: { branches }, metadata }: Unsealed): SealedVersion {
  return { branches, metadata };
}

/** Decrypts a text with a known data key. Returns undefined if it has another data key or an invalid MAC. */
async function unsealWith(cipher: ValueCipher, text: string, store: Store): Promise<SealedVersion | undefined> {
  const document = store.parse(text);
  if (document.metadata === undefined) return undefined;
  const metadata = readMetadata(document.metadata, store.singleValue !== true);
  const rule = await compileRule(metadata.rule);
  const { mac } = readMac(cipher, metadata);
  if (mac === undefined) return undefined;
  const whole = unsealTree(document, { cipher, rule, macOnlyEncrypted: metadata.macOnlyEncrypted });
  return mac === (await whole.digest()) ? { branches: document.branches, metadata } : undefined;
}

interface PlainLeaf {
  readonly path: readonly string[];
  readonly line: number | undefined;
  /** Whether sops ignores it. */
  readonly isCarried: boolean;
}

type PlainLeaves = ReadonlyMap<Leaf, PlainLeaf>;

/**
 * The values in plain text that a rule selects, in file order.
 *
 * @throws {SopsError} `malformed_value` if a value is encrypted that the rule leaves in plain text: its plaintext would
 * be lost.
 */
function findPlain({ branches, source }: Document, rule: CompiledRule): PlainLeaves {
  const found = new Map<Leaf, PlainLeaf>();
  const position: Position = { path: [], place: undefined };
  const { path } = position;
  let [line, at] = [1, 0];
  const lineOf = ({ start }: Leaf): number | undefined => {
    // The target of an alias is further up.
    if (start < at) return undefined;
    for (let next = source.indexOf("\n", at); next !== -1 && next < start; next = source.indexOf("\n", at)) {
      line++;
      at = next + 1;
    }
    return line;
  };
  const visitor: Visitor = {
    leaf(leaf, encrypted) {
      position.place = leaf;
      if (encrypted && isPlain(leaf)) found.set(leaf, { path: [...path], line: lineOf(leaf), isCarried: false });
      if (!encrypted && leaf.type === "str" && !isPlain(leaf) && leaf.text !== "") {
        throw new SopsError(
          "malformed_value",
          "This value is encrypted, but the file's rule leaves it in plain text: the rule was changed, or the key was renamed. Restore the file from version control.",
        );
      }
      return undefined;
    },
    comment() {},
    carried({ leaf, kind }, encrypted) {
      if (encrypted && kind === "value" && isPlain(leaf)) {
        found.set(leaf, { path: [...path], line: lineOf(leaf), isCarried: true });
      }
    },
  };
  withPosition(source, position, () => walk(branches, rule, visitor, path));
  return found;
}

/** The MAC of a decrypted document without the given values. */
function macWithout(
  { branches }: Document,
  rule: CompiledRule,
  left: PlainLeaves,
  macOnlyEncrypted: boolean,
): Promise<string> {
  const mac = createMac(macOnlyEncrypted);
  walk(branches, rule, {
    leaf(leaf, encrypted) {
      if (!left.has(leaf) && (encrypted || !macOnlyEncrypted)) mac.add(leaf.text);
      return undefined;
    },
    comment() {},
  });
  return mac.digest();
}

const refusals: Readonly<Record<Damage["mac"], string>> = {
  names: "The file's MAC matches its values, but not their names",
  added: "The file's MAC does not match its values",
  mismatch: "The file's MAC does not match its values",
  missing: "The file has no MAC",
};

function refuse({ plain, mac }: Damage, filename: string | undefined): SopsError {
  const [first, ...others] = plain;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const put = first === undefined ? "" : ` In plain text, where the rule encrypts: ${showPath(first.path)}${more}.`;
  return new SopsError(
    mac === "missing" ? "mac_missing" : "mac_mismatch",
    `${refusals[mac]}, and the changes were not accepted, so nothing was repaired.${put} Review them (\`git diff\`), and accept them: \`isosops repair --accept-changes ${shellPath(filename)}\`. Otherwise restore the file from version control.`,
  );
}
