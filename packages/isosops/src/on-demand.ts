/** Functions that not every program needs. Their code is loaded on first use. */
import type { Data, KeyKind, KeyWrapper } from "@isosops/core";
import type { Edited, Extracted, OpenedToEdit } from "@isosops/core/edit";
import type { Merged, MergedWithoutKey } from "@isosops/core/merge";
import type { Repaired } from "@isosops/core/repair";
import type { Rewrapped } from "@isosops/core/rewrap";
import type { Reselected } from "@isosops/core/select";
import type { CreationRule } from "./config/config.js";
import type { ReadOptions } from "./config/find-rule-for.js";
import type { Edit, EditOptions, ExtractOptions, GetOptions, SetOptions, UnsetOptions } from "./edit.js";
import type { OpenToEditOptions } from "./edit-file.js";
import type { MergeOptions, MergeWithoutKeyOptions, OpenConflictsOptions, OpenedConflicts } from "./merge.js";
import { piecesOf, toStream } from "./piece-streams.js";
import type { UpdateRecipientsOptions } from "./recipients.js";
import type { RepairOptions } from "./repair.js";
import type { ReselectOptions } from "./reselect.js";
import type { DecryptedStream, DecryptStreamOptions, EncryptStreamOptions } from "./streams.js";
import type { Variables, VariablesOptions } from "./variables.js";

/**
 * Sets the value at a path of an encrypted file, like `sops set`. Missing parents are created, a list index after the
 * end appends an item, and a single value on the path is replaced. The new value is encrypted if the file's rule says
 * so. Everything except the new value, `lastmodified` and `mac` stays as it is.
 *
 * @example
 * ```ts
 * const { text } = await set(source, { format: "yaml", identities, path: ["db", "password"], value: "hunter3" });
 * ```
 *
 * @throws {SopsError} `invalid_path`, `path_not_found`, `invalid_value`, `unwritable`, `already_encrypted` (for the key
 * `sops`), and the errors of `decrypt`.
 */
export async function set(source: string | Uint8Array, options: SetOptions): Promise<Edited> {
  return (await import("./edit.js")).set(source, options);
}

/**
 * Removes the value at a path of an encrypted file, like `sops unset`. Otherwise like {@link set}.
 *
 * @throws {SopsError} `path_not_found` if there is nothing and `idempotent` is not set; otherwise like {@link set}.
 */
export async function unset(source: string | Uint8Array, options: UnsetOptions): Promise<Edited> {
  return (await import("./edit.js")).unset(source, options);
}

/**
 * Changes several values of an encrypted file, like {@link set} and {@link unset} one after the other: all of the edits,
 * or none. The data key is unwrapped once.
 *
 * @example
 * ```ts
 * const { text } = await edit(source, [{ set: ["db", "password"], value: "hunter3" }, { unset: ["db", "old"] }], {
 *   format: "yaml",
 *   identities,
 * });
 * ```
 *
 * @throws {SopsError} `invalid_path`, `path_not_found`, `invalid_value`, `unwritable`, `already_encrypted` (for the key
 * `sops`), and the errors of `decrypt`.
 */
export async function edit(source: string | Uint8Array, edits: readonly Edit[], options: EditOptions): Promise<Edited> {
  return (await import("./edit.js")).edit(source, edits, options);
}

/**
 * Decrypts a file to be edited as a whole, like `sops edit`. The result has the plain file, and `seal`, which encrypts
 * an edited one: values that did not change keep their ciphertexts, and recipients, rule and data key stay.
 *
 * @example
 * ```ts
 * const file = await openToEdit(source, { format: "yaml", identities });
 * const { text } = await file.seal(await editor(file.bytes));
 * ```
 *
 * @throws {SopsError} `mac_mismatch`, `mac_missing`, and the other errors of `decrypt`; of `seal`, those of `encrypt`.
 */
export async function openToEdit(source: string | Uint8Array, options: OpenToEditOptions): Promise<OpenedToEdit> {
  return (await import("./edit-file.js")).openToEdit(source, options);
}

/**
 * Decrypts a file, verifies its MAC, and returns the value at a path as a JavaScript value.
 *
 * @example
 * ```ts
 * const password = await get(source, { format: "yaml", identities, path: ["db", "password"] });
 * ```
 *
 * @throws {SopsError} `invalid_path`, `path_not_found`, and the errors of `decrypt`.
 */
export async function get(source: string | Uint8Array, options: GetOptions): Promise<Data> {
  return (await import("./edit.js")).get(source, options);
}

