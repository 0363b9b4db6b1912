/** Private keys of the organisation that stand in files, such as in the Secret that gives a cluster its key. */
import { AgeError, decrypt as decryptAge, type Identity, parseIdentity } from "@isosops/age";
import { base64 } from "@scure/base";
import { type Data, decrypt, encrypt, SopsError, set } from "isosops";
import { embeddedDocuments, mayEmbed } from "../cluster/embedded.js";
import { GitopsError } from "../error.js";
import { findPrivateKeys, privateKeyTexts } from "../keyring/private-keys.js";
import { mayHoldAgeFile } from "./age-files.js";
import { type FormatName, isKeyring, readAnyFormat } from "./files.js";
import { decodeText, readEscapes } from "./spelling.js";

/** Public keys of the private keys that stand in a file. */
export interface HeldKeys {
  /** In plain text, for all who have the file. */
  readonly plain: ReadonlySet<string>;
  /** Behind encryption that the organisation's keys open. */
  readonly sealed: ReadonlySet<string>;
}

/**
 * The private keys in a file, those in plain text and those in what `identities` open: a SOPS file of any format,
 * whatever its MAC, documents in a cluster file, or an age file. A keyring is meant to have some.
 */
export async function findHeldKeys(
  path: string,
  content: Uint8Array,
  identities: readonly Identity[],
): Promise<HeldKeys> {
  const written = decodeText(content);
  if (written === undefined) return { plain: new Set(), sealed: new Set() };
  const text = readEscapes(written);
  const mayStand = privateKeyTexts.some((one) => text.includes(one));
  const maySeal = mayHoldAgeFile(text);
  if ((!mayStand && !maySeal && !mayEmbed(text)) || isKeyring(written)) return { plain: new Set(), sealed: new Set() };
  const plain = mayStand ? await keysIn(text) : new Set<string>();
  const sealed = new Set<string>();
  for (const part of await openedParts(path, content, written, identities)) {
    for (const recipient of await keysIn(readEscapes(part))) sealed.add(recipient);
  }
  return { plain, sealed };
}

async function keysIn(text: string): Promise<Set<string>> {
  return new Set((await findPrivateKeys(text)).map(({ recipient }) => recipient));
}

async function openedParts(
  path: string,
  content: Uint8Array,
  text: string,
  identities: readonly Identity[],
): Promise<string[]> {
  if (mayEmbed(text)) {
    const documents = await orNothing(() => embeddedDocuments(text, path));
    const opened = (documents ?? []).map((document) => openSops(encode(document), "yaml", identities));
    return (await Promise.all(opened)).filter((one) => one !== undefined);
  }
  const { format, metadata } = await readAnyFormat(path, content, readEscapes(text));
  const opened =
    format === undefined || metadata === undefined
      ? await orNothing(async () => decodeText(await decryptAge(content, [...identities])))
      : await openSops(content, format, identities);
  return opened === undefined ? [] : [opened];
}

function openSops(
  content: Uint8Array,
  format: FormatName,
  identities: readonly Identity[],
): Promise<string | undefined> {
  return orNothing(async () => decodeText((await decrypt(content, { format, identities, ignoreMac: true })).bytes));
}

/** Undefined for what is not for these keys, or nothing that they open. */
async function orNothing<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    const isNoClusterFile = error instanceof GitopsError && error.code === "cluster";
    if (error instanceof SopsError || error instanceof AgeError || isNoClusterFile) return undefined;
    throw error;
  }
}

/** A key pair, to be written into files. */
export interface KeyPair {
  readonly recipient: string;
  readonly identity: string;
}

export interface HeldKeyChange {
  readonly format: FormatName;
  readonly old: KeyPair;
  readonly current: KeyPair;
  /** Take the old private key out; without it, the current one is written behind it. */
  readonly dropOldKey: boolean;
}

/**
 * A SOPS file, for readers who may know all that it holds, in which values that hold the old private key, as they are
 * or in Base64, hold the current one too, or in its place. Undefined if nothing is to be changed.
 *
 * @throws {GitopsError} `in_use` if the key stands in another way.
 */
export async function changeHeldKeys(
  content: Uint8Array,
  path: string,
  { format, old, current, dropOldKey }: HeldKeyChange,
): Promise<Uint8Array | undefined> {
  const identities = [current.identity, old.identity];
  const { data, bytes, metadata } = await decrypt(content, { format, identities });
  const change = (text: string) => changeText(text, old, current, dropOldKey);
  let changed: Uint8Array | undefined;
  if (format === "binary") {
    const text = change(decodeText(bytes) ?? "");
    if (text !== undefined) {
      const groups = metadata.keyGroups.map((group) =>
        group.map(({ fields }) => String(fields.get("recipient") ?? "")),
      );
      if (metadata.keyGroups.flat().some(({ type }) => type !== "age")) throw otherwise(path);
      const shamirThreshold = groups.length > 1 ? metadata.shamirThreshold : undefined;
      changed = (await encrypt(text, { format, keyGroups: groups, shamirThreshold })).bytes;
    }
  } else {
    for (const [at, value] of textsOf(data, [])) {
      const after = change(value) ?? inBase64(value, change);
      if (after === undefined) continue;
      changed = encode((await set(changed ?? content, { format, identities, path: at, value: after })).text);
    }
  }
  const { sealed } = await findHeldKeys(
    path,
    changed ?? content,
    identities.map((one) => parseIdentity(one)),
  );
  if (dropOldKey ? sealed.has(old.recipient) : !sealed.has(current.recipient)) throw otherwise(path);
  return changed;
}

function otherwise(path: string): GitopsError {
  return new GitopsError(
    "in_use",
    `${path} holds the old private key in a way that is not changed here. Write the new one in its place by hand: \`isosops org export\`.`,
  );
}

/** The texts among some values, with the ways to them. */
function* textsOf(value: Data, path: readonly (string | number)[]): Generator<[(string | number)[], string]> {
  if (typeof value === "string") yield [[...path], value];
  else if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) yield* textsOf(one, [...path, index]);
  } else if (typeof value === "object" && value !== null && !(value instanceof Date)) {
    for (const [key, one] of Object.entries(value)) yield* textsOf(one as Data, [...path, key]);
  }
}

/** Undefined if nothing is to be changed. A key is on a line of its own, with its public key in a comment before it. */
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
