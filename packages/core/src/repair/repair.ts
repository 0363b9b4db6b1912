import { createValueCipher, type ValueCipher } from "../cipher/value.js";
import { parseSource } from "../conflict.js";
import { unwrapDataKey } from "../data-key.js";
import { SopsError, showPath } from "../errors.js";
import { type Position, withPosition } from "../locate.js";
import { createMac } from "../mac.js";
import { type Metadata, readBlock, readMetadata } from "../metadata.js";
import { type OpenOptions, open, reseal } from "../reseal.js";
import { type CompiledRule, compileRule } from "../rule.js";
import { shellWord } from "../shell-word.js";
import type { Document, Store } from "../store.js";
import { toText } from "../text.js";
import type { Leaf } from "../tree.js";
import { type Ciphertexts, isPlain, readMac, type Unsealed, unsealTree } from "../unseal.js";
import { type Visitor, walk } from "../walk.js";
import { createWarnings, type Warning } from "../warning.js";
import { changesSince, type SealedVersion, type VersionChanges } from "./changes.js";

/** What was done to a file that its MAC does not vouch for. No part of it holds a value. */
export interface Damage {
  /** Values that the rule says are encrypted and that stand in plain text, by their keys, with their lines. */
  readonly plain: readonly { readonly path: readonly string[]; readonly line: number | undefined }[];
  /**
   * `added`: the MAC fits all but these plain values. `mismatch`: others were changed as well, or these have taken the
   * place of encrypted ones; a MAC does not say which. `missing`: there is none.
   */
  readonly mac: "added" | "mismatch" | "missing";
  /** What has changed since the earlier version that was given; undefined without one. */
  readonly changes: VersionChanges | undefined;
}

export interface RepairOptions extends Omit<OpenOptions, "ignoreMac"> {
  /**
   * An earlier version of the file whose MAC is right, to compare with. Asked for where the MAC does not fit.
   *
   * @param isSealed whether a version opens and has a right MAC
   */
  readonly findSealed?: ((isSealed: (version: string | Uint8Array) => Promise<boolean>) => Promise<void>) | undefined;
  /** Asked where the MAC does not vouch for what is in the file: whether it is meant. It is not when this is left out. */
  readonly accept?: ((damage: Damage) => boolean | Promise<boolean>) | undefined;
}

export interface Repaired {
  readonly text: string;
  /** False if there was nothing to repair, and `text` is the source. */
  readonly changed: boolean;
  readonly metadata: Metadata;
  /** The keys of values that were in plain text and are encrypted now. */
  readonly encrypted: readonly (readonly string[])[];
  /** What was accepted; undefined if the MAC vouches for every value. */
  readonly accepted: Damage | undefined;
  /** What to know of the file as it was. */
  readonly warnings: readonly Warning[];
}

/**
 * Bring an encrypted file that was changed by hand back into order: values that its rule selects and that are in plain
 * text are encrypted, and the MAC is made for what is there. All else stays, ciphertexts too.
 *
 * Where the MAC vouches for the values, those in plain text as well, nobody is asked. Where it does not, `accept` is,
 * and without it nothing is repaired. A ciphertext that does not decrypt is never repaired: its value is lost, and an
 * earlier version of the file has to be restored.
 *
 * @throws {SopsError} as `open`, and `mac_mismatch` or `mac_missing` if what is in the file is not accepted.
 */
