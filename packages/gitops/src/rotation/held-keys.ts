/** Private keys of the organisation in files, such as in the Secret that gives a cluster its key. */
import { AgeError, decrypt as decryptAge, type Identity } from "@isosops/age";
import { type Document, leavesOf, open, reseal, toText, type Unsealed, walk } from "@isosops/core";
import { shellPath } from "@isosops/core/verify";
import { loadStore } from "@isosops/formats/load";
import { base64 } from "@scure/base";
import { decrypt, SopsError } from "isosops";
import { ageSource } from "isosops/age";
import { embeddedDocuments, mayEmbed } from "../cluster/embedded.js";
import { GitopsError } from "../error.js";
import { findPrivateKeys, privateKeyTexts } from "../keyring/private-keys.js";
import { mayHoldAgeFile } from "./age-files.js";
import { decodeText, readEscapes } from "./encodings.js";
import { type FormatName, isKeyring, readAnyFormat } from "./files.js";

/** The public keys of the private keys in a file. */
export interface HeldKeys {
  /** In plain text. */
  readonly plain: ReadonlySet<string>;
  /** In parts that the organisation's keys decrypt: the private keys by their public keys. */
  readonly sealed: ReadonlyMap<string, string>;
  /** For each decrypted value, comment or file that contains private keys: their public keys. */
  readonly together: readonly ReadonlySet<string>[];
}

const none: HeldKeys = { plain: new Set(), sealed: new Map(), together: [] };

/**
 * Finds private keys in a file, in plain text and in what `identities` open: a SOPS file of any format, even with a
 * wrong MAC, documents in a cluster file, or an age file. Those of a keyring do not count.
 */
export async function findHeldKeys(
  path: string,
  content: Uint8Array,
  identities: readonly Identity[],
): Promise<HeldKeys> {
  const written = decodeText(content);
  if (written === undefined) return none;
  const text = readEscapes(written);
  const mayStand = privateKeyTexts.some((one) => text.includes(one));
  const maySeal = mayHoldAgeFile(text);
  if ((!mayStand && !maySeal && !mayEmbed(text)) || isKeyring(written)) return none;
  const plain = mayStand ? await keysIn(text) : new Set<string>();
  const sealed = new Map<string, string>();
  const together: Set<string>[] = [];
  for (const opened of await openedTexts(path, content, written, identities)) {
    const keys = await findPrivateKeys(readEscapes(opened));
    for (const { recipient, identity } of keys) sealed.set(recipient, identity);
    if (keys.length > 0) together.push(new Set(keys.map(({ recipient }) => recipient)));
  }
  return { plain, sealed, together };
}

/** Whether a decrypted value contains the private key of `recipient` without that of `other`. */
export function holdsWithout({ together }: HeldKeys, recipient: string, other: string): boolean {
  return together.some((keys) => keys.has(recipient) && !keys.has(other));
}

async function keysIn(text: string): Promise<Set<string>> {
  return new Set((await findPrivateKeys(text)).map(({ recipient }) => recipient));
}

async function openedTexts(
  path: string,
  content: Uint8Array,
  text: string,
  identities: readonly Identity[],
): Promise<string[]> {
  if (mayEmbed(text)) {
    const documents = await orNothing(() => embeddedDocuments(text, path));
    const opened = (documents ?? []).map((document) => openSops(encode(document), "yaml", identities));
    return (await Promise.all(opened)).flatMap((one) => one ?? []);
  }
  const { format, metadata } = await readAnyFormat(path, content, readEscapes(text));
  const opened =
    format === undefined || metadata === undefined
      ? await orNothing(async () => [decodeText(await decryptAge(content, [...identities])) ?? ""])
      : await openSops(content, format, identities);
  return opened ?? [];
}

function openSops(
  content: Uint8Array,
  format: FormatName,
  identities: readonly Identity[],
): Promise<string[] | undefined> {
  return orNothing(async () => {
    const store = await loadStore(format);
    return textsOf(await open(content, { store, keySources: [ageSource(identities)], ignoreMac: true }));
  });
}

/** Undefined if these keys do not open it. */
async function orNothing<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    const isNoClusterFile = error instanceof GitopsError && error.code === "cluster";
    if (error instanceof SopsError || error instanceof AgeError || isNoClusterFile) return undefined;
    throw error;
  }
}

/** A key pair to write into files. */
interface KeyPair {
  readonly recipient: string;
  readonly identity: string;
}

export interface HeldKeyChange {
  readonly format: FormatName;
  readonly old: KeyPair;
  readonly current: KeyPair;
  /** Remove the old private key. Else the current one is added after it. */
  readonly dropOldKey: boolean;
}

/**
 * Adds the current private key to the encrypted values of a SOPS file that contain the old one, in plain text or in
 * Base64, or replaces the old one; in every document, since a cluster may get any of them. All recipients of the file can
 * read it.
 *
 * @returns undefined if nothing has to change
 * @throws {GitopsError} `in_use` if the old key is in the file in plain text, or in another form.
 */
