import { type KeySource, type Mapping, open, SopsError } from "@isosops/core";
import { reselect } from "@isosops/core/select";
import { findCiphertexts } from "@isosops/core/verify";
import { loadStore } from "@isosops/formats/load";
import { inspect, type Metadata, openToEdit, updateRecipients } from "isosops";
import { recipientsOf } from "../recipients.js";
import {
  check,
  checkReaders,
  type DocumentKeys,
  type EncryptedKeys,
  encryptKeys,
  nameKeys,
  type Result,
  resolveKeys,
  withNamesAtLast,
} from "./encrypt-keys.js";

/** Options of {@link encryptEdited}. */
export interface EncryptEditedOptions extends Omit<DocumentKeys, "identities"> {
  /** The document as it is stored: plain or encrypted. */
  readonly stored: string;
  /** The keys to encrypt; see {@link encryptKeys}. Without keys, the result is in plain text. */
  readonly keys: readonly string[];
  /** Open the stored document if it is encrypted. */
  readonly keySources: readonly KeySource[];
  /** Whether the organisation encrypts. If not, plain values stay plain, and encrypted ones encrypted. */
  readonly enabled: boolean;
  readonly format: "yaml" | "json";
  /** Used in messages. */
  readonly filename: string;
}

/**
 * Encrypts a plain document that somebody has edited: exactly the values that the keys name. If it is stored encrypted,
 * values with the same path and content keep their ciphertexts, and its recipients stay.
 *
 * @param edited - the whole document in plain text
 * @throws {GitopsError} and {SopsError} with the codes of {@link encryptKeys} and of `openToEdit` of isosops.
 */
export async function encryptEdited(
  edited: string,
  options: EncryptEditedOptions,
): Promise<Pick<EncryptedKeys, "text" | "keys" | "notices">> {
  const { stored, keys, enabled, format, filename } = options;
  const store = await loadStore(format);
  // A document that nobody can read is not stored.
  const { branches } = store.parse(edited, { filename });
  checkPlain(findCiphertexts(branches).length, filename);
  const metadata = await inspect(stored, { format, filename });
  if (keys.length === 0) return { text: edited, keys, notices: [] };
  if (metadata !== undefined)
    return enabled ? reencrypt(edited, branches, metadata, options) : keepEncrypted(edited, options);
  if (!enabled) return { text: edited, ...(await nameKeys(edited, { keys, format, filename })) };
  return encryptKeys(edited, { ...options, identities: async () => [] });
}

function checkPlain(ciphertexts: number, filename: string): void {
  if (ciphertexts === 0) return;
  throw new SopsError(
    "already_encrypted",
    `${filename}: the text contains values that are encrypted already (\`ENC[...]\`). Put their plain text in their place, or take them out.`,
  );
}

async function keepEncrypted(edited: string, options: EncryptEditedOptions) {
  const { format, filename, keys } = options;
  return { text: await seal(edited, options), ...(await nameKeys(edited, { keys, format, filename })) };
}

/** Encrypts by the rule of the stored document. */
async function seal(edited: string, { stored, format, filename, keySources }: EncryptEditedOptions): Promise<string> {
  const opened = await openToEdit(stored, { format, filename, keySources });
  const isSame = new TextDecoder("utf-8", { ignoreBOM: true }).decode(opened.bytes) === edited;
  return isSame ? stored : (await opened.seal(edited)).text;
}

async function reencrypt(
  edited: string,
  branches: readonly Mapping[],
  metadata: Metadata,
  options: EncryptEditedOptions,
): Promise<Pick<EncryptedKeys, "text" | "keys" | "notices">> {
  const { stored, keys, keySources, format, filename, recipient, previousRecipient } = options;
  checkReaders(metadata, options);
  const store = await loadStore(format);
  const resolved = resolveKeys(branches, keys, filename);
  const sealed = await seal(edited, options);
  const result: Result = await withNamesAtLast(branches, resolved, async (chosen, allowExtra) => {
    // `reselect` changes what it is given.
    const file = await open(sealed, { store, keySources, filename });
    const select = chosen.map(({ selector }) => selector);
    const reselected = await reselect(file, { store, select, allowExtra, onlySelected: true });
    const isKept = sealed === stored && sameRule(reselected.metadata, metadata);
    return isKept ? { ...reselected, text: stored } : reselected;
  });
  const notices = [
    ...result.resolved.flatMap(({ notice }) => notice ?? []),
    ...result.notices,
    ...check(store, result.text, result.resolved, filename),
  ];
  let { text } = result;
  if (text !== stored && !recipientsOf(metadata).includes(recipient)) {
    const change = { format, filename, keySources, add: [recipient], remove: [previousRecipient!] };
    text = (await updateRecipients(text, change)).text;
  }
  return {
    text,
    keys: [...new Set(result.resolved.map(({ key }) => key))],
    notices: [...new Set(notices)],
  };
}

function sameRule({ rule: one }: Metadata, { rule: other }: Metadata): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