/**
 * Decrypts a file, verifies its MAC, and returns the value at a path as text and bytes, as `sops decrypt --extract`
 * prints it: a string verbatim, anything else in the output format. For a JavaScript value, use {@link get}.
 *
 * @throws {SopsError} `invalid_path`, `path_not_found`, `unwritable` if the output format cannot hold the value, and the
 * errors of `decrypt`.
 */
export async function extract(source: string | Uint8Array, options: ExtractOptions): Promise<Extracted> {
  return (await import("./edit.js")).extract(source, options);
}

/**
 * Changes which values of an encrypted file are encrypted: those that are already and those that `select` names,
 * without those that `deselect` names. The recipients, the data key, and the ciphertexts of values that were already
 * encrypted stay.
 *
 * @throws {SopsError} `invalid_selector`, `unmatched_selector`, `inexpressible_selection`, `unwritable`, and the errors
 * of `decrypt`.
 */
export async function reselect(source: string | Uint8Array, options: ReselectOptions): Promise<Reselected> {
  return (await import("./reselect.js")).reselect(source, options);
}

/**
 * Changes the keys that decrypt a file, like `sops updatekeys` or, with `newDataKey`, `sops rotate`. An added key joins the
 * key groups that a removed one was in, or else the first group; or `keyGroups` gives all keys of the file, as `sops groups` and
 * a changed rule do. Entries of keys that are kept stay as they are; with
 * `newDataKey`, their time of creation does. If one key fails, the whole call does.
 *
 * @example
 * ```ts
 * const { text } = await updateRecipients(source, {
 *   format: "yaml",
 *   identities,
 *   kinds: [awsKmsKind(), pgpKind()],
 *   remove: ["age1..."],
 *   newDataKey: true,
 *   allowedRecipients: rule.keyGroups.flat(),
 * });
 * ```
 *
 * @throws {SopsError} `no_recipients` if a key group would be left without keys; `unknown_recipient`;
 * `unsupported_key_type` if a kind is missing; `invalid_recipient`, `invalid_key`, and what a key service reported; and
 * the errors of `decrypt`.
 */
export async function updateRecipients(
  source: string | Uint8Array,
  options: UpdateRecipientsOptions,
): Promise<Rewrapped> {
  return (await import("./recipients.js")).updateRecipients(source, options);
}

/**
 * Finds the creation rule for a file in the nearest `.sops.yaml`: that in the folder of the file, or else in those above
 * it (config.go, `LookupConfigFile`). sops starts in its working folder instead, like this with `folder`.
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 *
 * const filename = "secrets/database.yaml";
 * const creationRule = await findCreationRuleFor(filename, { readFile });
 * const { text } = await encrypt(source, { filename, creationRule });
 * ```
 *
 * @param path - For a relative path, only folders that are in it are searched, and the one that it starts from: give
 * `folder` (`process.cwd()`) or an absolute path for those above.
 * @returns The rule, or undefined if there is no `.sops.yaml`, or none of its rules applies.
 * @throws {SopsError} `config` if the configuration cannot be read, or is invalid; `invalid_option`.
 */
export async function findCreationRuleFor(path: string, options: ReadOptions): Promise<CreationRule | undefined> {
  return (await import("./config/find-rule-for.js")).findCreationRuleFor(path, options);
}

/**
 * Creates the keys of a creation rule, of whatever type, as `keyGroups` of `encrypt`. With its option `creationRule`,
 * `encrypt` does this itself.
 *
 * @example
 * ```ts
 * const [first] = await keyGroupsOf(rule, [awsKmsKind(), pgpKind()]);
 * const { text } = await encrypt(source, { format: "yaml", keys: [...first!, age("age1...")] });
 * ```
 *
 * @param kinds - One for each type of key in the rule, such as `awsKmsKind()` of `@isosops/keys/aws`. age needs none.
 * @throws {SopsError} `unsupported_key_type` if a kind is missing, naming its import; `invalid_key` or
 * `invalid_recipient` if a key is malformed.
 */
export async function keyGroupsOf(rule: CreationRule, kinds: readonly KeyKind[] = []): Promise<KeyWrapper[][]> {
  return (await import("./kinds/key-groups.js")).keyGroupsOf(rule, kinds);
}

/**
 * Repairs an encrypted file that was edited by hand: encrypts values in plain text that its rule selects, and updates
 * the MAC. Every other byte stays.
 *
 * If the MAC does not match, `accept` decides, given what changed since the version that `findSealed` finds. A
 * ciphertext that does not decrypt cannot be repaired.
 *
 * @throws {SopsError} `mac_mismatch` or `mac_missing` if the changes are not accepted; `malformed_value` or `metadata`
 * for damage that cannot be repaired; and the errors of `decrypt`.
 */
export async function repair(source: string | Uint8Array, options: RepairOptions): Promise<Repaired> {
  return (await import("./repair.js")).repair(source, options);
}

