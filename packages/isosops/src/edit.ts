import { type Data, type DataOptions, type Path, parsePath, SopsError } from "@isosops/core";
import {
  type Edited,
  type Extracted,
  editValues,
  extract as extractWith,
  fromData,
  getValue,
  type ValueEdit,
} from "@isosops/core/edit";
import { dataChecks } from "./data-options.js";
import {
  checkArguments,
  isAnything,
  isFlag,
  isList,
  isObject,
  isString,
  type OneOf,
  type OptionChecks,
  refuse,
} from "./options.js";
import { type OpeningOptions, openingChecks, recovery } from "./recovery.js";
import { withSource } from "./source.js";
import { type OutputOptions, outputChecks, type SourceOptions, sourceChecks, sourceStore, stores } from "./stores.js";

/** What opens a file. */
type FileOptions = SourceOptions &
  OpeningOptions & {
    /** Continue even if the MAC is missing or wrong. */
    ignoreMac?: boolean | undefined;
  };

interface PathOptions {
  /**
   * Keys and 0-based list indices from the top of the (first) document, `["db", "hosts", 0]`, or a string in the syntax
   * of the sops command, `'["db"]["hosts"][0]'`.
   */
  path: string | Path;
}

interface ChangeOptions extends OutputOptions {
  /**
   * Return the source unchanged if `set` finds the value already there, or `unset` finds nothing. Without it, `set`
   * updates `lastmodified` and the MAC, and `unset` throws.
   */
  idempotent?: boolean | undefined;
  /** Like in `encrypt`, if the change requires the layout of sops. */
  allowLoss?: boolean | undefined;
}

/** The new value: one of `value` and `json`. */
type NewValue = OneOf<{
  /** The new value: a single value, a list or an object. */
  value: Data;
  /** The new value as JSON, which preserves the order of keys, 64-bit integers and the spelling of numbers. */
  json: string;
}>;

/** A change to a value: `{ set: path, value }`, `{ set: path, json }` or `{ unset: path }`. Paths are as in `set`. */
export type Edit = OneOf<{
  /** The path of a value to set. */
  set: string | Path;
  /** The path of a value to remove. */
  unset: string | Path;
}> &
  (({ unset?: undefined } & NewValue) | { set?: undefined; value?: undefined; json?: undefined });

/** Options of `edit`. */
export type EditOptions = FileOptions & ChangeOptions;

/** Options of `set`. */
export type SetOptions = EditOptions & PathOptions & NewValue;

/** Options of `unset`. */
export type UnsetOptions = EditOptions & PathOptions;

/** What authenticates the value. */
interface AuthenticationOptions {
  /**
   * `file` (default): decrypt the whole file and check its MAC. `value`: decrypt the single value at the path alone, which is
   * authenticated with the keys on its path, and does not take longer than parsing the file. Whoever can write to the file
   * can then put an older value in its place, or another item of the same list. Plain values, empty ones, lists and
   * mappings are refused, as only the MAC authenticates them.
   */
  verify?: "file" | "value" | undefined;
}

/** Options of `get`. */
export type GetOptions = FileOptions & PathOptions & AuthenticationOptions & DataOptions;

/** Options of `extract`. */
export type ExtractOptions = FileOptions &
  PathOptions &
  AuthenticationOptions &
  Pick<OutputOptions, "outputFormat" | "indent">;

const fileChecks: OptionChecks<FileOptions> = { ...sourceChecks, ...openingChecks, ignoreMac: isFlag };

const editChecks: OptionChecks<EditOptions> = {
  ...fileChecks,
  ...outputChecks,
  idempotent: isFlag,
  allowLoss: isFlag,
};

// Paths and values are checked where they are converted.
const unsetChecks: OptionChecks<UnsetOptions> = { ...editChecks, path: isAnything };

const setChecks: OptionChecks<SetOptions> = { ...unsetChecks, value: isAnything, json: isString };

const verifyCheck = ["file", "value"];

const getChecks: OptionChecks<GetOptions> = {
  ...fileChecks,
  path: isAnything,
  verify: verifyCheck,
  ...dataChecks,
};

const { outputFormat: formatCheck, indent: indentCheck } = outputChecks;

