import { type Edit, type Edited, type EditOptions, edit, formatForPath, SopsError } from "isosops";
import { withPlacesTried } from "./identities/places-tried.js";
import { type FindKeysOptions, findKeys } from "./keys/find-keys.js";
import { readFile, toPath } from "./read-file.js";
import { withFileName } from "./with-file-name.js";
import { editInPlace } from "./write/edit-in-place.js";
import { replaceFile, type WriteOptions } from "./write/write-file.js";

/** A change to an encrypted file, as `edit` of isosops takes it. */
export type FileChange = Edit;

/** Options of `editFile`: those of `edit`, and of finding keys, as in `decryptFile`. */
export interface EditFileOptions
  extends Partial<Pick<EditOptions, "format" | "layout" | "ignoreMac" | "idempotent" | "allowLoss">>,
    FindKeysOptions,
    WriteOptions {}

/**
 * Change values of an encrypted file: all of the changes, or none. Everything else in the file stays as it is. If another
 * process changes the file meanwhile, the changes are made to its new content: no edit is lost.
 *
 * @example
 * await editFile("secrets.yaml", [{ set: ["db", "password"], value: "hunter3" }, { unset: ["db", "old_password"] }]);
 *
 * @throws {SopsError} `invalid_option`; `read_file`; `write_file`; and the errors of `edit`. Each message names
 * the file.
 */
export async function editFile(
  path: string | URL,
  changes: readonly FileChange[],
  options: EditFileOptions = {},
): Promise<Edited> {
  const file = toPath(path);
  checkChanges(changes);
  const { layout, ignoreMac, idempotent, allowLoss, onWarning } = options;
  const { keys, tried } = await findKeys(options);
  const format = options.format ?? formatForPath(file);
  const edits = { format, layout, ignoreMac, idempotent, allowLoss, filename: file, ...keys };
  return editInPlace(file, {
    read: () => readFile(file),
    edit: (source) => withFileName(file, () => withPlacesTried(tried, () => edit(source, changes, edits))),
    async write({ bytes, changed }, source) {
      if (changed || idempotent !== true) await replaceFile(file, source, bytes, { onWarning });
    },
  });
}

function checkChanges(changes: unknown): void {
  const isChange = (change: unknown) =>
    typeof change === "object" && change !== null && "set" in change !== "unset" in change;
  if (Array.isArray(changes) && changes.length > 0 && changes.every(isChange)) return;
  throw new SopsError(
    "invalid_option",
    'The changes must be a list, such as `[{ set: ["db", "password"], value: "hunter3" }, { unset: ["old"] }]`.',
  );
}