export async function changeHeldKeys(
  content: Uint8Array,
  path: string,
  { format, old, current, dropOldKey }: HeldKeyChange,
): Promise<Uint8Array | undefined> {
  // Otherwise the current key would be written in plain text, too.
  if ((await keysIn(readEscapes(decodeText(content) ?? ""))).has(old.recipient)) throw inPlainText(path);
  const store = await loadStore(format);
  const identities = [current.identity, old.identity];
  const opening = { store, keySources: [ageSource(identities)], filename: path };
  const file = await open(content, opening);
  const isChanged = changeTexts(file, old, (text) => changeText(text, old, current, dropOldKey));
  const wanted = valuesOf(file.document);
  const changed = isChanged ? encode((await reseal(file, { store })).text) : undefined;
  const written = await open(changed ?? content, opening);
  for (const text of textsOf(written)) {
    const keys = await keysIn(readEscapes(text));
    if (keys.has(old.recipient) && (dropOldKey || !keys.has(current.recipient))) throw otherwise(path);
  }
  if (changed === undefined) return undefined;
  // Not every format holds a value of several lines.
  const isRight =
    isSame(valuesOf(written.document), wanted) &&
    (store.singleValue === true ||
      isSame(valuesOf(store.parse(toText((await decrypt(changed, { format, identities })).bytes, path))), wanted));
  if (!isRight) throw otherwise(path);
  return changed;
}

/** Whether an encrypted value has another text now. */
function changeTexts(
  { document, rule }: Unsealed,
  old: KeyPair,
  change: (text: string) => string | undefined,
): boolean {
  let isChanged = false;
  walk(document.branches, rule, {
    leaf(leaf, encrypted) {
      if (!encrypted || leaf.type !== "str" || typeof leaf.text !== "string") return undefined;
      const after = change(leaf.text) ?? inBase64(leaf.text, change);
      if (after === undefined) return undefined;
      leaf.text = after;
      leaf.spelling = undefined;
      leaf.changed = true;
      isChanged = true;
      return undefined;
    },
    comment() {},
    carried({ leaf, kind }) {
      // How a value was written before.
      if (kind === "spelling" && typeof leaf.text === "string" && leaf.text.includes(old.identity)) leaf.text = "";
    },
  });
  return isChanged;
}

/** All texts of a file's documents: values, comments, and text that sops ignores. */
function textsOf({ document, rule }: Pick<Unsealed, "document" | "rule">): string[] {
  const texts: string[] = [];
  const add = (text: string | Uint8Array) =>
    texts.push(typeof text === "string" ? text : new TextDecoder().decode(text));
  walk(document.branches, rule, {
    leaf(leaf) {
      add(leaf.text);
      return undefined;
    },
    comment: ({ text }) => void add(text),
    carried: ({ leaf }) => void add(leaf.text),
  });
  return texts;
}
function valuesOf({ branches }: Document): (string | Uint8Array)[] {
  return leavesOf(branches).map(({ text }) => text);
}

function isSame(values: readonly (string | Uint8Array)[], others: readonly (string | Uint8Array)[]): boolean {
  return values.length === others.length && values.every((value, index) => String(value) === String(others[index]));
}

function otherwise(path: string): GitopsError {
  return new GitopsError(
    "in_use",
    `${path} contains the old private key in a form that cannot be replaced automatically. Replace it by hand: \`isosops org export\`.`,
  );
}

function inPlainText(path: string): GitopsError {
  return new GitopsError(
    "in_use",
    `${path} contains the old private key in plain text, for everyone to read. Encrypt it, too (\`isosops encrypt --select KEY --in-place ${shellPath(path)}\`), or take it out.`,
  );
}

/** Undefined if nothing has to change. A key is on its own line, with its public key in a comment before it. */
function changeText(text: string, old: KeyPair, current: KeyPair, dropOldKey: boolean): string | undefined {
  const hasCurrent = text.includes(current.identity);
  if (!text.includes(old.identity) || (hasCurrent && !dropOldKey)) return undefined;
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.trim() === old.identity);
  if (at === -1) return undefined;
  const line = lines[at]!;
  const isNamed = at > 0 && lines[at - 1]!.includes(old.recipient);
  const named = isNamed ? [lines[at - 1]!.replace(old.recipient, current.recipient)] : [];
  const added = hasCurrent ? [] : [...named, line.replace(old.identity, current.identity)];
  const start = isNamed ? at - 1 : at;
  const kept = dropOldKey ? [] : lines.slice(start, at + 1);
  return [...lines.slice(0, start), ...kept, ...added, ...lines.slice(at + 1)].join("\n");
}

function inBase64(value: string, change: (text: string) => string | undefined): string | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(base64.decode(value.trim()));
  } catch {
    return undefined;
  }
  const after = change(text);
  return after === undefined ? undefined : base64.encode(encode(after));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