export async function repair(source: string | Uint8Array, options: RepairOptions): Promise<Repaired> {
  const { store, keySources, decryptionOrder, signal, filename } = options;
  const text = toText(source, filename);
  const document = parseSource(store, text, filename === undefined ? {} : { filename });
  if (document.metadata === undefined) {
    throw new SopsError(
      "not_encrypted",
      "The file has no `sops` block, so there is nothing that says how to repair it. Restore it from version control, or encrypt it.",
    );
  }
  const warnings = createWarnings(document.source, document.warnings);
  const metadata = readBlock(document, { store, filename, warnings });
  const { macOnlyEncrypted } = metadata;
  const rule = await compileRule(metadata.rule);
  const cipher = createValueCipher(await unwrapDataKey(metadata, options));
  const plain = findPlain(document, rule);
  const ciphertexts: Ciphertexts = new Map();
  const isFresh = (node: object) => plain.has(node as Leaf);
  const whole = unsealTree(document, { cipher, rule, macOnlyEncrypted, ciphertexts, isFresh, filename });
  const stored = metadata.mac === "" ? undefined : readMac(cipher, metadata).mac;
  // An earlier value of a repeated key is under no MAC.
  const isVouched = stored === whole && [...plain.values()].every(({ isCarried }) => !isCarried);
  const encrypted = [...plain.values()].map(({ path }) => path);
  const result = { metadata, encrypted, warnings: warnings.list };
  if (isVouched && plain.size === 0) return { ...result, text, changed: false, accepted: undefined };
  const accepted = isVouched ? undefined : await findDamage();
  if (accepted !== undefined && (await options.accept?.(accepted)) !== true) throw refuse(accepted, filename);
  const file = { document, metadata, cipher, rule, ciphertexts, warnings: warnings.list };
  const resealed = await reseal(file, { store });
  if ((await unsealWith(cipher, resealed.text, store)) === undefined) {
    throw new SopsError(
      "unverified",
      "What was repaired does not open again, so nothing is given out. This is an error of the program: please report it.",
    );
  }
  return { ...result, text: resealed.text, changed: true, metadata: resealed.metadata, accepted };

  async function findDamage(): Promise<Damage> {
    let before: SealedVersion | undefined;
    await options.findSealed?.(async (version) => {
      before = await openVersion(version);
      return before !== undefined;
    });
    const withoutPlain = plain.size === 0 ? undefined : macWithout(document, rule, plain, macOnlyEncrypted);
    return {
      plain: [...plain.values()].map(({ path, line }) => ({ path, line })),
      mac: metadata.mac === "" ? "missing" : stored !== undefined && stored === withoutPlain ? "added" : "mismatch",
      changes: before === undefined ? undefined : changesSince(before, { branches: document.branches, metadata }),
    };
  }

  /** With the data key at hand first: then nobody is asked for a private key again. */
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

/** A text under a data key that is known, decrypted; undefined if that is not its data key, or its MAC is not right. */
async function unsealWith(cipher: ValueCipher, text: string, store: Store): Promise<SealedVersion | undefined> {
  const document = store.parse(text);
  if (document.metadata === undefined) return undefined;
  const metadata = readMetadata(document.metadata, store.singleValue !== true);
  const rule = await compileRule(metadata.rule);
  const { mac } = readMac(cipher, metadata);
  if (mac === undefined) return undefined;
  const whole = unsealTree(document, { cipher, rule, macOnlyEncrypted: metadata.macOnlyEncrypted });
  return mac === whole ? { branches: document.branches, metadata } : undefined;
}

interface PlainLeaf {
  readonly path: readonly string[];
  readonly line: number | undefined;
  /** Whether sops passes it over. */
  readonly isCarried: boolean;
}

type PlainLeaves = ReadonlyMap<Leaf, PlainLeaf>;

/**
 * The values that a rule selects and that are not encrypted, in file order.
 *
 * @throws {SopsError} `malformed_value` if one is encrypted that the rule leaves plain: as what it stands for, it would
 * be lost.
 */
function findPlain({ branches, source }: Document, rule: CompiledRule): PlainLeaves {
  const found = new Map<Leaf, PlainLeaf>();
  const position: Position = { path: [], place: undefined };
  const { path } = position;
  let [line, at] = [1, 0];
  const lineOf = ({ start }: Leaf): number | undefined => {
    // What an alias repeats stands further up.
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
          "This value is encrypted, and the file's rule leaves it plain: the rule was changed, or the key has another name than it had. Restore the file from version control.",
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

/** The MAC of a decrypted document without these values. */
function macWithout({ branches }: Document, rule: CompiledRule, left: PlainLeaves, macOnlyEncrypted: boolean): string {
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

function refuse({ plain, mac }: Damage, filename: string | undefined): SopsError {
  const [first, ...others] = plain;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const put = first === undefined ? "" : ` In plain text, where the rule encrypts: ${showPath(first.path)}${more}.`;
  return new SopsError(
    mac === "missing" ? "mac_missing" : "mac_mismatch",
    `${mac === "missing" ? "The file has no MAC" : "The file's MAC does not fit its values"}, and nobody has said that the changes are meant, so nothing was repaired.${put} Look at them (\`git diff\`), and accept them: \`isosops repair --accept-changes ${shellWord(filename)}\`. Else restore the file from version control.`,
  );
}
