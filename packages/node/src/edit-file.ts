import { cachedSource } from "@isosops/core";
import { type Data, type Edited, formatForPath, type Path, type SetOptions, SopsError, set, unset } from "isosops";
import { ageSource } from "isosops/age";
import { withPlacesTried } from "./identities/places-tried.js";
import { type FindKeysOptions, findKeys } from "./keys/find-keys.js";
import { readFile, toPath } from "./read-file.js";
import { withFileName } from "./with-file-name.js";
import { editInPlace } from "./write/edit-in-place.js";
import { replaceFile, type WriteOptions } from "./write/write-file.js";

/**
 * A change to an encrypted file. Paths are as in `set` and `unset` of isosops: `["db", "hosts", 0]`, or
 * `'["db"]["hosts"][0]'`. The new value is `value`, or JSON text, `json`.
 */
export type FileChange =
  | { readonly set: string | Path; readonly value: Data; readonly json?: undefined }
  | { readonly set: string | Path; readonly json: string; readonly value?: undefined }
  | { readonly unset: string | Path };

/** Options of `editFile`: those of `set`, and of finding keys, as in `decryptFile`. */
export interface EditFileOptions
  extends Partial<Pick<SetOptions, "format" | "layout" | "ignoreMac" | "idempotent" | "allowLoss">>,
    FindKeysOptions,
    WriteOptions {}

/**
 * Change values of an encrypted file: all of the changes, or none. Everything else in the file stays as it is. If another
 * process changes the file meanwhile, the changes are made to its new content: no edit is lost.
 *
 * @example
 * await editFile("secrets.yaml", [{ set: ["db", "password"], value: "hunter3" }, { unset: ["db", "old_password"] }]);
 *
 * @throws {SopsError} `invalid_option`; `read_file`; `write_file`; and the errors of `set` and `unset`. Each message names
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
  const { identities, keySources = [], ...rest } = keys;
  const edit = {
    format: options.format ?? formatForPath(file),
    ...{ layout, ignoreMac, idempotent, allowLoss, filename: file },
    ...rest,
    // Each change opens the file.
    keySources: [...(identities === undefined ? [] : [ageSource(identities)]), ...keySources].map((source) =>
      cachedSource(source),
    ),
  };
  const apply = async (source: Uint8Array): Promise<Edited> => {
    let edited: Edited | undefined;
    let changed = false;
    for (const change of changes) {
      const text: string | Uint8Array = edited?.text ?? source;
      edited =
        "unset" in change
          ? await unset(text, { ...edit, path: change.unset })
          : await set(text, { ...edit, path: change.set, ...newValue(change) });
      changed ||= edited.changed;
    }
    return { ...edited!, changed };
  };
  return editInPlace(file, {
    read: () => readFile(file),
    edit: (source) => withFileName(file, () => withPlacesTried(tried, () => apply(source))),
    async write({ bytes, changed }, source) {
      if (changed || idempotent !== true) await replaceFile(file, source, bytes, { onWarning });
    },
  });
}

function newValue({ value, json }: Exclude<FileChange, { unset: unknown }>): { value: Data } | { json: string } {
  return json === undefined ? { value: value! } : { json };
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