/**
 * Merges two versions of an encrypted file that both come from a third, as Git merges two branches: by keys and list items
 * and not by lines. The MAC of each version is verified first. The result has the layout of `ours`, and its MAC is right;
 * values that did not change keep their ciphertexts.
 *
 * Where both sides changed the same in different ways, the text has conflict markers, in which both versions are
 * encrypted; {@link openConflicts} reads them. A reader that one side removed stays removed, and the data key is then new, as
 * it is if `theirs` has another than `base`. No value that is encrypted on the side it comes from is left in plain text.
 *
 * @example
 * ```ts
 * const { text, conflicts } = await merge({ base, ours, theirs, format: "yaml", identities });
 * ```
 *
 * @throws {SopsError} `mac_mismatch`, `mac_missing`, and the other errors of `decrypt`, naming the version;
 * `not_encrypted`; `unknown_recipient` for a reader that only `theirs` has, where it would get the data key and is not
 * allowed; `metadata` if both changed the key groups; `unwritable`, and the errors of `encrypt`.
 */
export async function merge(options: MergeOptions): Promise<Merged> {
  return (await import("./merge.js")).merge(options);
}

/**
 * Merges like {@link merge}, but by ciphertexts, without a key. In place of the MAC, the result has a mark that is no MAC, so
 * that sops and this library refuse the file until somebody with a key has merged the same versions.
 *
 * @throws {SopsError} `no_identities` if the versions cannot be merged without a key; `not_encrypted`, and the errors of
 * the format.
 */
export async function mergeWithoutKey(options: MergeWithoutKeyOptions): Promise<MergedWithoutKey> {
  return (await import("./merge.js")).mergeWithoutKey(options);
}

/**
 * Opens an encrypted file with the conflict markers of {@link merge}, to take one version of each, or another value. Both
 * versions, each as a whole, have a MAC, which is verified.
 *
 * @throws {SopsError} `syntax` if it has no such markers, and the errors of `decrypt`.
 */
export async function openConflicts(
  source: string | Uint8Array,
  options: OpenConflictsOptions,
): Promise<OpenedConflicts> {
  return (await import("./merge.js")).openConflicts(source, options);
}

/**
 * Decrypts a file, verifies its MAC, and returns the values of its first document as environment variables, as `sops
 * exec-env` sets them. Nested values are an error, unless a `separator` joins their names.
 *
 * @example
 * ```ts
 * const { variables: found } = await variables(source, { format: "yaml", identities, separator: "_" });
 * Object.assign(process.env, Object.fromEntries(found));
 * ```
 *
 * @throws {SopsError} `unsupported` if a value cannot be a variable, and the errors of `decrypt`.
 */
export async function variables(source: string | Uint8Array, options: VariablesOptions): Promise<Variables> {
  return (await import("./variables.js")).variables(source, options);
}

/**
 * Encrypts a file of the format BINARY that is piped through it. sops can decrypt the result, if it has the memory. Memory
 * does not depend on the size of the file.
 *
 * @example
 * ```ts
 * await source.pipeThrough(encryptStream({ recipients: ["age1..."] })).pipeTo(destination);
 * ```
 *
 * The stream fails with the errors of `encrypt`, and with `too_large` above 64 GiB. What came out before must be thrown away.
 */
export function encryptStream(options: EncryptStreamOptions): ReadableWritablePair<Uint8Array, Uint8Array> {
  const { readable: plaintext, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const reader = plaintext.getReader();
  async function* encrypted() {
    yield* (await import("./streams.js")).encryptPieces(piecesOf(reader), options);
  }
  return { writable, readable: toStream(encrypted(), (reason) => reader.cancel(reason)) };
}

/**
 * Decrypts a file of the format BINARY in pieces. Memory does not depend on the size of the file, but for some bytes for each
 * MiB. Files of up to 4 MiB may have any layout, larger ones that of sops.
 *
 * The file is read three times: to find what is at its end; to check the value's tag, and the MAC; and to decrypt it. The
 * result is there after the second time, and its stream has nothing that was not authenticated.
 *
 * @example
 * ```ts
 * const { readable } = await decryptStream(() => blob.stream(), { identities });
 * await readable.pipeTo(destination);
 * ```
 *
 * @param read - Opens the file, each time that it is called.
 * @throws {SopsError} The errors of `decrypt`; `too_large` for a large file that is not written as sops writes it. The stream
 * fails with `value_authentication` if the file was changed meanwhile.
 */
export async function decryptStream(
  read: () => ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>,
  options: DecryptStreamOptions,
): Promise<DecryptedStream> {
  return (await import("./streams.js")).decryptStream(read, options);
}