const extractChecks: OptionChecks<ExtractOptions> = {
  ...fileChecks,
  path: isAnything,
  verify: verifyCheck,
  outputFormat: formatCheck,
  indent: indentCheck,
};

/** See `on-demand.ts`. */
export async function set(source: string | Uint8Array, options: SetOptions): Promise<Edited> {
  checkArguments(source, options, setChecks);
  return editWith(source, [await toEdit({ ...options, set: options.path, unset: undefined } as Edit)], options);
}

/** See `on-demand.ts`. */
export async function unset(source: string | Uint8Array, options: UnsetOptions): Promise<Edited> {
  checkArguments(source, options, unsetChecks);
  return editWith(source, [await toEdit({ unset: options.path })], options);
}

/** See `on-demand.ts`. */
export async function edit(source: string | Uint8Array, edits: readonly Edit[], options: EditOptions): Promise<Edited> {
  checkArguments(source, options, editChecks);
  if (!isList(edits, isEdit)) {
    throw refuse(
      'The edits must be a list, such as `[{ set: ["db", "password"], value: "hunter3" }, { unset: ["db", "old"] }]`.',
    );
  }
  const changes: ValueEdit[] = [];
  for (const one of edits) changes.push(await toEdit(one));
  return editWith(source, changes, options);
}

/** See `on-demand.ts`. */
export async function get(source: string | Uint8Array, options: GetOptions): Promise<Data> {
  checkArguments(source, options, getChecks);
  const { filename, ignoreMac, verify, integers, dates } = options;
  const path = toPath(options.path);
  const opening = {
    store: await sourceStore(options),
    ...recovery(options),
    filename,
    ignoreMac,
    verify,
    integers,
    dates,
  };
  return withSource(source, (read) => getValue(read, path, opening));
}

/** See `on-demand.ts`. */
export async function extract(source: string | Uint8Array, options: ExtractOptions): Promise<Extracted> {
  checkArguments(source, options, extractChecks);
  const { ignoreMac, verify, indent, filename } = options;
  const path = toPath(options.path);
  const extraction = { ...(await stores(options)), ...recovery(options), ignoreMac, verify, indent, filename };
  return withSource(source, (read) => extractWith(read, path, extraction));
}

async function editWith(
  source: string | Uint8Array,
  edits: readonly ValueEdit[],
  options: EditOptions,
): Promise<Edited> {
  const { layout, indent, filename, ignoreMac, idempotent, allowLoss } = options;
  const opening = {
    ...(await stores(options)),
    ...recovery(options),
    layout,
    indent,
    filename,
    ignoreMac,
    idempotent,
    allowLoss,
  };
  return withSource(source, (read) => editValues(read, edits, opening));
}

function isEdit(value: unknown): boolean {
  if (!isObject(value)) return false;
  return (value.set === undefined) !== (value.unset === undefined);
}

/** @throws {SopsError} `invalid_path`, `invalid_value`, `invalid_option`. */
async function toEdit(edit: Edit): Promise<ValueEdit> {
  const { set: at, unset: removed, value, json } = edit;
  if (at === undefined) {
    if ((value ?? json) !== undefined) throw refuse("`value` and `json` are for `set`, not for `unset`.");
    return { kind: "unset", path: toPath(removed) };
  }
  if ((value === undefined) === (json === undefined)) {
    throw refuse("Give the new value: either `value` or, as JSON text, `json`.");
  }
  if (value !== undefined) return { kind: "set", path: toPath(at), value: fromData(value) };
  if (typeof json !== "string") throw refuse("`json` must be a string.");
  const { parseJsonValue } = await import("@isosops/formats/json");
  return { kind: "set", path: toPath(at), value: parseJsonValue(json) };
}

function toPath(path: string | Path): Path {
  if (typeof path === "string") return parsePath(path);
  const isPath =
    Array.isArray(path) &&
    Array.from(path).every((part) => typeof part === "string" || (Number.isSafeInteger(part) && (part as number) >= 0));
  if (isPath) return path;
  throw new SopsError(
    "invalid_path",
    '`path` must be a list of keys and list indices, such as `["db", "hosts", 0]`, or a string such as `["db"]["hosts"][0]`.',
  );
}
