/** What not every program does: loaded when it is called, so that nobody else waits for it. */
import type { Data } from "@isosops/core";
import type { Edited, Extracted } from "@isosops/core/edit";
import type { Repaired } from "@isosops/core/repair";
import type { Rewrapped } from "@isosops/core/rewrap";
import type { Reselected } from "@isosops/core/select";
import type { ExtractOptions, SetOptions, UnsetOptions } from "./edit.js";
import type { ChangeReadersOptions } from "./readers.js";
import type { RepairOptions } from "./repair.js";
import type { ReselectOptions } from "./reselect.js";

/**
 * Set the value at a path of an encrypted file. Collections that are missing on the way are made, an index behind the
 * end of a list adds one item, and a single value on the way makes room. A new value is encrypted where the file's own
 * rule says so; every byte but the new value, `lastmodified` and `mac` stays.
 *
 * @throws {SopsError}
 */
export async function set(source: string | Uint8Array, options: SetOptions): Promise<Edited> {
  return (await import("./edit.js")).set(source, options);
}

/**
 * Remove what is at a path of an encrypted file; the rest is as with `set`.
 *
 * @throws {SopsError}
 */
export async function unset(source: string | Uint8Array, options: UnsetOptions): Promise<Edited> {
  return (await import("./edit.js")).unset(source, options);
}

/**
 * Decrypt a file, check its MAC, and give the value at a path, as `data` of `decrypt` has it.
 *
 * @throws {SopsError}
 */
export async function get(source: string | Uint8Array, options: ExtractOptions): Promise<Data> {
  return (await import("./edit.js")).get(source, options);
}

/**
 * The same with the value as text and bytes too, as `sops decrypt --extract` prints it: a string as it is, all else in
 * the output format.
 *
 * @throws {SopsError}
 */
export async function extract(source: string | Uint8Array, options: ExtractOptions): Promise<Extracted> {
  return (await import("./edit.js")).extract(source, options);
}

/**
 * Change which values of an encrypted file are encrypted: what `select` names is from now on, as well as what was
 * before, and what `deselect` names no more. The readers of the file, its data key and the ciphertexts of all that was
 * encrypted before stay as they are.
 *
 * @throws {SopsError}
 */
export async function reselect(source: string | Uint8Array, options: ReselectOptions): Promise<Reselected> {
  return (await import("./reselect.js")).reselect(source, options);
}

/**
 * Change who can open an encrypted file. A reader that comes joins the key groups in which one that goes has been, else
 * the first one.
 *
 * @throws {SopsError} with `no_recipients` if nobody of a group would be left.
 */
export async function changeReaders(source: string | Uint8Array, options: ChangeReadersOptions): Promise<Rewrapped> {
  return (await import("./readers.js")).changeReaders(source, options);
}

/**
 * Bring an encrypted file that was changed by hand back into order: values that its rule selects and that are in plain
 * text are encrypted, and the MAC is made for what is there. Every other byte stays.
 *
 * Where the MAC does not vouch for what is there, `accept` is asked, and gets what has changed since the version that
 * `findSealed` finds. A ciphertext that does not decrypt is never repaired.
 *
 * @throws {SopsError} `mac_mismatch` or `mac_missing` if nobody accepts the changes.
 */
export async function repair(source: string | Uint8Array, options: RepairOptions): Promise<Repaired> {
  return (await import("./repair.js")).repair(source, options);
}
